"""The tables that stand under the plots."""

import re
from html import escape

from figures import scaled, shown, significant, unit_name
from limits import share
from results import NOTES, best, is_peer, times_better


def cell(spread, unit):
    if spread is None:
        return "-"
    median, low, high = (significant(scaled(value, unit)) for value in (spread.median, spread.low, spread.high))
    return f"{median} ({low} to {high})"


def pivot(caption, titles, rows, unit):
    """Cells of a median and its quartiles; their unit stands above, once."""
    return (f'<p class="dim">In {escape(unit_name(unit))}: median (quartiles).</p>\n'
            + plain_table(caption, ["contender", *titles], rows))


def plain_table(caption, titles, rows, style=""):
    """The first column names the row."""
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    body = ""
    for first, *others in rows:
        ours = ' class="ours"' if first.startswith("whorl/") else ""
        body += f'<tr{ours}><th scope="row">{escape(first)}</th>'
        body += "".join(f"<td>{escape(str(value))}</td>" for value in others) + "</tr>\n"
    named = f' class="{style}"' if style else ""
    return (f'<div class="wide"><table{named}><caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n'
            f"<tbody>\n{body}</tbody></table></div>\n")


def table(caption, rows, limits=(), with_scenario=False):
    """Best first, as the plot. What is the same in all rows stands above, once."""
    columns = {"contender": [row.contender for row in rows]}
    if with_scenario:
        columns["scenario"] = [row.scenario for row in rows]
    columns["median"] = [shown(row.spread.median, row.unit) for row in rows]
    columns["quartiles"] = [f"{shown(row.spread.low, row.unit)} to {shown(row.spread.high, row.unit)}" for row in rows]
    columns["samples"] = [row.samples for row in rows]
    against = [against_best_peer(row, rows) for row in rows]
    if any(text != "-" for text in against):
        columns["times the best peer"] = against
    for limit in limits:
        columns[f"of: {limit.name}"] = [percent(limit_share(row, limit)) for row in rows]
    same, differing = settings_of(rows)
    columns |= differing
    words = "; ".join(f"{name} {value}" for name, value in same.items() if value != "-")
    above = f'<p class="dim">In all rows: {escape(words)}.</p>\n' if words else ""
    return above + plain_table(caption, list(columns), list(zip(*columns.values())))


def settings_of(rows):
    """Those that all rows have alike, and the columns of the others."""
    columns = {
        "capacity": [f"{row.rest['capacity']:,}" if row.rest["capacity"] else "-" for row in rows],
        "threads": [row.rest["threads"] for row in rows],
        "pinned": ["yes" if row.rest["pinned"] else "no" for row in rows],
        }
    for name in NOTES:
        columns[name.replace("_", " ")] = [dict(row.params).get(name, "-") for row in rows]
    same = {name: values[0] for name, values in columns.items() if len(set(values)) == 1}
    return same, {name: values for name, values in columns.items() if name not in same}


def limit_share(row, limit):
    """None of whorl's rows that the limit is none for."""
    return None if row.is_whorl and not re.fullmatch(limit.ours, row.contender) else share(row, limit)


def percent(part):
    return "-" if part is None else f"{part:.0%}" if part >= 0.1 else f"{part:.1%}"


def against_best_peer(row, rows):
    if not row.is_whorl:
        return "-"
    peer = best(other for other in rows if is_peer(other, row) and other.scenario == row.scenario)
    ratio = times_better(row, peer) if peer else None
    return f"{significant(ratio.median)}x {peer.contender}" if ratio else "-"
