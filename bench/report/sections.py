"""What the page shows of a report, and how it is laid out: which scenarios belong together, and what is drawn of them."""

import re
from dataclasses import dataclass, field

import charts
from figures import shown, unit_name
from limits import limits_of, share
from results import ANY, best, regime_text
from tables import cell, percent, pivot, table

# In the order of the page; a scenario belongs to the first that knows it.
SECTIONS = (
    ("The limits of the machine", r"limits"),
    ("One producer, one consumer", r"unicast_.*|seed_.*|reader_choices_.*"),
    ("Many producers, one consumer", r"mpsc_.*|oversubscribed_.*|fairness_.*|stall_.*|preempted_.*|backoff_.*"),
    ("Contention for one shard", r"contention_.*"),
    ("Number of shards", r"shards_.*"),
    ("Padding", r"padding_.*"),
    ("Pushing alone", r"push_.*|sweep_.*|revocation.*"),
    ("Graphs of consumers", r"disruptor_.*|multicast_.*|pipeline_.*|diamond_.*|fanin_.*|sharded_.*"),
    ("The event bus", r"event_bus.*"),
    ("Latency", r"ping_?pong.*|one_?way.*|latency.*|paced.*"),
    ("Waiting", r"wait_.*|idle_.*"),
    ("Memory", r"memory.*"),
    ("The Go ring's own benchmarks", r"go_.*"),
    ("Further scenarios", r".*"),
)

# Scenarios that differ in one number: one plot, with lines over it. `names`: what is drawn together.
@dataclass(frozen=True)
class Family:
    pattern: str  # with one group, the number
    name: str
    x_name: str


FAMILIES = (
    Family(r"mpsc_u64_p(\d+)", "mpsc_u64_p*", "producers"),
    Family(r"contention_p(\d+)_s1", "contention_p*_s1", "producers"),
    Family(r"shards_(\d+)_p4", "shards_*_p4", "shards"),
)
PADDING = r"padding_(\d+)_p(\d+)"
PERCENTILES = ("p50", "p90", "p99", "p99.9", "p99.99", "max")
LIBRARIES = ("whorl", "boost", "moodycamel", "dpdk", "lmax", "limit")


@dataclass
class Plot:
    title: str
    picture: str
    table: str
    notes: list = field(default_factory=list)


def style_of(contender):
    library = contender.split("/")[0]
    return library if library in LIBRARIES else "other"


def section_of(scenario):
    return next(title for title, pattern in SECTIONS if re.fullmatch(pattern, scenario))


def plots_by_section(report):
    """{title: plots}, in the order of SECTIONS, without those that have none."""
    plots = {title: [] for title, _ in SECTIONS}
    scenarios = report.scenarios()
    for family in FAMILIES:
        members = {int(match[1]): name for name in scenarios if (match := re.fullmatch(family.pattern, name))}
        if len(members) > 1:
            plots[section_of(next(iter(members.values())))] += family_plots(report, family, members)
            scenarios = [name for name in scenarios if name not in members.values()]
    padding = [name for name in scenarios if re.fullmatch(PADDING, name)]
    if padding:
        plots["Padding"] += padding_plots(report, padding)
    for name in scenarios:
        if name not in padding:
            plots[section_of(name)] += scenario_plots(report, name)
    return {title: found for title, found in plots.items() if found}


def plots_over_numbers(report):
    """Of several scenarios each: those over producers and shards, and the paddings."""
    several = re.compile("|".join(re.escape(name) for name in ("padding_*", *(family.name for family in FAMILIES))))
    return [plot for plots in plots_by_section(report).values() for plot in plots if several.match(plot.title)]


# --- one scenario


def scenario_plots(report, scenario):
    regimes = list(dict.fromkeys(row.regime for row in report.find(scenario)))
    several = [regime for regime in regimes if dict(regime).get("figure") in PERCENTILES]
    plots = []
    for others in dict.fromkeys(without_figure(regime) for regime in several):
        plots += percentile_plot(report, scenario, [regime for regime in several if without_figure(regime) == others])
    plots += [bar_plot(report, scenario, regime) for regime in regimes if regime not in several]
    if not plots:
        plots = [Plot(scenario, "", "", ["Not measured: every row is incomplete or of a mixed placement."])]
    plots[0].notes = incomplete_note(report, [scenario]) + plots[0].notes
    return plots


def without_figure(regime):
    return tuple(item for item in regime if item[0] != "figure")


def heading(scenario, regime):
    words = [scenario, dict(regime).get("figure", ""), regime_text(regime)]
    return ", ".join(word for word in words if word)


def placement_for(report, rows):
    return report.common_placement(rows, rows)


def placement_notes(report, rows, placement):
    """Says what is not in the plot, and when the plot is not of the placement that the reader expects."""
    here = {row.contender for row in rows if row.placement == placement}
    elsewhere = sorted({row.contender for row in rows} - here)
    notes = [f"Placement {placement}."] if placement not in (report.usual, ANY) else []
    return notes + ([f"No sample in this placement: {', '.join(elsewhere)}."] if elsewhere else [])


def incomplete_note(report, scenarios):
    names = sorted({name for where, name in report.incomplete if where in scenarios})
    return [f"Incomplete, not built into this run: {', '.join(names)}."] if names else []


def bar_plot(report, scenario, regime):
    everywhere = report.find(scenario, regime)
    placement = placement_for(report, everywhere)
    rows = [row for row in everywhere if row.placement == placement]
    less, unit = rows[0].better == "less", rows[0].unit
    limits = limits_of(report, scenario, unit, placement)
    if scenario != "limits":
        rows = [row for row in rows if not row.is_limit] or rows
    rows.sort(key=lambda row: row.spread.median, reverse=not less)
    bars = [charts.Bar(row.contender, row.spread, style_of(row.contender)) for row in rows]
    title = heading(scenario, regime) + (f", {unit_name(unit)}" if scenario == "limits" else "")
    return Plot(title, charts.bars(title, [("", bars)], unit, limits, less), table(title, rows, limits),
                placement_notes(report, everywhere, placement) + share_notes(rows, limits))


def share_notes(rows, limits, with_scenario=False):
    """How near whorl's best comes, of those that the limit is one for."""
    said = []
    for limit in limits:
        ours = best(row for row in rows if re.fullmatch(limit.ours, row.contender))
        if ours is not None:
            where = f" in {ours.scenario}" if with_scenario else ""
            said.append(f"{ours.contender}{where} reaches {percent(share(ours, limit))} of a limit: {limit.name}, "
                        f"{shown(limit.value, ours.unit)}.")
    return said


def percentile_plot(report, scenario, regimes):
    everywhere = [row for regime in regimes for row in report.find(scenario, regime)]
    placement = placement_for(report, everywhere)
    rows = [row for row in everywhere if row.placement == placement]
    found = {}
    for row in rows:
        found.setdefault(row.contender, {})[row.figure] = row.spread
    figures = [name for name in PERCENTILES if any(name in spreads for spreads in found.values())]
    order = sorted(found, key=lambda name: found[name].get(figures[0], next(iter(found[name].values()))).median)
    limits = limits_of(report, scenario, rows[0].unit, placement)
    title = heading(scenario, without_figure(regimes[0])) + ", percentiles"
    drawn = [(name, style_of(name), found[name]) for name in order]
    columns = [[name, *(cell(found[name].get(figure), rows[0].unit) for figure in figures)] for name in order]
    return [Plot(title, charts.percentiles(title, drawn, figures, rows[0].unit, limits),
                 pivot(title, figures, columns, rows[0].unit),
                 placement_notes(report, everywhere, placement))]


# --- several scenarios


def family_plots(report, family, members):
    """One plot for each set of parameters that the members share."""
    regimes = list(dict.fromkeys(row.regime for name in members.values() for row in report.find(name)))
    plots = []
    for regime in regimes:
        everywhere = [row for name in members.values() for row in report.find(name, regime)]
        placement = placement_for(report, everywhere)
        rows = [row for row in everywhere if row.placement == placement]
        xs = {name: x for x, name in members.items()}
        series = {}
        for row in rows:
            if not row.is_limit:
                series.setdefault(row.contender, {})[xs[row.scenario]] = row.spread
        less, unit = rows[0].better == "less", rows[0].unit
        limits = limits_of(report, rows[0].scenario, unit, placement)
        order = sorted(series, key=lambda name: (not name.startswith("whorl/"), name))
        title = heading(family.name, regime)
        drawn = [charts.Series(name, style_of(name), series[name]) for name in order]
        numbers = sorted(members)
        columns = [[name, *(cell(series[name].get(x), unit) for x in numbers)] for name in order]
        plots.append(Plot(title, charts.lines(title, drawn, unit, family.x_name, limits, less),
                          pivot(title, [f"{family.x_name}: {x}" for x in numbers], columns, unit),
                          placement_notes(report, everywhere, placement) + load_notes(rows, xs, family.x_name)
                          + share_notes(rows, limits, with_scenario=True)))
    if plots:
        plots[0].notes = incomplete_note(report, members.values()) + plots[0].notes
    return plots


def load_notes(rows, xs, x_name):
    """Where the scheduler takes part, for that is another question."""
    crowded = sorted({xs[row.scenario] for row in rows if dict(row.params).get("load") == "oversubscribed"})
    return [f"Oversubscribed, more threads than CPUs: {x_name} {', '.join(map(str, crowded))}."] if crowded else []


def padding_plots(report, scenarios):
    """One plot for each number of producers, in which the distances stand beside each other."""
    plots = []
    for producers in sorted({int(re.fullmatch(PADDING, name)[2]) for name in scenarios}):
        names = [name for name in scenarios if int(re.fullmatch(PADDING, name)[2]) == producers]
        for regime in dict.fromkeys(row.regime for name in names for row in report.find(name)):
            everywhere = [row for name in names for row in report.find(name, regime)]
            placement = placement_for(report, everywhere)
            rows = [row for row in everywhere if row.placement == placement and not row.is_limit]
            title = heading(f"padding_*_p{producers}", regime)
            limits = limits_of(report, names[0], rows[0].unit, placement)
            plots.append(Plot(title, charts.bars(title, padding_groups(rows), rows[0].unit, limits, rows[0].better == "less"),
                              table(title, rows, with_scenario=True),
                              placement_notes(report, everywhere, placement) + share_notes(rows, limits, with_scenario=True)))
    if plots:
        plots[0].notes = incomplete_note(report, scenarios) + plots[0].notes
    return plots


def padding_groups(rows):
    """By kind. Peers, which have no such setting, were measured once more beside each of whorl's."""
    groups = {}
    for row in sorted(rows, key=lambda row: int(re.fullmatch(PADDING, row.scenario)[1])):
        padding = re.fullmatch(PADDING, row.scenario)[1]
        kind = re.sub(r"_padded\d*$", "", row.contender)
        name = f"{padding} bytes apart" if row.is_whorl else f"beside {padding} bytes"
        groups.setdefault(kind, []).append(charts.Bar(name, row.spread, style_of(row.contender)))
    return sorted(groups.items(), key=lambda item: (not item[0].startswith("whorl/"), item[0]))
