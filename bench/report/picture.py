"""Pictures that can stand alone: the README's, a few hand-offs, whorl's kinds of shard beside the best peers; and plots of the page."""

import re
from pathlib import Path

import svg
from figures import shown
from results import ReportError, is_peer
from sections import style_of

HERE = Path(__file__).parent
WIDTH, COLUMN, ROW = 960, 464, 22
SVG = '<svg xmlns="http://www.w3.org/2000/svg" '

# (scenario, its parameters, the panel's title); those that a report does not have are left out. Where the consumer is greedy
# whorl's own sweep holds back and others' do not; gentle, all do alike.
PANELS = (
    ("unicast_u64_b1_c65536", "gentle", "1 producer, 8-byte items"),
    ("unicast_64B_b1_c65536", "gentle", "1 producer, 64-byte items"),
    ("mpsc_u64_p4", "gentle", "4 producers, 8-byte items"),
    ("push_2p_parallel", "", "2 producers at once, time of a push"),
)
OURS = ("whorl/biased", "whorl/leased", "whorl/shared1")
ALWAYS = "boost/queue"
BEST_PEERS = 3


def chosen(report, scenario, empty):
    """whorl's three kinds, the best peers and, for who knows no other, Boost's queue."""
    rows = [row for row in report.find(scenario) if dict(row.params).get("empty", "") == empty]
    placement = report.common_placement(rows, rows)
    rows = [row for row in rows if row.placement == placement]
    ours = [row for row in rows if row.contender in OURS]
    if not ours:
        return []
    sign = 1 if rows[0].better == "less" else -1
    peers = sorted((row for row in rows if is_peer(row, ours[0])), key=lambda row: sign * row.spread.median)
    others = [row for row in peers[BEST_PEERS:] if row.contender == ALWAYS]
    return sorted([*ours, *peers[:BEST_PEERS], *others], key=lambda row: sign * row.spread.median)


def panel(rows, title, left, top):
    less = rows[0].better == "less"
    begin, end = left + 140, left + COLUMN - 74
    scale = svg.LinearScale(max(row.spread.high for row in rows), begin, end)
    if less and scale.top > 30 * min(row.spread.median for row in rows):
        scale = svg.LogScale(min(row.spread.low for row in rows), scale.top, begin, end)
    body = [svg.text(left, top + 14, title, "heading"),
            svg.text(left + COLUMN, top + 14, direction(less, scale.is_log), "quiet", "end")]
    for i, row in enumerate(rows):
        body += bar(row, scale, left, begin, top + 26 + i * ROW)
    return body


def direction(less, is_log):
    return f"{'less' if less else 'more'} is better{', logarithmic' if is_log else ''}"


def bar(row, scale, left, begin, y):
    middle, style = y + ROW / 2, style_of(row.contender)
    at, low, high = scale(row.spread.median), scale(row.spread.low), scale(row.spread.high)
    drawn = ([svg.line(begin, middle, scale.end, middle, "guide"), svg.marker(0, at, middle, f"fill {style}")] if scale.is_log
             else [svg.shape("rect", x=begin, y=y + 3, width=max(at - begin, 1), height=ROW - 6, class_=f"fill {style}")])
    return [svg.text(begin - 8, middle + 4, row.contender, "ours" if row.is_whorl else "", "end"), *drawn,
            svg.line(low, middle, high, middle, "whisker"),
            svg.text(left + COLUMN, middle + 4, shown(row.spread.median, row.unit), "value", "end")]


def colours():
    """The page's own, light and dark."""
    page = (HERE / "page.css").read_text(encoding="utf-8")
    plain = re.search(r"^:root \{.*?^\}", page, re.MULTILINE | re.DOTALL)[0]
    dark = re.search(r"^@media \(prefers-color-scheme: dark\) \{.*?^\}", page, re.MULTILINE | re.DOTALL)[0]
    return f"{plain}\n{dark}\n{(HERE / 'drawing.css').read_text(encoding='utf-8')}"


def render(report):
    found = [(title if rows[0].placement == report.usual else f"{title}, placement {rows[0].placement}", rows)
             for scenario, empty, title in PANELS if (rows := chosen(report, scenario, empty))]
    if not found:
        raise ReportError("this report has none of the picture's scenarios")
    body, top = [], 16
    for pair in (found[i:i + 2] for i in range(0, len(found), 2)):
        for column, (title, rows) in enumerate(pair):
            body += panel(rows, title, 8 + column * (COLUMN + 16), top)
        top += 26 + ROW * max(len(rows) for _, rows in pair) + 22
    words = (f"{report.machine['cpu']}, {report.machine['cpus']} CPUs, placement {report.usual}; {report.compiler}; "
             f"{report.date[:10]}. Gentle consumers. Medians; lines: quartiles.")
    body.append(svg.text(8, top + 6, words, "quiet"))
    return svg.picture(WIDTH, top + 18, "whorl and its peers: items a second, and time of a push",
                       [svg.shape("rect", x=0, y=0, width=WIDTH, height=top + 18, rx=8, class_="paper"), *body],
                       colours() + "svg .paper { fill: var(--card); }\n")


def alone(plot):
    """A plot of the page as an SVG that can stand alone."""
    root, rest = plot.split("</title>", 1)
    style = f"<style>{colours()}svg .paper {{ fill: var(--card); }}\n</style>"
    paper = svg.shape("rect", width="100%", height="100%", rx=8, class_="paper")
    return f'{root.replace("<svg ", SVG, 1)}</title>{style}{paper}{rest}'
