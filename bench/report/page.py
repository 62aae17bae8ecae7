"""A report as one HTML page that needs nothing else, and as pictures of documents.

    python3 bench/report/page.py REPORT.json [--html FILE] [--picture FILE] [--plots FOLDER]
"""

import argparse
import re
import sys
from html import escape
from pathlib import Path

import goals
import picture
import sections
import tables
from results import ANY, MIXED, Report, ReportError

HERE = Path(__file__).parent

METHOD = (
    "A sample lasts some milliseconds. Contenders take turns in a new random order each round, so that whatever the machine "
    "does meanwhile happens to all.",
    "Before and after each sample two pinned threads hand a cache line to and fro, and the round trip names the placement "
    "that the sample was taken in; what one thread does alone has none. Figures are medians of one placement; whiskers and "
    "parentheses are quartiles, those of a ratio the outermost that the two allow.",
    "Every item of every run is checked: that it arrived, once and whole, and in its producer's order where the contender "
    "keeps one. A run that lost any would have left no report.",
    "A peer is a queue that can do the same job with the same settings: one for a single producer is no peer of a shard that "
    "any producer may use.",
    "Limits are what the machine did at best without any queue, in the same run and placement: found by trying, not proved. "
    "Where threads outnumber the CPUs, a queue may pass the stream from core to core: what a thread writes and another reads "
    "on the same CPU never crosses.",
)


def anchor(title):
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def definitions(pairs):
    known = [(name, value) for name, value in pairs if value not in ("", None)]
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>\n" for name, value in known)
    return f"<dl>\n{rows}</dl>\n"


def packages(report):
    return ", ".join(f"{name} {version}" for name, version in report.machine["packages"].items())


def duration(settings):
    most = f"{settings['seconds_per_scenario']:g} s a scenario"
    return f"{settings['mode']}: {settings['seconds']:,} s in all, {most} at most" if settings["seconds"] else most


def machine(report):
    here, settings = report.machine, report.settings
    trip = here["line_round_trip_ns"]
    return definitions((
        ("processor", here["cpu"]),
        ("CPUs", f"{here['cpus']}; pinned threads run on {settings['pinned_cpus']}"),
        ("system", f"{here['kernel']}, {here['architecture']}" + (", under a hypervisor" if here["hypervisor"] else "")),
        ("clock's governor", here["governor"] or "none that this system shows"),
        ("load when written", here["load_average"]),
        ("a line's round trip", f"{trip:.0f} ns in the placement {report.usual}" if trip else "no two agreed"),
        ("compiler", f"{report.compiler}, {report.build_type}, {settings['machine_flags']}"),
        ("scheduling", settings["scheduling"]),
        ("time", duration(settings)),
        ("seed", settings["seed"]),
        ("packages", packages(report)),
    ))


def placements(report):
    counts = report.placements()
    use = {MIXED: "not quoted", ANY: "shown: the CPUs' places make no difference", report.usual: "shown"}
    rows = [[name, f"{samples:,}", use.get(name, "shown where there is nothing else")] for name, samples in counts.items()]
    return (f'<p class="dim">{escape(report.settings["placements"])}</p>\n'
            + tables.plain_table("Samples of each placement", ["placement", "samples", "in this page"], rows, "narrow"))


def method(report):
    return ("<ul>\n" + "".join(f"<li>{escape(words)}</li>\n" for words in METHOD) + "</ul>\n" + placements(report))


def cards(report, outcomes):
    verdicts = [outcome.verdict for outcome in outcomes]
    counts = [verdicts.count(verdict) for verdict in (goals.YES, goals.NO, goals.NOT_MEASURED)]
    contenders = {row.contender for row in report.rows if not row.is_limit}
    shown = (
        ("Figures reached", f"{counts[0]} of {counts[0] + counts[1]}", f"{counts[2]} more are not measured in this report"),
        ("Contenders", len(contenders), f"in {len(report.scenarios())} scenarios"),
        ("Placement", report.usual, "the one with the most samples"),
        ("Samples", f"{sum(row.samples for row in report.rows):,}", "nothing lost in any"),
    )
    return '<div class="cards">\n' + "".join(
        f'<div class="card"><span>{title}</span><b>{escape(str(value))}</b><span>{escape(words)}</span></div>\n'
        for title, value, words in shown) + "</div>\n"


def trouble(report):
    said = []
    if report.build_type != "release":
        said.append("This was not a release build: its figures mean nothing.")
    if report.usual == MIXED and not report.quoted:
        said.append("No two round trips of any sample agreed: there is nothing to quote.")
    missing = sorted({name for _, name in report.incomplete})
    if missing:
        said.append(f"Incomplete: {', '.join(missing)} could not be had. Their rows are missing, and a best peer may be.")
    if not said:
        return ""
    return '<div class="trouble" role="note">' + "".join(f"<p>{escape(words)}</p>" for words in said) + "</div>\n"


VERDICT_CLASS = {goals.YES: "yes", goals.NO: "no", goals.NOT_MEASURED: "open"}


def goal_row(outcome, usual):
    _, ours, against, goal, reached, _ = goals.cells(outcome, usual)
    notes = [outcome.note] + ([f"placement {outcome.placement}"] if outcome.placement not in ("", ANY, usual) else [])
    return (f'<tr><th scope="row" class="long">{escape(outcome.scenario)}{below(" ".join(goals.settings(outcome)))}</th>'
            f'<td class="left">{escape(ours)}</td><td class="left">{escape(against)}</td><td class="free">{escape(goal)}</td>'
            f'<td class="free">{escape(reached)}{below("; ".join(note for note in notes if note))}</td>'
            f'<td class="left {VERDICT_CLASS[outcome.verdict]}">{outcome.verdict}</td></tr>\n')


def below(words):
    return f'<br><span class="small">{escape(words)}</span>' if words else ""


def goals_table(report, outcomes):
    measured = [outcome for outcome in outcomes if outcome.verdict != goals.NOT_MEASURED]
    rest = [outcome for outcome in outcomes if outcome.verdict == goals.NOT_MEASURED]
    text = (f"<p>{escape(goals.summary(outcomes))}. Judged by the medians of one placement.</p>\n")
    if measured:
        text += goals_rows("Figures to reach, measured", report, measured)
    if rest:
        text += (f"<details><summary>{len(rest)} not measured</summary>\n"
                 + goals_rows("Figures to reach, not measured", report, rest) + "</details>\n")
    return f'<div class="box">\n{text}</div>\n'


def goals_rows(caption, report, outcomes):
    titles = ("scenario", "whorl", "against", "goal", "reached", "reached?")
    left = ("", ' class="left"', ' class="left"', "", "", ' class="left"')
    head = "".join(f'<th scope="col"{side}>{title}</th>' for title, side in zip(titles, left))
    return (f'<div class="wide"><table><caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n'
            + "".join(goal_row(outcome, report.usual) for outcome in outcomes) + "</tbody></table></div>\n")


def figure(plot):
    notes = "".join(f'<p class="dim">{escape(note)}</p>\n' for note in plot.notes)
    drawn = f'<div class="wide">{plot.picture}</div>\n' if plot.picture else ""
    return f"<figure>\n<figcaption><h3>{escape(plot.title)}</h3>\n{notes}</figcaption>\n{drawn}{plot.table}</figure>\n"


def summaries(report, title):
    """What the scenarios of a section ask, in the words of the program."""
    pairs = [(name, words) for name, words in report.summaries.items() if sections.section_of(name) == title]
    return definitions(pairs) if pairs else ""


def section(report, title, plots):
    return (f'<section aria-labelledby="{anchor(title)}">\n<h2 id="{anchor(title)}">{title}</h2>\n'
            f"{summaries(report, title)}{''.join(map(figure, plots))}</section>\n")


def contents(titles):
    items = "".join(f'<li><a href="#{anchor(title)}">{escape(title)}</a></li>\n' for title in titles)
    return f'<nav aria-label="Contents"><strong>Contents</strong>\n<ul>\n{items}</ul></nav>\n'


def render(report):
    outcomes = goals.evaluate(report)
    plots = sections.plots_by_section(report)
    style = (HERE / "page.css").read_text(encoding="utf-8") + (HERE / "drawing.css").read_text(encoding="utf-8")
    fixed = {"Machine": f'<div class="box">{machine(report)}</div>\n', "Method": f'<div class="box">{method(report)}</div>\n',
             "Figures to reach": goals_table(report, outcomes)}
    body = "".join(f'<section aria-labelledby="{anchor(title)}">\n<h2 id="{anchor(title)}">{title}</h2>\n{text}</section>\n'
                   for title, text in fixed.items())
    body += "".join(section(report, title, found) for title, found in plots.items())
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        # Nothing is fetched and nothing runs.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>whorl: benchmarks of {escape(report.date[:10])}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<header>\n"
        f'<h1>whorl and its peers</h1>\n<p class="dim">{escape(report.date)}, commit <code>{escape(report.commit)}</code></p>\n'
        f"</header>\n{trouble(report)}{cards(report, outcomes)}{contents([*fixed, *plots])}<main>\n{body}</main>\n</body>\n</html>\n"
    )


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report")
    parser.add_argument("--html", metavar="FILE")
    parser.add_argument("--picture", metavar="FILE", help="an SVG with the hand-offs that the README shows")
    parser.add_argument("--plots", metavar="FOLDER", help="an SVG for each plot that is over producers, shards or padding")
    options = parser.parse_args(arguments)
    try:
        report = Report.load(options.report)
        if options.html:
            Path(options.html).write_text(render(report), encoding="utf-8")
        if options.picture:
            Path(options.picture).write_text(picture.render(report), encoding="utf-8")
        for plot in sections.plots_over_numbers(report) if options.plots else ():
            (Path(options.plots) / f"{anchor(plot.title)}.svg").write_text(picture.alone(plot.picture), encoding="utf-8")
    except (ReportError, OSError) as error:
        print(f"page.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
