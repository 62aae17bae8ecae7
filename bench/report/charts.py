"""The kinds of plots: bars with quartiles, lines over a number, percentiles. They know nothing of queues.

Limits, which have a name and a value, are drawn across.
"""

from dataclasses import dataclass

import svg
from figures import readable_ns, scaled, shown, unit_name
from results import Spread

WIDTH = 920
ROW = 24  # from one bar to the next
LOG_FROM = 30  # where the greatest figure is more than so many times the least, small ones would be invisible


@dataclass(frozen=True)
class Bar:
    name: str
    spread: Spread
    style: str  # a class of the style sheet: whorl, boost, ...


@dataclass(frozen=True)
class Series:
    name: str
    style: str
    points: dict  # x: Spread


def tip(name, spread, unit):
    return (f"{name}: {shown(spread.median, unit)}, quartiles {shown(spread.low, unit)} and {shown(spread.high, unit)}")


def axis_mark(value, unit, is_log):
    if unit == "ns" and (is_log or value >= 10_000):
        return readable_ns(value)
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


# --- bars


def bars(title, groups, unit, limits=(), less=False):
    """`groups`: (heading, bars) pairs, drawn one under the other; a heading may be empty."""
    every = [bar for _, members in groups for bar in members]
    left = max(svg.width_of(bar.name) for bar in every) + 14
    right = WIDTH - max(svg.width_of(shown(bar.spread.median, unit)) for bar in every) - 24
    drawn = [limit for limit in limits if limit.value > 0]
    scale = bar_scale(every, drawn, unit, less, left, right)
    drawn = [limit for limit in drawn if not is_beyond(scale, scaled(limit.value, unit))]
    y = 8 + 16 * len(drawn)
    top = y
    body = []
    for heading, members in groups:
        if heading:
            body.append(svg.text(0, y + 16, heading, "heading"))
            y += ROW
        for bar in members:
            body += one_bar(bar, scale, left, right, y, unit)
            y += ROW
        y += 6 if heading else 0
    return svg.picture(WIDTH, y + 42, title,
                       levels(scale, unit, top, y) + body + across(drawn, scale, unit, y)
                       + [svg.text((left + right) / 2, y + 36, axis_title(unit, scale, less), "quiet", "middle")])


def bar_scale(every, limits, unit, less, left, right):
    """Limits that lie far beyond all bars are not drawn, for the bars would shrink."""
    lows = [scaled(bar.spread.low, unit) for bar in every]
    greatest = max(scaled(bar.spread.high, unit) for bar in every)
    if less and min(lows) > 0 and greatest > LOG_FROM * min(lows):
        near = [scaled(limit.value, unit) for limit in limits]
        return svg.LogScale(min([*lows, *near]), max([greatest, *near]), left, right)
    near = [scaled(limit.value, unit) for limit in limits if scaled(limit.value, unit) <= 2.5 * greatest]
    return svg.LinearScale(max([greatest, *near]), left, right)


def is_beyond(scale, value):
    return not scale.is_log and value > scale.top


def one_bar(bar, scale, left, right, y, unit):
    middle = y + ROW / 2
    median, low, high = (scale(scaled(value, unit)) for value in (bar.spread.median, bar.spread.low, bar.spread.high))
    name = svg.text(left - 10, middle + 4, bar.name, "ours" if bar.style == "whorl" else "", "end")
    hint = tip(bar.name, bar.spread, unit)
    if scale.is_log:  # a bar's length would mean nothing
        body = [svg.line(left, middle, right, middle, "guide"), *whisker(low, high, middle),
                svg.marker(0, median, middle, f"fill {bar.style}", hint)]
    else:
        body = [svg.shape("rect", hint, x=left, y=y + 4, width=max(median - left, 1), height=ROW - 8,
                          class_=f"fill {bar.style}"), *whisker(low, high, middle)]
    return [name, *body, svg.text(WIDTH, middle + 4, shown(bar.spread.median, unit), "value", "end")]


def whisker(low, high, y):
    return [svg.line(low, y, high, y, "whisker"), svg.line(low, y - 4, low, y + 4, "whisker"),
            svg.line(high, y - 4, high, y + 4, "whisker")]


def levels(scale, unit, top, bottom):
    ticks = scale.ticks()
    each = 1 + len(ticks) // 9
    body = []
    for i, value in enumerate(ticks):
        at = scale(value)
        body.append(svg.line(at, top, at, bottom, "axis" if i == 0 and not scale.is_log else "level"))
        if i % each == 0:
            body.append(svg.text(at, bottom + 17, axis_mark(value, unit, scale.is_log), "quiet", "middle"))
    return body


def axis_title(unit, scale, less):
    return f"{unit_name(unit)}, {'less' if less else 'more'} is better{', logarithmic' if scale.is_log else ''}"


def across(limits, scale, unit, bottom, begin=14):
    """Each has a row above the plot for its name, on the side where there is room."""
    body = []
    for i, limit in enumerate(limits):
        at, y = scale(scaled(limit.value, unit)), begin + 16 * i
        to_the_left = at > WIDTH * 0.6
        body += [svg.line(at, y - 9, at, bottom, "limit-line"),
                 svg.text(at + (-6 if to_the_left else 6), y, f"{limit.name}: {shown(limit.value, unit)}", "limit-name",
                          "end" if to_the_left else "start")]
    return body


# --- lines over a number


def lines(title, series, unit, x_name, limits=(), less=False):
    xs = sorted({x for one in series for x in one.points})
    spreads = [spread for one in series for spread in one.points.values()]
    right = WIDTH - max(svg.width_of(one.name) for one in series) - 42
    greatest = max(scaled(spread.high, unit) for spread in spreads)
    least = min(scaled(spread.low, unit) for spread in spreads)
    limits = [limit for limit in limits if least <= scaled(limit.value, unit) <= 2.5 * greatest]
    near = [scaled(limit.value, unit) for limit in limits]
    left, top = 64, 12 + 18 * len(limits)
    bottom = top + max(300, 17 * len(series))
    if least > 0 and greatest > LOG_FROM * least:
        y = svg.LogScale(least, max([greatest, *near]), bottom, top)
    else:
        y = svg.LinearScale(max([greatest, *near]), bottom, top)
    x = svg.LogScale(xs[0], max(xs[-1], xs[0] * 2), left + 14, right - 8, base=2)
    body = grid(x, y, xs, unit, left, right, bottom, x_name)
    for i, limit in enumerate(limits):  # named above, where no series is
        at = y(scaled(limit.value, unit))
        body += [svg.line(left, at, right, at, "limit-line"), svg.line(left, 8 + 18 * i, left + 28, 8 + 18 * i, "limit-line"),
                 svg.text(left + 36, 12 + 18 * i, f"{limit.name}: {shown(limit.value, unit)}", "limit-name")]
    ends = svg.spread_apart([y(scaled(one.points[max(one.points)].median, unit)) for one in series], 16, top + 4, bottom)
    numbers = {}
    for one, end in zip(series, ends):
        kind = numbers[one.style] = numbers.get(one.style, -1) + 1
        body += one_line(one, kind, x, y, unit, right, end)
    body.append(svg.text(0, bottom + 56, axis_title(unit, y, less), "quiet"))
    return svg.picture(WIDTH, bottom + 64, title, body)


def grid(x, y, xs, unit, left, right, bottom, x_name):
    body = []
    for value in y.ticks():
        at = y(value)
        body += [svg.line(left, at, right, at, "level"),
                 svg.text(left - 8, at + 4, axis_mark(value, unit, y.is_log), "quiet", "end")]
    for value in xs:
        body += [svg.line(x(value), bottom, x(value), bottom + 5, "axis"),
                 svg.text(x(value), bottom + 20, f"{value:,}", "quiet", "middle")]
    return [*body, svg.line(left, bottom, right, bottom, "axis"),
            svg.text((left + right) / 2, bottom + 38, x_name, "quiet", "middle")]


def one_line(one, kind, x, y, unit, right, end):
    """The dashes and the marks tell apart what has the same colour."""
    points = [(x(value), one.points[value]) for value in sorted(one.points)]
    path = " ".join(f"{'L' if i else 'M'}{svg.number(at)} {svg.number(y(scaled(spread.median, unit)))}"
                    for i, (at, spread) in enumerate(points))
    body = [svg.shape("path", d=path, class_=f"stroke {one.style} dash{kind % 4}")]
    for at, spread in points:
        body.append(svg.line(at, y(scaled(spread.low, unit)), at, y(scaled(spread.high, unit)), f"stroke {one.style} thin"))
        body.append(svg.marker(kind, at, y(scaled(spread.median, unit)), f"fill {one.style}", tip(one.name, spread, unit)))
    last_x, last = points[-1]
    if last_x > right - 20:  # not from a series that ends before
        body.append(svg.line(last_x + 6, y(scaled(last.median, unit)), right + 10, end, "guide"))
    return [*body, svg.marker(kind, right + 18, end, f"fill {one.style}"),
            svg.text(right + 30, end + 4, one.name, "ours" if one.style == "whorl" else "")]


# --- percentiles


def percentiles(title, rows, figures, unit, limits=()):
    """`rows`: (name, style, {figure: Spread}); `figures`: their names, from the least to the greatest."""
    left, right, top = max(svg.width_of(name) for name, _, _ in rows) + 14, WIDTH - 20, 30 + 16 * len(limits)
    values = [spread.median for _, _, found in rows for spread in found.values()] + [limit.value for limit in limits]
    scale = svg.LogScale(min(values), max(values), left, right)
    bottom = top + ROW * len(rows)
    body = legend(figures, left) + levels(scale, unit, top, bottom)
    for i, (name, style, found) in enumerate(rows):
        middle = top + ROW * (i + 0.5)
        at = {figure: scale(found[figure].median) for figure in figures if figure in found}
        body += [svg.text(left - 10, middle + 4, name, "ours" if style == "whorl" else "", "end"),
                 svg.line(min(at.values()), middle, max(at.values()), middle, f"stroke {style}")]
        body += [svg.marker(figures.index(figure), x, middle, f"fill {style}", tip(f"{name}, {figure}", found[figure], unit))
                 for figure, x in at.items()]
    body += across(limits, scale, unit, bottom, begin=30)
    return svg.picture(WIDTH, bottom + 42, title, [
        *body, svg.text((left + right) / 2, bottom + 36, "less is better, logarithmic", "quiet", "middle")])


def legend(figures, left):
    body, x = [], left
    for kind, figure in enumerate(figures):
        body += [svg.marker(kind, x + 6, 10, "fill other"), svg.text(x + 18, 14, figure, "quiet")]
        x += 40 + svg.width_of(figure)
    return body

