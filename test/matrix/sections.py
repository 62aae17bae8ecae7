"""The parts of the page that not every run has: strategies, profiles, cliffs, a comparison."""

from html import escape

import compare


def microseconds(value):
    """Short, with its unit."""
    return f"{value / 1000:.2f} ms" if value >= 1000 else f"{value:.1f} us"


def table(titles, rows, left=1):
    """`rows` are whole <tr>; the first `left` columns hold text."""
    head = "".join(f'<th class="left">{title}</th>' if at < left else f"<th>{title}</th>" for at, title in enumerate(titles))
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n' + "\n".join(rows) + "\n</tbody></table></div>"


def row(cells, left=1, classes=()):
    """Of text that is escaped here. `classes`: one for each cell, or none."""
    text = ""
    for at, cell in enumerate(cells):
        names = ["left long"] if at < left else []
        names += [classes[at]] if at < len(classes) and classes[at] else []
        text += f'<td class="{" ".join(names)}">{escape(str(cell))}</td>' if names else f"<td>{escape(str(cell))}</td>"
    return f"<tr>{text}</tr>"


def strategies(rows):
    if not rows:
        return ""
    titles = ("Strategy", "Cases", "Passed", "Delivered of asked", "Dropped, mean", "Dropped, max", "p99, max", "CPUs, mean",
              "Shutdown, max")
    text = "<h2>Strategies</h2>" + table(titles, (
        row((one["strategy"], one["cases"], f"{one['passed_percent']:.0f} %", f"{one['efficiency_percent']:.2f} %",
             f"{one['mean_drop_percent']:.3f} %", f"{one['max_drop_percent']:.3f} %", microseconds(one["max_p99_us"]),
             f"{one['mean_cpus']:.2f}", f"{one['max_shutdown_seconds']:.3f} s"))
        for one in rows
    ))
    limits = sorted({limit for one in rows for limit in one["efficiency_by_cpus"]}, key=lambda limit: (len(limit), limit))
    if len(limits) > 1:
        text += "<h3>Delivered of asked, by the CPUs that the run was kept to</h3>" + table(("Strategy", *limits), (
            row((one["strategy"], *(percent(one["efficiency_by_cpus"].get(limit)) for limit in limits))) for one in rows
        ))
    return text


def percent(value):
    return "-" if value is None else f"{value:.2f} %"


def profiles(found):
    if not found:
        return ""
    text = ('<h2>Profiles</h2><p class="dim">A run of its own under each tool, which slows the program down: shares and '
            "counts, not rates.</p>")
    return text + "".join(f"<h3>{escape(one['id'])} {escape(one['name'])}</h3>{profile(one)}" for one in found)


def profile(one):
    text = "".join(f'<p class="bad">{escape(remark)}</p>' for remark in one["remarks"])
    if one["functions"]:
        text += table(("Function", "In", "Time"), (
            row((found["function"], found["object"], f"{found['percent']:.2f} %"), left=2) for found in one["functions"]), left=2)
    if one["allocations"]:
        text += allocations(one["allocations"])
    if one["calls"]:
        text += calls(one["calls"], one["packets"])
    return text


def each(count, packets):
    """`count` for every thousand packets."""
    return f"{1000 * count / packets:.3f}" if packets else "-"


def allocations(found):
    packets = found["packets"]
    text = (f"<p>{found['allocations']:,} allocations ({found['temporary']:,} of them freed at once), {packets:,} packets "
            f"delivered meanwhile; peak {escape(found['peak'])}</p>")
    return text + table(("Allocations by", "Calls", "Per 1000 packets"), (
        row((caller["function"], f"{caller['calls']:,}", each(caller["calls"], packets))) for caller in found["callers"]))


def calls(found, packets, most=6):
    futex = [one for one in found if one["name"] == "futex"]
    others = [one for one in found if one["name"] != "futex"]
    text = f"<p>{sum(one['calls'] for one in found):,} system calls, {packets:,} packets delivered meanwhile</p>"
    return text + table(("System call", "Calls", "Errors", "Per 1000 packets"), (
        row((one["name"], f"{one['calls']:,}", f"{one['errors']:,}", each(one["calls"], packets)))
        for one in (futex or [{"name": "futex", "calls": 0, "errors": 0}]) + others[:most]))


def cliff(found):
    if not found:
        return ""
    text = f'<h2>Cliffs</h2><p class="dim">{escape(found["settings"])}</p>'
    text += table(("Strategy", "Found", "Rate, Mb/s", "Runs"), (
        row((one["strategy"], one["sentence"], f"{one['rate']:g}", len(one["probes"])), left=2) for one in found["cliffs"]
    ), left=2)
    for one in found["cliffs"]:
        text += f"<details><summary>{escape(one['strategy'])}: every run</summary>" + table(
            ("Asked for, Mb/s", "Offered, Mb/s", "Dropped", "Waits per 100 packets", "Verdict"),
            map(probe_row, one["probes"]), left=0) + "</details>"
    return text


def probe_row(run):
    return row((f"{run['rate']:g}", f"{run['offered']:.1f}", f"{run['drop_percent']:.3f} %", f"{run['waits_percent']:.2f}",
                run["trouble"] or run["verdict"]), left=0)


def comparison(found):
    if not found:
        return ""
    worse = sum(one["worse"] for one in found["rows"])
    text = (f"<h2>Beside {escape(found['earlier'])}</h2><p>In both: {len(found['rows'])}; "
            f'<span class="{"bad" if worse else "good"}">{worse} got worse</span>.</p>')
    titles = ("Test", "Config", "Before", "Now", *(title for _, title, _, _ in compare.COLUMNS))
    text += table(titles, (comparison_row(one) for one in found["rows"]), left=2)
    for title, names in (("Only in the earlier report", found["only_earlier"]), ("Only in this one", found["only_now"])):
        text += f'<p class="dim">{title}: {escape(", ".join(names))}</p>' if names else ""
    return text


def comparison_row(one):
    cells, classes = [one["id"], one["name"], one["before"], one["after"]], ["", "", one["before"], one["after"]]
    for change in one["changes"]:
        unit = " points" if change["key"].endswith("percent") else " %"
        difference = "from 0" if change["difference"] is None else f"{change['difference']:+.2f}{unit}"
        cells.append(f"{compare.short(change['before'])} > {compare.short(change['after'])}\n{difference}")
        classes.append("bad" if change["worse"] else "")
    cells += ["-"] * (4 + len(compare.COLUMNS) - len(cells))
    return row(cells, left=2, classes=classes)
