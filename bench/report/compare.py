"""Which of whorl's ratios moved beyond noise from one report to another. compare.sh, one folder up, says the rule."""

import argparse
import sys
from dataclasses import dataclass

from goals import GOALS
from judging import wanted
from results import ANY, FEW, PEERS, Report, ReportError, Spread, best, divided, is_peer, regime_text, times_better

BETTER, WORSE, SAME = "better", "worse", "within noise"


@dataclass(frozen=True)
class Key:
    scenario: str
    regime: tuple
    contender: str
    against: str  # PEERS, names, or empty: the figure itself

    def text(self, placement):
        unit = dict(self.regime)["unit"]
        words = [regime_text(self.regime, without=("unit",)), unit if unit != "items_per_second" else "", placement]
        said = ", ".join(word for word in words if word not in ("", ANY))
        return f"{self.scenario}{f' ({said})' if said else ''}: {self.contender}"


@dataclass(frozen=True)
class Ratio:
    """More is better, whatever was measured."""

    spread: Spread
    against: str  # the row it was divided by
    samples: int  # of the poorer row

    def text(self):
        times = f"{self.spread.median:.3g}x ({self.spread.low:.3g} to {self.spread.high:.3g})"
        return f"{times} {self.against}" if self.against else times


@dataclass(frozen=True)
class Move:
    key: Key
    placement: str
    old: Ratio
    new: Ratio
    verdict: str

    def text(self):
        if self.key.against:
            said = f"{self.old.text()} -> {self.new.text()}"
        else:  # inverted where less is better, so that only the change says anything
            said = "the figure itself"
        return f"{self.key.text(self.placement)}: {said}; {self.new.spread.median / self.old.spread.median:.2f} of what it was"


def ratios(report):
    """{key: {placement: Ratio}}: every whorl row over its best peer, and what the goals name besides."""
    found = {}
    for row in report.quoted:
        if row.is_whorl:
            enter(found, Key(row.scenario, row.regime, row.contender, PEERS), row,
                  best(peer for peer in report.find(row.scenario, row.regime, row.placement) if is_peer(peer, row)))
    for goal in GOALS:
        if goal.against == PEERS or goal.constant is not None or goal.flat:
            continue
        for scenario in goal.scenarios.split():
            for row in wanted(report.find(scenario, contenders=goal.ours.split()), goal):
                enter_goal(found, report, goal, row)
    return found


def enter_goal(found, report, goal, row):
    key = Key(row.scenario, row.regime, row.contender, goal.against)
    if not goal.against:
        found.setdefault(key, {})[row.placement] = Ratio(goodness(row), "", row.samples)
        return
    names = goal.against.split()
    rows = (report.find(row.scenario, row.regime, row.placement, names)
            or report.find("limits", placement=row.placement, contenders=names))
    enter(found, key, row, best(rows))


def enter(found, key, row, other):
    ratio = times_better(row, other) if other else None
    if ratio:
        found.setdefault(key, {})[row.placement] = Ratio(ratio, other.contender, min(row.samples, other.samples))


def goodness(row):
    one = Spread(1, 1, 1)
    return row.spread if row.better == "more" else divided(one, row.spread)


def verdict(old, new):
    if old.spread.overlaps(new.spread):
        return SAME
    return BETTER if new.spread.median > old.spread.median else WORSE


@dataclass(frozen=True)
class Comparison:
    moves: list  # of what could be compared
    few: int  # ratios with too few samples on one side
    apart: int  # ratios never measured in a placement that both reports have
    gone: list  # keys that the new report lost although it ran their scenario
    not_run: int  # ratios of scenarios that the new report did not run
    new: int


def compare(old, new):
    before, after = ratios(old), ratios(new)
    if old.machine["cpu"] != new.machine["cpu"]:  # figures, other than ratios, say nothing there
        before, after = ({key: value for key, value in found.items() if key.against} for found in (before, after))
    moves, few, apart = [], 0, 0
    for key in before.keys() & after.keys():
        common = before[key].keys() & after[key].keys()
        apart += not common
        for placement in common:
            ours, theirs = before[key][placement], after[key][placement]
            if min(ours.samples, theirs.samples) < FEW:
                few += 1
            else:
                moves.append(Move(key, placement, ours, theirs, verdict(ours, theirs)))
    lost = before.keys() - after.keys()
    ran = set(new.scenarios())
    gone = sorted((key for key in lost if key.scenario in ran), key=lambda key: key.text(ANY))
    moves.sort(key=lambda move: (move.key.text(move.placement), move.key.against))
    return Comparison(moves, few, apart, gone, len(lost) - len(gone), len(after.keys() - before.keys()))


def text(comparison):
    lines = []
    for wanted_verdict in (WORSE, BETTER):
        chosen = [move for move in comparison.moves if move.verdict == wanted_verdict]
        if chosen:
            lines += [f"{wanted_verdict}:", *(f"  {move.text()}" for move in chosen)]
    if comparison.gone:
        lines += ["gone:", *(f"  {key.text(ANY)} against {key.against or 'itself'}" for key in comparison.gone)]
    counts = {name: sum(move.verdict == name for move in comparison.moves) for name in (WORSE, BETTER, SAME)}
    lines.append(f"{len(comparison.moves)} ratios compared: "
                 + ", ".join(f"{count} {name}" for name, count in counts.items()) + f"; {len(comparison.gone)} gone")
    others = ((comparison.few, f"with fewer than {FEW} samples"), (comparison.apart, "in no placement that both have"),
              (comparison.not_run, "in scenarios that the new report did not run"), (comparison.new, "only in the new report"))
    said = [f"{count} {words}" for count, words in others if count]
    return "\n".join(lines + ([f"not compared: {', '.join(said)}"] if said else [])) + "\n"


def is_worse(comparison):
    return (not comparison.moves or bool(comparison.gone) or any(move.verdict == WORSE for move in comparison.moves))


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when something got worse")
    options = parser.parse_args(arguments)
    try:
        comparison = compare(Report.load(options.old), Report.load(options.new))
    except ReportError as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    sys.stdout.write(text(comparison))
    return 1 if options.strict and is_worse(comparison) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
