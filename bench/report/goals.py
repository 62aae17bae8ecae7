"""The figures to reach, and which of them a report reaches.

    python3 bench/report/goals.py REPORT.json [--markdown]

GOALS is the whole list; nothing else knows a goal. A goal is judged by medians, in one placement, and once for each set
of parameters ("empty greedy", "empty gentle") that whorl's contender was measured with.
"""

import argparse
import sys
from dataclasses import dataclass

import judging
from judging import NO, NOT_MEASURED, YES
from results import ANY, PEERS, Report, ReportError

DOCUMENT = 222e6  # items per second, from the document that the workload of seed_batches comes from


@dataclass(frozen=True)
class Goal:
    """Names are separated by blanks: the best of several contenders counts, and each scenario is judged alone."""

    scenarios: str
    ours: str
    against: str = ""  # PEERS or names; empty: the figure itself
    at_least: float = None  # times better; without `against` the figure
    at_most: float = None  # times as much; without `against` the figure
    stretch: float = None
    unit: str = ""  # of several in one scenario
    figure: str = ""  # the parameter of that name
    constant: float = None  # in place of `against`: a figure from elsewhere, which `against` then describes
    flat: float = None  # what the worst of the scenarios must reach of the best

    def text(self, less=False):
        if self.flat:
            return f"flat: the slowest ≥ {self.flat:g} of the fastest"
        times = "x" if self.against else " ns" if self.unit == "ns" else ""
        if self.at_most is not None:
            return f"≤ {self.at_most:,g}{times}"
        stretch = f" (stretch {self.stretch:g}x)" if self.stretch else ""
        return f"≥ {self.at_least:g}{times}{' less' if less else ''}{stretch}"


GOALS = (
    Goal("unicast_u64_b1_c1024 unicast_u64_b1_c65536", "whorl/leased", PEERS, at_least=2, stretch=2.5),
    Goal("unicast_64B_b1_c1024 unicast_64B_b1_c65536", "whorl/leased", PEERS, at_least=1.5),
    Goal("unicast_u64_b16 unicast_u64_b64 unicast_u64_b256", "whorl/leased whorl/dense", PEERS, at_least=1.2),
    Goal("unicast_u64_b2000", "whorl/leased whorl/dense", PEERS, at_least=1),
    Goal("mpsc_u64_p2 mpsc_u64_p4 mpsc_u64_p8 mpsc_u64_p16", "whorl/leased", PEERS, at_least=2),
    Goal("mpsc_u64_p2 mpsc_u64_p4 mpsc_u64_p8 mpsc_u64_p16", "whorl/leased", flat=0.8),
    Goal("mpsc_u64_p4", "whorl/biased", "whorl/leased", at_least=0.85),
    Goal("sweep_2shards", "whorl/biased", "whorl/shared", at_least=8),
    Goal("revocation", "whorl/biased", at_most=50_000, unit="ns", figure="both"),
    Goal("mpsc_u64_p4", "whorl/shared4", "boost/queue", at_least=8),
    Goal("mpsc_u64_p16", "whorl/shared4", "boost/queue", at_least=4),
    Goal("unicast_u64_shared", "whorl/shared1", "boost/queue", at_least=12),
    Goal("unicast_u64_shared", "whorl/shared1", "dpdk/mp_sc", at_least=1.5),
    Goal("push_2p_parallel", "whorl/leased", "boost/queue", at_least=50, unit="ns"),
    Goal("push_2p_parallel", "whorl/shared1", "boost/queue", at_least=3.5, unit="ns"),
    Goal("seed_batches", "whorl/disruptor_single", "its document's 222 M/s", at_least=10, constant=DOCUMENT,
         unit="items_per_second"),
    Goal("seed_batches", "whorl/disruptor_single", PEERS, at_least=1.1, unit="items_per_second"),
    Goal("disruptor_publish1_8B disruptor_publish1_56B", "whorl/disruptor_single", "lmax/java", at_least=3),
    Goal("multicast_1p3c pipeline_3", "whorl/disruptor_single", "lmax/java", at_least=3),
    Goal("diamond_3", "whorl/disruptor_single", "lmax/java", at_least=2.5),
    Goal("fanin_3p1c fanin_3p1c_b10", "whorl/disruptor_multi", "lmax/java", at_least=1.4),
    Goal("fanin_3p1c fanin_3p1c_b10", "whorl/disruptor_sharded", "lmax/java", at_least=3),
    Goal("sharded_4p_b1", "whorl/disruptor_sharded", "whorl/disruptor_multi lmax/java", at_least=4, stretch=8),
    Goal("sharded_4p_b256", "whorl/disruptor_sharded", "whorl/disruptor_multi lmax/java", at_least=2),
    Goal("event_bus", "whorl/bus", "its document's 25 M/s", at_least=1, constant=25e6, unit="items_per_second"),
    Goal("event_bus", "whorl/bus", "lmax/java", at_least=1),
    Goal("event_bus_publish", "whorl/bus", at_most=50, unit="ns"),
    Goal("event_bus_pingpong", "whorl/bus", "limit/pingpong", at_most=1.3, unit="ns"),
    Goal("idle_poll_256", "whorl/hints", "whorl/hints1", at_most=4, unit="ns"),
    Goal("pingpong_256", "whorl/hints", "whorl/hints1", at_most=1.2, unit="ns"),
    Goal("push_wakeable", "whorl/wakeable", "whorl/leased", at_most=1.05, unit="ns"),
    Goal("oversubscribed_16p", "whorl/leased", "boost/queue", at_least=8, unit="items_per_second"),
    Goal("oversubscribed_16p", "whorl/leased", "boost/queue", at_least=8, figure="cpu_ns_per_item"),
    Goal("pingpong", "whorl/leased", "limit/pingpong", at_most=1.15, unit="ns"),
    Goal("stall_p16", "whorl/leased", at_most=10_000, unit="ns", figure="longest_stall"),
    Goal("fairness_p4", "whorl/leased", at_least=0.5, unit="ratio"),
    Goal("push_pop_1t", "whorl/leased", PEERS, at_most=1, unit="ns"),
    Goal("push_pop_1t", "whorl/leased", PEERS, at_most=1, unit="instructions", figure="instructions"),
    Goal("push_pop_1t", "whorl/shared1", PEERS, at_most=1, unit="ns"),
    Goal("push_pop_1t", "whorl/shared1", PEERS, at_most=1, unit="instructions", figure="instructions"),
)

def evaluate(report, goals=GOALS):
    return judging.evaluate(report, goals)


# --- as text

TITLES = ("scenario", "whorl", "against", "goal", "reached", "")


def settings(outcome):
    """What is judged, where that is not the rate, and with which parameters: ["(ns, empty greedy)"]."""
    unit = outcome.goal.unit if outcome.goal.unit != "items_per_second" else ""
    words = [word for word in (outcome.goal.figure or unit, outcome.regime) if word]
    return [f"({', '.join(words)})"] if words else []


def cells(outcome, usual):
    where = " ".join([outcome.scenario, *settings(outcome)])
    notes_too = [outcome.note] if outcome.note else []
    if outcome.placement not in ("", ANY, usual):
        notes_too.append(f"placement {outcome.placement}")
    verdict = "; ".join([outcome.verdict, *notes_too])
    return where, outcome.ours, outcome.against or "-", outcome.goal_text, outcome.reached_text or "-", verdict


def summary(outcomes):
    """"12 of 40 reached, 3 not reached, 25 not measured"."""
    counts = {verdict: sum(outcome.verdict == verdict for outcome in outcomes) for verdict in (YES, NO, NOT_MEASURED)}
    return (f"{counts[YES]} of {len(outcomes)} reached, {counts[NO]} not reached, {counts[NOT_MEASURED]} not measured")


def markdown(report, outcomes):
    lines = [f"Commit {report.commit}, {report.date[:10]}, placement {report.usual} unless said: {summary(outcomes)}.", "",
             "| " + " | ".join(TITLES) + " |", "|---" * len(TITLES) + "|"]
    for outcome in outcomes:
        row = list(cells(outcome, report.usual))
        row[0] = " ".join([f"`{outcome.scenario}`", *settings(outcome)])
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines) + "\n"


def plain(report, outcomes):
    rows = [TITLES, *(cells(outcome, report.usual) for outcome in outcomes)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(TITLES))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join(lines) + f"\n\n{summary(outcomes)}\n"


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report")
    parser.add_argument("--markdown", action="store_true", help="as the table of docs/performance.md")
    options = parser.parse_args(arguments)
    try:
        report = Report.load(options.report)
    except ReportError as error:
        print(f"goals.py: {error}", file=sys.stderr)
        return 2
    outcomes = evaluate(report)
    sys.stdout.write((markdown if options.markdown else plain)(report, outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
