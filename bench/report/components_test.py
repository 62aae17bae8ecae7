"""Tests of what is made of a report of whorl-components. Nothing is measured."""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import components


def row(name, instructions, ns, **more):
    return {"name": name, "run_name": name, "run_type": "iteration", "instructions": instructions, "cpu_time": ns, **more}


REPORT = {"benchmarks": [
    row("loop", 1.98, 0.25),
    row("sequence/set", 9.98, 0.35),
    row("ring_buffer/multi_dense_b64", 3.3, 1.004),
    row("wait/blocking", 7.98, 99.0),
    row("wait/blocking", 7.98, 90.0, run_type="aggregate", aggregate_name="mean"),
    row("wait/blocking", 7.98, 0.45, run_type="aggregate", aggregate_name="median"),
    row("wait/blocking", 0.1, 0.1, run_type="aggregate", aggregate_name="stddev"),
]}

DOCUMENT = """# Analysis

| component | instructions | ns | what limits it |
|---|---|---|---|
| `sequence/set` | 1 |  | a store |
| `wait/blocking` | ? | ? | |
| `no/such` | 5 | 5 | stays |

Of `sequence/set` | 1 | 2 | no row.
"""


class Components(unittest.TestCase):
    def test_the_loop_is_taken_off_once_a_turn(self):
        found = components.components(REPORT)
        self.assertEqual(8.0, round(found["sequence/set"][0], 6))
        self.assertEqual(0.1, round(found["sequence/set"][1], 6))
        self.assertAlmostEqual(3.3 - 1.98 / 64, found["ring_buffer/multi_dense_b64"][0])
        self.assertNotIn("loop", found)

    def test_of_repetitions_the_median_counts(self):
        self.assertAlmostEqual(0.2, components.components(REPORT)["wait/blocking"][1])

    def test_a_table_has_a_row_for_each(self):
        text = components.table(components.components(REPORT))
        self.assertIn("| `sequence/set` | 8 | 0.1 |\n", text)
        self.assertIn("| `ring_buffer/multi_dense_b64` | 3.3 | 1 |\n", text)

    def test_a_document_is_filled_and_stays_otherwise(self):
        text, left = components.filled(DOCUMENT, components.components(REPORT))
        self.assertIn("| `sequence/set` | 8 | 0.1 | a store |\n", text)
        self.assertIn("| `wait/blocking` | 6 | 0.2 | |\n", text)
        self.assertIn("| `no/such` | 5 | 5 | stays |\n", text)
        self.assertIn("Of `sequence/set` | 1 | 2 | no row.\n", text)
        self.assertEqual(["ring_buffer/multi_dense_b64"], left)

    def test_nanoseconds_are_left_out_on_demand(self):
        text, _ = components.filled(DOCUMENT, components.components(REPORT), with_ns=False)
        self.assertIn("| `sequence/set` | 8 |  | a store |\n", text)


class Program(unittest.TestCase):
    def run_main(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = components.main(list(arguments))
        return status, out.getvalue(), err.getvalue()

    def test_it_fills_a_file_and_names_what_has_no_row(self):
        with tempfile.TemporaryDirectory() as folder:
            report, document = Path(folder, "r.json"), Path(folder, "d.md")
            report.write_text(json.dumps(REPORT), encoding="utf-8")
            document.write_text(DOCUMENT, encoding="utf-8")
            status, _, err = self.run_main(str(report), "--fill", str(document))
            self.assertEqual(1, status)
            self.assertIn("multi_dense_b64", err)
            self.assertIn("| `sequence/set` | 8 | 0.1 |", document.read_text(encoding="utf-8"))

    def test_what_is_no_report_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "r.json")
            report.write_text('{"benchmarks": [{}]}', encoding="utf-8")
            self.assertEqual(2, self.run_main(str(report))[0])
            self.assertEqual(2, self.run_main(str(Path(folder, "none.json")))[0])


if __name__ == "__main__":
    unittest.main()
