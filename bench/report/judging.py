"""What a report says to the goals of goals.py: reached, not reached, not measured, and with what reservations."""

from dataclasses import dataclass, replace

from figures import shown
from results import FEW, PEERS, Spread, best, divided, is_peer, regime_text, times_better

YES, NO, NOT_MEASURED = "yes", "no", "not measured"


@dataclass(frozen=True)
class Outcome:
    """What a report says to one goal in one scenario and one set of parameters."""

    goal: object  # goals.Goal
    scenario: str
    regime: str
    ours: str
    against: str
    goal_text: str
    verdict: str
    reached: Spread = None  # a ratio, or the figure itself
    reached_text: str = ""
    placement: str = ""
    note: str = ""


def evaluate(report, goals):
    return [outcome for goal in goals for outcome in judge(report, goal)]


def judge(report, goal):
    if goal.flat:
        yield from judge_flatness(report, goal)
        return
    for scenario in goal.scenarios.split():
        ours = wanted(report.find(scenario, contenders=goal.ours.split()), goal)
        regimes = list(dict.fromkeys(row.regime for row in ours))
        for regime in regimes:
            yield judge_regime(report, goal, scenario, regime, [row for row in ours if row.regime == regime])
        if not regimes:
            yield not_measured(report, goal, scenario, None, goal.ours.split())


def wanted(rows, goal):
    """Those in the unit and of the figure of the goal; a goal that names none is for rows that name none."""
    return [row for row in rows if goal.unit in ("", row.unit) and goal.figure == row.figure]


def judge_regime(report, goal, scenario, regime, ours):
    theirs = rows_against(report, goal, scenario, regime, ours)
    if goal.against and goal.constant is None and not theirs:
        return not_measured(report, goal, scenario, regime, goal.against.split())
    placement = report.common_placement(ours, theirs or ours)
    if placement is None:
        return not_measured(report, goal, scenario, regime, (), "never in one placement")
    row = best(row for row in ours if row.placement == placement)
    other = best(row for row in theirs if row.placement == placement)
    outcome = Outcome(goal, scenario, regime_text(regime), row.contender, against_text(goal, other),
                      goal.text(less=row.better == "less"), NO, placement=placement)
    spread = reached(goal, row, other)
    if spread is None:
        return replace(outcome, verdict=NOT_MEASURED, note="a figure of zero has no ratio")
    return replace(outcome, reached=spread, reached_text=reached_text(goal, row, spread),
                   verdict=YES if is_reached(goal, spread.median) else NO,
                   note=notes(report, goal, spread, [row] if other is None else [row, other],
                              absent(report, goal, row, theirs, placement)))


def rows_against(report, goal, scenario, regime, ours):
    if not goal.against or goal.constant is not None:
        return []
    if goal.against == PEERS:
        return [row for row in report.find(scenario, regime) if is_peer(row, ours[0])]
    names = goal.against.split()
    return report.find(scenario, regime, contenders=names) or report.find("limits", contenders=names)


def absent(report, goal, ours, theirs, placement):
    """Whom the goal is against, and who was not measured in this placement."""
    names = {row.contender for row in theirs}
    if goal.against == PEERS:  # those too that have samples of a mixed placement alone
        names |= {row.contender for row in report.rows
                  if row.scenario == ours.scenario and row.regime == ours.regime and is_peer(row, ours)}
    return sorted(names - {row.contender for row in theirs if row.placement == placement})


def reached(goal, ours, theirs):
    if goal.constant is not None:
        return divided(ours.spread, Spread(goal.constant, goal.constant, goal.constant))
    if not goal.against:
        return ours.spread
    return times_better(ours, theirs) if goal.at_most is None else divided(ours.spread, theirs.spread)


def is_reached(goal, value):
    return value <= goal.at_most if goal.at_most is not None else value >= (goal.at_least or goal.flat)


def reached_text(goal, ours, spread):
    if goal.against:
        return f"{spread.median:.2f}x ({spread.low:.2f} to {spread.high:.2f})"
    return f"{shown(spread.median, ours.unit)} ({shown(spread.low, ours.unit)} to {shown(spread.high, ours.unit)})"


def against_text(goal, other):
    if other is None:
        return goal.against
    return f"{PEERS}: {other.contender}" if goal.against == PEERS else other.contender


def notes(report, goal, spread, rows, absent_here=()):
    said = []
    if is_reached(goal, spread.low) != is_reached(goal, spread.high):
        said.append("the spread lies across the goal")
    if min(row.samples for row in rows) < FEW:
        said.append("few samples")
    if absent_here:
        said.append(f"without {', '.join(absent_here)} (no sample in this placement)")
    if goal.against == PEERS:
        missing = missing_peers(report, rows[0].scenario)
        said += [f"without {', '.join(missing)} (incomplete)"] if missing else []
    return "; ".join(said)


def missing_peers(report, scenario):
    return sorted(name for where, name in report.incomplete
                  if where == scenario and not name.startswith(("whorl/", "lmax/")))


def not_measured(report, goal, scenario, regime, names, note=""):
    """`names`: of whom no row was found."""
    incomplete = [name for name in names if (scenario, name) in report.incomplete]
    if not note and incomplete:
        note = f"{', '.join(incomplete)} incomplete"
    elif not note and regime is not None:
        note = f"no row of {' or '.join(names)}"
    return Outcome(goal, scenario, regime_text(regime or ()), " or ".join(goal.ours.split()), goal.against,
                   goal.text(goal.unit == "ns"), NOT_MEASURED, note=note)


def judge_flatness(report, goal):
    """The slowest of the scenarios over the fastest, in one placement; their ratio has no parameters of its own."""
    names = goal.scenarios.split()
    rows = {name: wanted(report.find(name, contenders=goal.ours.split()), goal) for name in names}
    outcome = Outcome(goal, ", ".join(names), "", goal.ours, "its own best of these", goal.text(), NOT_MEASURED)
    missing = [name for name in names if not rows[name]]
    placement = report.common_placement(*rows.values())
    if placement is None:
        yield replace(outcome, note=f"no row in {', '.join(missing)}" if missing else "never in one placement")
        return
    figures = [best(row for row in rows[name] if row.placement == placement) for name in names]
    slowest = min(figures, key=lambda row: row.spread.median)
    fastest = max(figures, key=lambda row: row.spread.median)
    spread = divided(slowest.spread, fastest.spread)
    text = f"{spread.median:.2f} ({slowest.scenario} over {fastest.scenario})"
    yield replace(outcome, reached=spread, reached_text=text, placement=placement, note=notes(report, goal, spread, figures),
                  verdict=YES if spread.median >= goal.flat else NO)
