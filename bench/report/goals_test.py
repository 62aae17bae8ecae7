"""Tests of the list of goals and of how a report is judged by it. Nothing here was measured."""

import json
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import goals
import judging
from goals import Goal
from judging import NO, NOT_MEASURED, YES
from planted import data, incomplete, less, mixed, report, row
from results import PEERS

TWICE = Goal("race", "whorl/leased", PEERS, at_least=2)


def judged(goal, *rows, **named):
    return list(judging.judge(report(*rows, **named), goal))


def verdict(goal, *rows, **named):
    (outcome,) = judged(goal, *rows, **named)
    return outcome.verdict


class Peers(unittest.TestCase):
    def test_the_best_peer_counts_and_is_named(self):
        (outcome,) = judged(TWICE, row("race", "whorl/leased", 300), row("race", "a/slow", 10), row("race", "a/fast", 100))
        self.assertEqual((outcome.verdict, outcome.against), (YES, "peers: a/fast"))
        self.assertAlmostEqual(outcome.reached.median, 3)

    def test_just_below_is_not_reached(self):
        self.assertEqual(verdict(TWICE, row("race", "whorl/leased", 199.9), row("race", "a/b", 100)), NO)
        self.assertEqual(verdict(TWICE, row("race", "whorl/leased", 200), row("race", "a/b", 100)), YES)

    def test_a_queue_for_one_producer_is_a_peer_of_leases_alone(self):
        rows = [row("race", "a/one", 1000, producers="one"), row("race", "a/any", 10)]
        self.assertEqual(verdict(TWICE, row("race", "whorl/leased", 100, producers="one_each"), *rows), NO)
        shared = Goal("race", "whorl/shared1", PEERS, at_least=2)
        self.assertEqual(verdict(shared, row("race", "whorl/shared1", 100, producers="any"), *rows), YES)

    def test_neither_whorl_nor_limits_nor_java_are_peers(self):
        rows = [row("race", "whorl/leased", 100), row("race", "whorl/dense", 900), row("race", "limit/stream", 900),
                row("race", "lmax/java", 900), row("race", "a/b", 10)]
        self.assertEqual(verdict(TWICE, *rows), YES)

    def test_a_missing_peer_is_said(self):
        (outcome,) = judged(TWICE, row("race", "whorl/leased", 100), row("race", "a/b", 10), incomplete("race", "c/d"))
        self.assertEqual((outcome.verdict, outcome.note), (YES, "without c/d (incomplete)"))

    def test_the_best_of_several_contenders_of_ours(self):
        goal = Goal("race", "whorl/leased whorl/dense", PEERS, at_least=2)
        (outcome,) = judged(goal, row("race", "whorl/leased", 100), row("race", "whorl/dense", 300), row("race", "a/b", 100))
        self.assertEqual((outcome.verdict, outcome.ours), (YES, "whorl/dense"))


class Directions(unittest.TestCase):
    def test_times_less(self):
        goal = Goal("push", "whorl/leased", "boost/queue", at_least=50, unit="ns")
        (outcome,) = judged(goal, less("push", "whorl/leased", 1), less("push", "boost/queue", 60))
        self.assertEqual((outcome.verdict, outcome.goal_text), (YES, "≥ 50x less"))
        self.assertEqual(verdict(goal, less("push", "whorl/leased", 60), less("push", "boost/queue", 1)), NO)

    def test_the_best_peer_of_times_is_the_least(self):
        goal = Goal("push", "whorl/leased", PEERS, at_least=2, unit="ns")
        (outcome,) = judged(goal, less("push", "whorl/leased", 10), less("push", "a/slow", 90), less("push", "a/fast", 30))
        self.assertEqual((outcome.verdict, outcome.against), (YES, "peers: a/fast"))

    def test_at_most(self):
        goal = Goal("pingpong", "whorl/leased", "limit/pingpong", at_most=1.15, unit="ns")
        limit = less("limits", "limit/pingpong", 100)
        self.assertEqual(verdict(goal, less("pingpong", "whorl/leased", 114), limit), YES)
        self.assertEqual(verdict(goal, less("pingpong", "whorl/leased", 116), limit), NO)

    def test_the_figure_itself(self):
        most = Goal("stall", "whorl/leased", at_most=10_000, unit="ns")
        self.assertEqual(verdict(most, less("stall", "whorl/leased", 9_000)), YES)
        self.assertEqual(verdict(most, less("stall", "whorl/leased", 11_000)), NO)
        least = Goal("fair", "whorl/leased", at_least=0.5, unit="ratio")
        self.assertEqual(verdict(least, row("fair", "whorl/leased", 0.6, unit="ratio")), YES)
        self.assertEqual(verdict(least, row("fair", "whorl/leased", 0.4, unit="ratio")), NO)

    def test_a_constant(self):
        goal = Goal("seed", "whorl/x", "its document", at_least=10, constant=222e6)
        self.assertEqual(verdict(goal, row("seed", "whorl/x", 2.3e9)), YES)
        self.assertEqual(verdict(goal, row("seed", "whorl/x", 2.1e9)), NO)

    def test_flat(self):
        goal = Goal("p2 p4", "whorl/leased", flat=0.8)
        self.assertEqual(verdict(goal, row("p2", "whorl/leased", 100), row("p4", "whorl/leased", 85)), YES)
        self.assertEqual(verdict(goal, row("p2", "whorl/leased", 100), row("p4", "whorl/leased", 70)), NO)
        (outcome,) = judged(goal, row("p2", "whorl/leased", 100))
        self.assertEqual((outcome.verdict, outcome.note), (NOT_MEASURED, "no row in p4"))


class Places(unittest.TestCase):
    def test_never_across_placements(self):
        rows = [row("race", "whorl/leased", 300, placement="near"), row("race", "a/b", 10, placement="far")]
        (outcome,) = judged(TWICE, *rows)
        self.assertEqual((outcome.verdict, outcome.note), (NOT_MEASURED, "never in one placement"))

    def test_the_usual_placement_first_and_another_is_said(self):
        far = [row("race", "whorl/leased", 300, placement="far"), row("race", "a/b", 100, placement="far")]
        near = [row("race", "whorl/leased", 100), row("race", "a/b", 100)]
        self.assertEqual(verdict(TWICE, *far, *near, usual="near"), NO)
        self.assertEqual(verdict(TWICE, *far, *near, usual="far"), YES)
        (outcome,) = judged(TWICE, *far, usual="near")
        self.assertIn("placement far", goals.cells(outcome, "near")[-1])

    def test_of_two_unusual_placements_the_one_where_the_poorer_row_has_more(self):
        rows = [row("race", "whorl/leased", 300, placement="near", samples=99), row("race", "a/b", 10, placement="near", samples=6),
                row("race", "whorl/leased", 300, placement="far", samples=9), row("race", "a/b", 10, placement="far", samples=9)]
        (outcome,) = judged(TWICE, *rows, usual="smt")
        self.assertEqual(outcome.placement, "far")

    def test_the_usual_placement_only_where_both_have_enough_samples(self):
        rows = [row("race", "whorl/leased", 100), row("race", "a/b", 100, samples=4),
                row("race", "whorl/leased", 300, placement="far"), row("race", "a/b", 100, placement="far")]
        (outcome,) = judged(TWICE, *rows, usual="near")
        self.assertEqual((outcome.verdict, outcome.placement), (YES, "far"))
        (outcome,) = judged(TWICE, *rows[:3], row("race", "a/b", 100, placement="far", samples=4), usual="near")
        self.assertEqual((outcome.placement, outcome.note), ("near", "few samples"))

    def test_flatness_has_one_placement_with_enough_samples_too(self):
        rows = [row("p2", "whorl/leased", 100), row("p4", "whorl/leased", 85, samples=1),
                row("p2", "whorl/leased", 100, placement="far"), row("p4", "whorl/leased", 70, placement="far")]
        (outcome,) = judged(Goal("p2 p4", "whorl/leased", flat=0.8), *rows, usual="near")
        self.assertEqual((outcome.verdict, outcome.placement), (NO, "far"))

    def test_peers_that_the_placement_lacks_are_named(self):
        rows = [row("race", "whorl/leased", 300), row("race", "a/b", 100), row("race", "c/far", 900, placement="far"),
                mixed("race", "d/mixed"), mixed("another", "e/other")]
        (outcome,) = judged(TWICE, *rows)
        self.assertEqual((outcome.verdict, outcome.note), (YES, "without c/far, d/mixed (no sample in this placement)"))
        named = Goal("race", "whorl/leased", "a/b c/far", at_least=2)
        (outcome,) = judged(named, *rows)
        self.assertEqual((outcome.verdict, outcome.note), (YES, "without c/far (no sample in this placement)"))

    def test_mixed_rows_count_for_nothing(self):
        self.assertEqual(verdict(TWICE, mixed("race", "whorl/leased"), row("race", "a/b", 10)), NOT_MEASURED)

    def test_each_set_of_parameters_alone(self):
        greedy, gentle = {"empty": "greedy", "consumer": "one by one"}, {"empty": "gentle"}
        outcomes = judged(TWICE, row("race", "whorl/leased", 300, params=greedy),
                          row("race", "whorl/leased", 150, params=gentle),
                          row("race", "a/b", 100, params={"empty": "greedy", "consumer": "up to 64 a call"}),
                          row("race", "a/b", 100, params=gentle))
        self.assertEqual([(outcome.regime, outcome.verdict) for outcome in outcomes],
                         [("empty greedy", YES), ("empty gentle", NO)])

    def test_units_and_figures_are_told_apart(self):
        rows = [row("load", "whorl/leased", 100), row("load", "boost/queue", 1),
                less("load", "whorl/leased", 90, params={"figure": "cpu"}),
                less("load", "boost/queue", 100, params={"figure": "cpu"})]
        rate = Goal("load", "whorl/leased", "boost/queue", at_least=8, unit="items_per_second")
        self.assertEqual(verdict(rate, *rows), YES)
        self.assertEqual(verdict(rate, *rows, less("load", "whorl/leased", 9), less("load", "boost/queue", 1)), YES)
        self.assertEqual(verdict(Goal("load", "whorl/leased", "boost/queue", at_least=8, figure="cpu"), *rows), NO)


class Honesty(unittest.TestCase):
    def test_what_is_missing_is_not_measured(self):
        self.assertEqual(verdict(TWICE), NOT_MEASURED)
        self.assertEqual(verdict(TWICE, row("race", "whorl/leased", 100)), NOT_MEASURED)
        named = Goal("race", "whorl/leased", "lmax/java", at_least=3)
        (outcome,) = judged(named, row("race", "whorl/leased", 100), incomplete("race", "lmax/java"))
        self.assertEqual((outcome.verdict, outcome.note), (NOT_MEASURED, "lmax/java incomplete"))
        (outcome,) = judged(named, row("race", "whorl/leased", 100))
        self.assertEqual(outcome.note, "no row of lmax/java")

    def test_few_samples_and_a_wide_spread_are_said(self):
        (outcome,) = judged(TWICE, row("race", "whorl/leased", 210, samples=4), row("race", "a/b", 100))
        self.assertEqual(outcome.note, "the spread lies across the goal; few samples")

    def test_quartiles_of_a_ratio_are_the_outermost(self):
        (outcome,) = judged(TWICE, row("race", "whorl/leased", 300, spread=0.1), row("race", "a/b", 100, spread=0.1))
        self.assertAlmostEqual(outcome.reached.low, 270 / 110)
        self.assertAlmostEqual(outcome.reached.high, 330 / 90)


class Whole(unittest.TestCase):
    def test_an_empty_report_measures_nothing(self):
        outcomes = goals.evaluate(report())
        self.assertEqual({outcome.verdict for outcome in outcomes}, {NOT_MEASURED})
        scenarios = {name for goal in goals.GOALS for name in goal.scenarios.split()}
        self.assertEqual(len(scenarios), 37)

    def test_every_goal_has_one_aim(self):
        for goal in goals.GOALS:
            self.assertEqual(sum(aim is not None for aim in (goal.at_least, goal.at_most, goal.flat)), 1, goal)

    def test_markdown(self):
        read = report(less("push_2p_parallel", "whorl/leased", 0.5), less("push_2p_parallel", "boost/queue", 100))
        text = goals.markdown(read, goals.evaluate(read))
        where = "| `push_2p_parallel` (ns) | whorl/"
        self.assertIn(f"{where}leased | boost/queue | ≥ 50x less | 200.00x (180.95 to 221.05) | yes |", text)
        self.assertIn(f"{where}shared1 | boost/queue | ≥ 3.5x less | - | not measured |", text)
        self.assertEqual({line.count("|") for line in text.splitlines() if line.startswith("|")}, {7})

    def test_the_program(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.json"
            path.write_text(json.dumps(data()), encoding="utf-8")
            with redirect_stdout(StringIO()) as out:
                self.assertEqual(goals.main([str(path)]), 0)
            self.assertIn("0 of ", out.getvalue())
            for bad in ("{}", "[]", "no JSON"):
                path.write_text(bad, encoding="utf-8")
                with redirect_stderr(StringIO()) as complaint:
                    self.assertEqual(goals.main([str(path)]), 2)
                self.assertIn("goals.py: ", complaint.getvalue())


if __name__ == "__main__":
    unittest.main()
