"""Tests of the comparison of two reports, by planted regressions. Nothing here was measured."""

import json
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import compare
from compare import BETTER, SAME, WORSE
from planted import data, less, report, row


def race(ours, theirs=100, **named):
    return [row("race", "whorl/leased", ours, **named), row("race", "a/b", theirs, **named)]


def verdicts(old, new):
    return [move.verdict for move in compare.compare(report(*old), report(*new)).moves]


class Moves(unittest.TestCase):
    def test_planted_moves_are_found(self):
        self.assertEqual(verdicts(race(300), race(200)), [WORSE])
        self.assertEqual(verdicts(race(200), race(300)), [BETTER])

    def test_noise_is_not_a_move(self):
        self.assertEqual(verdicts(race(300), race(290)), [SAME])
        self.assertEqual(verdicts(race(300, spread=0.3), race(200, spread=0.3)), [SAME])

    def test_a_machine_that_is_slower_all_over_changes_nothing(self):
        self.assertEqual(verdicts(race(300, 100), race(30, 10)), [SAME])

    def test_less_is_better_for_times(self):
        old = [less("push", "whorl/leased", 1), less("push", "a/b", 10)]
        new = [less("push", "whorl/leased", 2), less("push", "a/b", 10)]
        self.assertEqual(verdicts(old, new), [WORSE])
        self.assertEqual(verdicts(new, old), [BETTER])

    def test_each_placement_alone(self):
        old = race(300) + race(300, placement="far")
        new = race(300) + race(150, placement="far")
        moves = compare.compare(report(*old), report(*new)).moves
        self.assertEqual({move.placement: move.verdict for move in moves}, {"near": SAME, "far": WORSE})

    def test_the_best_peer_is_that_of_the_placement(self):
        def two(near, far):
            return [row("race", "whorl/leased", 100), row("race", "a/b", near), row("race", "a/b", far, placement="far")]
        self.assertEqual(verdicts(two(50, 90), two(50, 10)), [SAME])

    def test_a_better_peer_is_named(self):
        moves = compare.compare(report(*race(300)), report(*race(300), row("race", "c/new", 250))).moves
        self.assertEqual([move.verdict for move in moves], [WORSE])
        self.assertIn("a/b -> ", moves[0].text())
        self.assertIn("c/new; 0.40 of what it was", moves[0].text())

    def test_what_a_goal_names_is_compared_too(self):
        def sweep(biased):
            return [row("sweep_2shards", "whorl/biased", biased), row("sweep_2shards", "whorl/shared", 10)]
        self.assertEqual(verdicts(sweep(100), sweep(50)), [WORSE])

    def test_figures_without_a_ratio_on_the_same_processor_only(self):
        params = {"figure": "longest_stall"}
        old, new = ([less("stall_p16", "whorl/leased", ns, params=params)] for ns in (3000, 9000))
        self.assertEqual(verdicts(old, new), [WORSE])
        other = data(*new)
        other["machine"]["cpu"] = "another"
        self.assertEqual(compare.compare(report(*old), compare.Report(other)).moves, [])


class NotCompared(unittest.TestCase):
    def test_few_samples(self):
        found = compare.compare(report(*race(300)), report(*race(100, samples=4)))
        self.assertEqual((found.moves, found.few), ([], 1))

    def test_no_common_placement(self):
        found = compare.compare(report(*race(300)), report(*race(100, placement="far")))
        self.assertEqual((found.moves, found.apart), ([], 1))

    def test_gone_where_the_scenario_ran_and_not_run_where_it_did_not(self):
        self.assertEqual(len(compare.compare(report(*race(300)), report(row("race", "a/b", 100))).gone), 1)
        found = compare.compare(report(*race(300)), report(row("another", "a/b", 100)))
        self.assertEqual((found.gone, found.not_run), ([], 1))

    def test_new(self):
        self.assertEqual(compare.compare(report(), report(*race(300))).new, 1)


class Program(unittest.TestCase):
    def run_it(self, old, new, *options):
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / "old.json", Path(folder) / "new.json"]
            for path, content in zip(paths, (old, new)):
                path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
            with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()):
                status = compare.main([*map(str, paths), *options])
        return status, out.getvalue()

    def test_strict_fails_on_what_got_worse_alone(self):
        worse, better = (data(*race(300)), data(*race(200))), (data(*race(200)), data(*race(300)))
        self.assertEqual(self.run_it(*worse)[0], 0)
        self.assertEqual(self.run_it(*worse, "--strict")[0], 1)
        self.assertEqual(self.run_it(*better, "--strict")[0], 0)

    def test_strict_is_not_satisfied_by_silence(self):
        self.assertEqual(self.run_it(data(), data(), "--strict")[0], 1)
        kept = race(300) + [row("race", "whorl/shared1", 50)]
        self.assertEqual(self.run_it(data(*kept), data(*race(300)), "--strict")[0], 1)

    def test_what_it_says(self):
        said = self.run_it(data(*race(300)), data(*race(200)))[1]
        self.assertIn("worse:\n  race (near): whorl/leased: 3x (2.71 to 3.32) a/b -> 2x (1.81 to 2.21) a/b; 0.67 of", said)
        self.assertIn("1 ratios compared: 1 worse, 0 better, 0 within noise; 0 gone", said)

    def test_no_report(self):
        self.assertEqual(self.run_it("", data())[0], 2)


if __name__ == "__main__":
    unittest.main()
