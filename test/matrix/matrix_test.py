"""Tests of the matrix itself: nothing here runs whorl-packets."""

import contextlib
import io
import json
import stat
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import cases
import cliff
import compare
import judge
import matrix
import page
import profiles
import report
import runner
from cases import Case

SAMPLES = Path(__file__).with_name("samples")
FOUR_BY_FIFTY = Case("T003", 4, 50)


def program_report(**changes):
    """What the program writes after a run in which all went well."""
    made = {
        "strategy": "park", "shards": 4, "capacity": 512, "window": 2000, "payload": 1450,
        "read": 1000, "delivered": 1000, "dropped_full": 0, "dropped_old": 0, "dropped_pool": 0, "late": 0, "duplicate": 0,
        "gaps": 0, "damaged": 0, "balanced": True, "problems": [], "equation": "read 1,000 = delivered 1,000",
        "seconds": 10.0, "shutdown_seconds": 0.01, "cpus": 0.5, "payload_megabits_per_second": 200.0,
        "latency_ns": {"p50": 5_000_000, "p99": 9_900_000, "p999": 10_000_000, "max": 11_000_000},
        "per_shard": [{"written": 250, "delivered": 250}] * 4,
        "ring": {"accepted": 1000, "refused": 0, "delivered": 1000, "tombstones": 0, "backoffs": 0, "parks": 0},
    }
    return made | changes


def outcome(status=0, made=None, **rest):
    return runner.Outcome(["whorl-packets", "--generate"], "begin", "end", status, "said", "complained", made, **rest)


def result(case=FOUR_BY_FIFTY, status=judge.PASSED, reasons=(), **changes):
    made = program_report(**changes)
    return report.Result(case, status, list(reasons), judge.measure(case, made), made, outcome(made=made).log())


def built(results, **rest):
    return report.build("whorl-packets: test", "/nowhere/examples/whorl-packets", judge.DEFAULT, results, **rest)


class Cases(unittest.TestCase):
    def test_sets_have_as_many_cases_as_they_should(self):
        counts = {name: len(make()) for name, make in cases.SETS.items()}
        self.assertEqual(counts, {
            "smoke": 1, "quick": 4, "standard": 10, "full": 68, "gbps": 1, "highrate": 2, "strategy-quick": 3,
            "strategy-standard": 24, "contention": 96, "throughput": 36,
        })
        self.assertEqual(len(cases.cross_product()), 240)

    def test_an_id_means_one_case(self):
        meaning = {}
        for make in cases.SETS.values():
            made = make()
            self.assertEqual(len({case.id for case in made}), len(made))
            for case in made:
                self.assertEqual(meaning.setdefault(case.id, case), case)

    def test_names_tell_the_configuration(self):
        self.assertEqual(FOUR_BY_FIFTY.name, "4p x 50Mb/1450B/10ms")
        self.assertEqual(cases.quick()[3].name, "8p x 50Mb/1450B/10ms 4 shards")
        self.assertEqual(cases.SETS["contention"]()[0].name, "8p x 50Mb/1450B/10ms sleep 1 CPU")
        self.assertEqual(cases.SETS["throughput"]()[-1].name, "32p x 200Mb/1450B/5ms hybrid")
        for name, make in cases.SETS.items():
            self.assertEqual(len({case.name for case in make()}), len(make()), name)

    def test_total_rate_is_that_of_all_producers(self):
        self.assertEqual(FOUR_BY_FIFTY.total_rate, 200)
        self.assertEqual(max(case.total_rate for case in cases.full()), 400)

    def test_full_has_one_payload_and_every_tick(self):
        self.assertEqual({case.payload for case in cases.full()}, {1450})
        self.assertEqual({case.tick for case in cases.full()}, {5, 10, 50, 100})

    def test_filters(self):
        everything = cases.cross_product()
        self.assertEqual(len(cases.chosen(everything, [])), 240)
        self.assertEqual(len(cases.chosen(everything, [cases.with_producers([4, 8])])), 96)
        self.assertEqual(len(cases.chosen(everything, [cases.with_payloads([9000])])), 80)
        self.assertEqual({case.total_rate for case in cases.chosen(everything, [cases.up_to_rate(10)])}, {1, 2, 4, 8, 10})
        both = [cases.with_payloads([1450]), cases.up_to_rate(400)]
        self.assertEqual(cases.chosen(everything, both), cases.full())
        standard = cases.SETS["strategy-standard"]()
        self.assertEqual(len(cases.chosen(standard, [cases.with_strategies(["spin"])])), 4)
        self.assertEqual(cases.chosen(cases.quick(), [cases.with_strategies(["spin"])]), [])
        self.assertEqual([case.id for case in cases.chosen(standard, [cases.with_ids(["B003"])])], ["B003"])


class Choice(unittest.TestCase):
    def choose(self, *words):
        return matrix.chosen_cases(matrix.parser().parse_args(words))

    def test_quick_is_what_runs_when_nothing_is_said(self):
        self.assertEqual(self.choose(), cases.quick())

    def test_a_cliff_alone_needs_no_case(self):
        self.assertEqual(self.choose("--cliff"), [])
        self.assertEqual(len(self.choose("--cliff", "--set", "smoke")), 1)

    def test_names_are_looked_for_in_all_sets(self):
        self.assertEqual([case.id for case in self.choose("--only", "T001,C004")], ["T001", "C004"])
        self.assertEqual(self.choose("--only", "G001", "--duration", "2s")[0].seconds, 2)

    def test_options_are_combined(self):
        chosen = self.choose("--set", "full", "--producers", "4,8", "--max-rate", "40", "--payload", "1450")
        self.assertEqual({case.name.split("/")[0] for case in chosen}, {"4p x 1Mb", "4p x 10Mb", "8p x 1Mb"})

    def test_what_chooses_nothing_is_an_error(self):
        for words in (["--only", "X1"], ["--set", "quick", "--only", "T001"], ["--set", "full", "--payload", "9000"]):
            with self.assertRaises(ValueError, msg=words):
                self.choose(*words)
        with self.assertRaisesRegex(ValueError, "leave the strategy to the program"):
            self.choose("--set", "quick", "--strategy", "spin")


class Judge(unittest.TestCase):
    def reasons(self, thresholds=judge.DEFAULT, status=0, **changes):
        return judge.judge(FOUR_BY_FIFTY, outcome(status, program_report(**changes)), thresholds)

    def complains(self, words, **rest):
        reasons = self.reasons(**rest)
        self.assertEqual(len(reasons), 1, reasons)
        self.assertIn(words, reasons[0])

    def test_nothing_to_complain_about(self):
        self.assertEqual(self.reasons(), [])
        self.assertEqual(self.reasons(judge.STRICT), [])

    def test_rate(self):
        self.assertEqual(self.reasons(payload_megabits_per_second=190.1), [])
        self.complains("-5.05 % of the 200 Mb/s", payload_megabits_per_second=189.9)
        self.complains("+5.05 %", payload_megabits_per_second=210.1)
        self.complains("-2.05 %", payload_megabits_per_second=195.9, thresholds=judge.STRICT)
        self.assertEqual(self.reasons(judge.RELAXED, payload_megabits_per_second=180.1), [])

    def test_drops(self):
        lost = {"dropped_full": 6, "dropped_pool": 3, "dropped_old": 1, "delivered": 990}
        self.assertEqual(self.reasons(**lost), [])
        self.complains("dropped 1.000 %", thresholds=judge.STRICT, **lost)
        self.complains("dropped 1.100 %", **lost | {"dropped_old": 2, "delivered": 989})

    def test_shutdown(self):
        self.complains("shutdown took 2.10 s (at most 2 s)", shutdown_seconds=2.1)
        self.assertEqual(self.reasons(judge.RELAXED, shutdown_seconds=4.9), [])

    def test_exit_status(self):
        self.complains("exit status 3", status=3)

    def test_accounts(self):
        self.complains("do not balance: one is lost", balanced=False, problems=["one is lost"])
        self.complains("balance: 1; 2; 3; and 2 more", balanced=False, problems=list("12345"))
        self.complains("read 1000 packets, but 999 are accounted for", delivered=999)
        self.complains("written to the ring: 500 packets, read from it: 499",
                       per_shard=[{"written": 500, "delivered": 499}])
        self.complains("2 packets were damaged", damaged=2)

    def test_a_run_that_read_nothing_proves_nothing(self):
        reasons = self.reasons(read=0, delivered=0, per_shard=[], payload_megabits_per_second=0.0)
        self.assertTrue(any("no packet was read" in reason for reason in reasons), reasons)
        self.assertTrue(any("-100.00 %" in reason for reason in reasons), reasons)

    def test_without_a_report(self):
        self.assertEqual(judge.judge(FOUR_BY_FIFTY, outcome(1), judge.DEFAULT), ["exit status 1", "there is no report"])
        killed = judge.judge(FOUR_BY_FIFTY, outcome(-9, timed_out=True), judge.DEFAULT)
        self.assertEqual(killed, ["did not end by itself and was killed", "there is no report"])


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def program(self, body):
        path = self.folder / "program"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    def runner(self, body, cpus=(0,)):
        return runner.Runner(self.program(body), self.folder / "out", list(cpus))

    # The last argument is where the report goes.
    WRITES = 'for last; do :; done; echo said; echo complained >&2; cp "$0.json" "$last"'

    def test_a_run_and_its_log(self):
        (self.folder / "program.json").write_text(json.dumps(program_report()))
        ran = matrix.run_case(self.runner(self.WRITES), FOUR_BY_FIFTY, judge.DEFAULT)
        self.assertEqual((ran.status, ran.reasons), (judge.PASSED, []))
        log = (self.folder / "out" / "logs" / "T003.log").read_text()
        self.assertEqual(log, ran.log)
        for words in ("--producers 4 --rate 50Mb --payload 1450B --tick 10ms --duration 10s", "start:   2", "end:     2",
                      "status:  0", "--- stdout\nsaid", "--- stderr\ncomplained"):
            self.assertIn(words, log)

    def test_a_program_that_fails(self):
        ran = matrix.run_case(self.runner("echo no such flag >&2; exit 1"), FOUR_BY_FIFTY, judge.DEFAULT)
        self.assertEqual((ran.status, ran.reasons), (judge.FAILED, ["exit status 1", "there is no report"]))
        self.assertIn("no such flag", ran.as_dict()["log"])
        self.assertIn("FAILED", ran.line())

    def execute(self, *words):
        """The exit status of a whole run, and what it has printed."""
        options = matrix.parser().parse_args(["--program", str(self.folder / "program"), "--output", str(self.folder / "out"),
                                              *words])
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = matrix.execute(options)
        return status, said.getvalue().splitlines()

    def test_a_whole_run(self):
        self.program(self.WRITES)
        reported = self.folder / "program.json"
        reported.write_text(json.dumps(program_report()))
        self.assertEqual(self.execute("--only", "T003")[0], 0)
        status, said = self.execute("--only", "T002,T003")
        self.assertEqual((status, said[-1]), (1, "1 passed, 1 failed, 0 skipped"))
        self.assertIn("<h2>Failed</h2>", (self.folder / "out" / "report.html").read_text())
        earlier = self.folder / "earlier.json"
        (self.folder / "out" / "report.json").rename(earlier)
        reported.write_text(json.dumps(program_report(cpus=0.9)))
        status, said = self.execute("--only", "T003", "--compare", str(earlier))
        self.assertEqual(status, 0)
        self.assertIn("WORSE   T003  4p x 50Mb/1450B/10ms: passed > passed cpus 0.5 > 0.9", said)
        self.assertEqual(self.execute("--only", "T003", "--compare", str(earlier), "--fail-on-worse")[0], 1)

    def test_a_cliff_that_breaks_is_a_failure(self):
        self.program("echo it broke >&2; exit 3")
        status, said = self.execute("--cliff", "--strategy", "spin", "--producers", "2")
        self.assertEqual(status, 1)
        self.assertIn("cliff spin      no rate held, not even 50 Mb/s: the run failed", said)
        page_text = (self.folder / "out" / "report.html").read_text()
        self.assertIn("exit status 3: it broke", page_text)
        self.assertIn("2 producers, payload 1450 B, runs of 2 s", page_text)

    def test_what_other_programs_took(self):
        busy = outcome(made=program_report(cpus=0.5), busy_cpus=1.75)
        self.assertEqual(busy.others_cpus, 1.25)
        self.assertIsNone(outcome(1, busy_cpus=1.75).others_cpus)
        before = runner.busy_seconds()
        while runner.busy_seconds() == before:
            pass
        starved = replace(result(status=judge.FAILED, reasons=["x"]), others_cpus=busy.others_cpus)
        self.assertIn("other programs took 1.25 CPUs", starved.line())
        self.assertIn("other programs took 1.25 CPUs", page.render(built([starved])))

    def test_a_report_of_an_earlier_run_is_not_taken_for_this_one(self):
        (self.folder / "program.json").write_text(json.dumps(program_report()))
        self.assertIsNotNone(self.runner(self.WRITES).run(FOUR_BY_FIFTY).report)
        self.assertIsNone(self.runner("true").run(FOUR_BY_FIFTY).report)

    def test_half_a_report_is_none(self):
        whole = program_report()
        for content in ("", "{", "[]", "{}", json.dumps({key: whole[key] for key in whole if key != "damaged"})):
            (self.folder / "program.json").write_text(content)
            self.assertIsNone(self.runner(self.WRITES).run(FOUR_BY_FIFTY).report, content)

    def test_a_program_that_is_not_there(self):
        lost = runner.Runner(str(self.folder / "nothing"), self.folder / "out", [0]).run(FOUR_BY_FIFTY)
        self.assertEqual(lost.status, 127)
        self.assertIn("nothing", lost.stderr)

    def test_a_program_that_hangs_is_killed_with_its_children(self):
        patience, runner.PATIENCE_SECONDS = runner.PATIENCE_SECONDS, 0.3
        self.addCleanup(setattr, runner, "PATIENCE_SECONDS", patience)
        hung = self.runner("echo begun; sleep 1000 & wait").run(FOUR_BY_FIFTY, seconds=0.2)
        self.assertTrue(hung.timed_out)
        self.assertEqual(hung.stdout, "begun\n")
        self.assertIn("killed", hung.log())

    def test_cpus(self):
        two = replace(FOUR_BY_FIFTY, cpus=2)
        self.assertEqual(runner.pinned(two, [3, 5, 7]), ["taskset", "-c", "3,5"])
        self.assertEqual(runner.pinned(FOUR_BY_FIFTY, [3, 5, 7]), [])
        self.assertIsNone(runner.reason_to_skip(two, [0, 1]))
        skipped = matrix.run_case(self.runner("exit 1"), two, judge.DEFAULT)
        self.assertEqual((skipped.status, skipped.reasons), (judge.SKIPPED, ["wants 2 CPUs, there is 1"]))

    def test_arguments(self):
        words = runner.arguments(replace(FOUR_BY_FIFTY, shards=8, strategy="spin", rate=12.5), 2.5)
        self.assertEqual(" ".join(words), "--generate --full drop-new --producers 4 --rate 12.5Mb --payload 1450B --tick 10ms "
                                          "--duration 2.5s --shards 8 --strategy spin")


class Reports(unittest.TestCase):
    def three(self):
        skipped = report.Result(replace(FOUR_BY_FIFTY, id="C009", cpus=4), judge.SKIPPED, ["wants 4 CPUs, there are 2"])
        failed = result(replace(FOUR_BY_FIFTY, id="T099"), judge.FAILED, ["dropped <much>"])
        return [result(), failed, skipped]

    def test_totals(self):
        self.assertEqual(built(self.three())["totals"], {"total": 3, "passed": 1, "failed": 1, "skipped": 1, "pass_rate": 50})
        self.assertIsNone(built(self.three()[2:])["totals"]["pass_rate"])

    def test_page_has_all_cases_and_the_logs_of_what_failed(self):
        text = page.render(built(self.three()))
        for words in ("T003", "T099", "C009", "PASSED", "FAILED", "SKIPPED", "wants 4 CPUs", "4p x 50Mb/1450B/10ms", "50.0 %",
                      "+0.00 %", "9.90 ms", "0.010 s", "dropped &lt;much&gt;", "--- stderr\ncomplained"):
            self.assertIn(words, text)
        self.assertEqual(text.count("<pre>"), 1)

    def test_page_needs_nothing_else(self):
        text = page.render(built(self.three()))
        for words in ("http:", "https:", "src=", "<link", "<script", "@import"):
            self.assertNotIn(words, text)

    def test_json_is_what_was_built(self):
        with tempfile.TemporaryDirectory() as folder:
            made = built(self.three())
            report.write(made, Path(folder) / "new", page.render(made))
            self.assertEqual(json.loads((Path(folder) / "new" / "report.json").read_text()), json.loads(json.dumps(made)))
            self.assertTrue((Path(folder) / "new" / "report.html").read_text().startswith("<!DOCTYPE html>"))

    def test_strategies_are_summed_up_where_they_differ(self):
        self.assertEqual(built([result(), result()])["strategies"], [])
        spin, sleep = replace(FOUR_BY_FIFTY, strategy="spin"), replace(FOUR_BY_FIFTY, strategy="sleep", cpus=1)
        made = built([result(spin), result(spin, judge.FAILED, ["x"], payload_megabits_per_second=100.0, dropped_full=20),
                      result(sleep)])
        first, second = made["strategies"]
        self.assertEqual((first["strategy"], first["cases"], first["passed_percent"]), ("spin", 2, 50))
        self.assertEqual((first["efficiency_percent"], first["mean_drop_percent"], first["max_drop_percent"]), (75, 1, 2))
        self.assertEqual((second["strategy"], second["efficiency_by_cpus"]), ("sleep", {"1": 100}))
        text = page.render(made)
        self.assertIn("<h2>Strategies</h2>", text)
        self.assertIn("by the CPUs", text)

    def test_how_the_program_was_built(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "meson-info").mkdir()
            options = [{"name": "prefix", "value": "x"}, {"name": "buildtype", "value": "release"}]
            (Path(folder) / "meson-info" / "intro-buildoptions.json").write_text(json.dumps(options))
            self.assertEqual(report.build_type(Path(folder) / "examples" / "whorl-packets"), "release")
        self.assertIn("not known to be a release build", page.render(built([result()])))


class Compare(unittest.TestCase):
    def compared(self, before, after):
        return compare.compare(built(before), built(after)["cases"], "earlier.json")

    def test_the_same_is_not_worse(self):
        same = self.compared([result()], [result()])
        self.assertEqual((len(same.rows), same.worse), (1, []))

    def worse(self, before=None, after=None, status=judge.PASSED):
        rows = self.compared([result(**before or {})], [result(status=status, **after or {})]).rows
        return rows[0]["worse"], [found.key for found in rows[0]["changes"] if found.worse]

    def test_what_is_worse(self):
        self.assertEqual(self.worse(after={"payload_megabits_per_second": 189.0}), (True, ["achieved"]))
        self.assertEqual(self.worse(after={"payload_megabits_per_second": 191.0}), (False, []))
        self.assertEqual(self.worse(after={"payload_megabits_per_second": 290.0}), (False, []))
        self.assertEqual(self.worse(after={"dropped_full": 51}), (True, ["drop_percent"]))
        self.assertEqual(self.worse(after={"dropped_full": 50}), (False, []))
        self.assertEqual(self.worse(after={"latency_ns": {"p99": 10_400_000}}), (True, ["p99_us"]))
        self.assertEqual(self.worse(after={"cpus": 0.53}), (True, ["cpus"]))
        self.assertEqual(self.worse(after={"cpus": 0.1, "latency_ns": {"p99": 1}}), (False, []))
        self.assertEqual(self.worse(status=judge.FAILED), (True, []))
        self.assertEqual(self.worse(before={"cpus": 0.0}), (True, ["cpus"]))

    def test_cases_are_matched_by_id_and_configuration(self):
        other = replace(FOUR_BY_FIFTY, rate=10)
        found = self.compared([result()], [result(other)])
        self.assertEqual((found.rows, found.only_earlier, found.only_now),
                         ([], ["T003 4p x 50Mb/1450B/10ms 10 s"], ["T003 4p x 10Mb/1450B/10ms 10 s"]))
        self.assertEqual(self.compared([result()], [result(replace(FOUR_BY_FIFTY, seconds=1))]).rows, [])

    def test_what_was_not_run_is_not_compared(self):
        skipped = report.Result(FOUR_BY_FIFTY, judge.SKIPPED, ["reason"])
        row = self.compared([result()], [skipped]).rows[0]
        self.assertEqual((row["changes"], row["worse"], row["after"]), ([], False, "skipped"))

    def test_page(self):
        found = self.compared([result()], [result(payload_megabits_per_second=100.0)])
        text = page.render(built([result()], comparison=found))
        for words in ("Beside earlier.json", "1 got worse", "200 &gt; 100\n-50.00 %", "+0.00 points", "9900 &gt; 9900"):
            self.assertIn(words, text)

    def test_loading(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.json"
            for content in ("{", "[]", "{}"):
                path.write_text(content)
                with self.assertRaises(ValueError):
                    compare.load(path)
            path.write_text(json.dumps(built([result()])))
            self.assertEqual(len(compare.load(path)["cases"]), 1)
            with self.assertRaises(ValueError):
                compare.load(Path(folder) / "nothing")


class Cliff(unittest.TestCase):
    def find(self, edge, kind="drops", **rest):
        """A machine that carries everything up to `edge`."""
        def probe(rate):
            held = rate <= edge
            offered = rate if held or kind == "drops" else rate * 0.9
            return cliff.Probe(rate, offered, 0 if held or kind != "drops" else 7, 50 if kind == "waits" and not held else 0)
        return cliff.search("spin", probe, **rest)

    def test_the_edge_is_found(self):
        for edge in (55, 400, 1234, 9000, 50000):
            found = self.find(edge)
            self.assertTrue(found.confirmed)
            self.assertEqual(found.limit, cliff.DROPS)
            self.assertLessEqual(found.rate, edge)
            self.assertGreater(found.rate * (1 + cliff.RESOLUTION_PERCENT / 100) + 1, edge)
            self.assertLess(len(found.probes), 15)

    def test_ends(self):
        below = self.find(10)
        self.assertEqual((below.rate, below.limit, len(below.probes)), (0, cliff.DROPS, 1))
        self.assertIn("no rate held", below.sentence())
        above = self.find(10**6)
        self.assertEqual((above.rate, above.limit, above.confirmed), (cliff.HIGH, cliff.HOLDS, True))
        self.assertIn("the highest rate tried", above.sentence())

    def test_a_search_of_neighbours_ends(self):
        self.assertEqual(self.find(1, low=1, high=2).rate, 1)

    def test_a_slow_generator_is_not_a_cliff(self):
        found = self.find(800, "generator")
        self.assertEqual(found.limit, cliff.GENERATOR)
        self.assertIn("limited by the generator", found.sentence())
        self.assertEqual(self.find(800, "waits").limit, cliff.WAITS)

    def test_what_holds_once_is_not_confirmed(self):
        seen = set()

        def probe(rate):
            again = rate in seen
            seen.add(rate)
            return cliff.Probe(rate, rate, 7 if again or rate > 1000 else 0, 0)
        found = cliff.search("spin", probe)
        # The rates below were never tried, so the first step down holds.
        self.assertTrue(found.confirmed)
        self.assertLess(found.rate, 1000)
        self.assertEqual([run.verdict for run in found.probes[-2:]], [cliff.DROPS, cliff.HOLDS])
        flaky = cliff.Cliff("spin", rate=100)
        cliff.confirm(flaky, lambda rate: bool(flaky.probes.append(cliff.Probe(rate, rate, 7, 0))), 50, 4)
        self.assertEqual((flaky.confirmed, flaky.limit, len(flaky.probes)), (False, cliff.DROPS, 3))
        self.assertIn("NOT confirmed", flaky.sentence())

    def test_verdicts_of_runs(self):
        def verdict(rate=0.95, status=0, **changes):
            return cliff.make_probe(rate, outcome(status, program_report(**changes))).verdict
        # 1000 packets of 1450 bytes in 10 s are 1.16 Mb/s.
        self.assertEqual(verdict(1.16), cliff.HOLDS)
        self.assertEqual(verdict(1.3), cliff.GENERATOR)
        self.assertEqual(verdict(1.3, ring={"backoffs": 20, "parks": 1}), cliff.WAITS)
        self.assertEqual(verdict(1.16, dropped_full=11, delivered=989), cliff.DROPS)
        self.assertEqual(verdict(1.3, dropped_full=11, delivered=989), cliff.DROPS)
        self.assertEqual(verdict(1.16, status=3), cliff.BROKEN)
        self.assertEqual(verdict(1.16, delivered=999), cliff.BROKEN)
        self.assertEqual(cliff.make_probe(1, outcome(1)).verdict, cliff.BROKEN)
        self.assertEqual(cliff.make_probe(1, outcome(3)).trouble, "exit status 3: complained")

    def test_page(self):
        found = {"settings": "4 producers", "cliffs": [matrix.as_dict(self.find(400))]}
        text = page.render(built([], cliff=found))
        for words in ("<h2>Cliffs</h2>", "4 producers", "held again; above: more than 1 % dropped", "every run"):
            self.assertIn(words, text)


class Profiles(unittest.TestCase):
    """The samples are what the tools have said of whorl-packets; blanks at the ends of lines are left out."""

    def sample(self, name):
        return (SAMPLES / name).read_text()

    def test_what_is_no_output(self):
        self.assertEqual(profiles.parse_perf("Error:\nnothing was recorded\n"), [])
        self.assertEqual(profiles.parse_heaptrack("Failed to open heaptrack log file: x\n"), {})
        self.assertEqual(profiles.parse_strace("strace: cannot\n"), [])

    def test_perf(self):
        found = profiles.parse_perf(self.sample("perf.txt"))
        self.assertEqual(len(found), 29)
        self.assertEqual(found[0], {"percent": 59.68, "function": "finish_task_switch.isra.0", "object": "[kernel.kallsyms]"})
        self.assertIn({"percent": 3.76, "function": "packets::Generator::Stream::next", "object": "whorl-packets"}, found)
        self.assertEqual(found[12]["function"], "absl::debian3::container_internal::btree<>::insert_unique<>")
        self.assertAlmostEqual(sum(row["percent"] for row in found), 100, delta=0.5)

    def test_template_arguments_are_left_out(self):
        self.assertEqual(profiles.without_templates("a<b<c>, d>::e<f>(g<h>&)"), "a<>::e<>(g<>&)")
        for name in ("plain", "operator<", "operator<<", "operator->", "a<b>::operator->", "x::operator<=>"):
            expected = name.replace("a<b>", "a<>")
            self.assertEqual(profiles.without_templates(name), expected)

    def test_heaptrack(self):
        found = profiles.parse_heaptrack(self.sample("heaptrack.txt"))
        self.assertEqual((found["allocations"], found["temporary"], found["peak"]), (7922, 618, "15.83M"))
        self.assertEqual([one["calls"] for one in found["callers"]], [3082, 1507, 564, 501, 373])
        self.assertTrue(found["callers"][0]["function"].startswith("packets::Consumer::take(packets::Frame*, long), in absl::"))
        self.assertEqual(found["callers"][2]["function"], "packets::format[abi:cxx11](char const*, ...)")

    def test_strace(self):
        found = profiles.parse_strace(self.sample("strace.txt"))
        self.assertEqual(found[0], {"name": "clock_nanosleep", "calls": 50993, "errors": 0})
        self.assertIn({"name": "futex", "calls": 5, "errors": 0}, found)
        self.assertIn({"name": "access", "calls": 1, "errors": 1}, found)
        total = self.sample("strace.txt").splitlines()[-1].split()
        self.assertEqual([sum(row[key] for row in found) for key in ("calls", "errors")], [int(total[3]), int(total[4])])

    def test_page_has_what_was_found(self):
        made = profiles.Profile(
            profiles.parse_perf(self.sample("perf.txt")), profiles.parse_heaptrack(self.sample("heaptrack.txt")),
            profiles.parse_strace(self.sample("strace.txt")), 51725)
        made.allocations["packets"] = 51725
        text = page.render(built([result()], profiles={("T003", FOUR_BY_FIFTY.name): made}))
        for words in ("finish_task_switch.isra.0", "59.68 %", "7,922 allocations", "peak 15.83M", "clock_nanosleep", "985.848"):
            self.assertIn(words, text)
        # futex comes first, however often it was called.
        self.assertLess(text.index(">futex</td>"), text.index(">clock_nanosleep</td>"))

    def test_missing_tools_are_remarks(self):
        which, profiles.shutil.which = profiles.shutil.which, lambda tool: None
        self.addCleanup(setattr, profiles.shutil, "which", which)
        with tempfile.TemporaryDirectory() as folder:
            found = profiles.Profiler(runner.Runner("nothing", Path(folder), [0])).profile(FOUR_BY_FIFTY)
        self.assertEqual(found.remarks, ["perf is missing", "heaptrack is missing", "strace is missing"])
        text = page.render(built([result()], profiles={("T003", "name"): found}))
        self.assertIn("heaptrack is missing", text)

    def test_tools_that_refuse_are_remarks(self):
        with tempfile.TemporaryDirectory() as folder:
            refused = replace(outcome(255), stderr="Error:\nNo permission to enable cpu-clock event.\n")
            maker = runner.Runner("nothing", Path(folder), [0])
            object.__setattr__(maker, "run", lambda *rest: refused)
            found = profiles.Profile()
            for look in ("perf", "heaptrack", "strace"):
                getattr(profiles.Profiler(maker), look)(FOUR_BY_FIFTY, found)
        self.assertEqual(found.remarks[0], "perf: status 255: No permission to enable cpu-clock event.")
        self.assertEqual(len(found.remarks), 3)


if __name__ == "__main__":
    unittest.main()
