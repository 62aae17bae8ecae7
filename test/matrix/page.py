"""The report as one HTML page that needs nothing else."""

from html import escape
from pathlib import Path

import sections
from report import others

CSS = Path(__file__).with_name("page.css")


def cards(totals):
    rate = "-" if totals["pass_rate"] is None else f"{totals['pass_rate']:.1f} %"
    shown = (("Total", totals["total"], ""), ("Passed", totals["passed"], "passed"),
             ("Failed", totals["failed"], "failed" if totals["failed"] else ""),
             ("Skipped", totals["skipped"], "skipped" if totals["skipped"] else ""), ("Pass rate", rate, ""))
    return '<div class="cards">' + "".join(
        f'<div class="card"><b class="{kind}">{value}</b>{title}</div>' for title, value, kind in shown) + "</div>"


def build_type(report):
    kind = report["build_type"]
    return "release" if kind == "release" else f'<span class="bad">not known to be a release build: {escape(kind or "?")}</span>'


def preamble(report):
    machine, limits = report["machine"], report["thresholds"]
    return (
        f"<h1>{escape(report['title'])}</h1>"
        f'<p class="dim">{escape(report["created"])}; {machine["cpus"]} CPUs, {escape(machine["model"])}, '
        f"{escape(machine['system'])}; load {machine['load']} at the end</p>"
        f'<p class="dim">{escape(report["program"])}, {build_type(report)}</p>'
        f'<p class="dim">Passed: the delivered payload is within &plusmn;{limits["rate_percent"]:g} % of what was asked for, '
        f"at most {limits['drop_percent']:g} % of the packets were dropped, shutdown took at most "
        f"{limits['shutdown_seconds']:g} s, every packet is accounted for, and the exit status is 0.</p>"
    )


def result_row(case):
    status = f'<td class="{case["status"]}">{case["status"].upper()}</td>'
    head = f'<td class="left">{escape(case["id"])}</td><td class="left">{escape(case["name"])}</td>'
    found = case["measured"]
    if found is None:
        reason = escape("; ".join(case["reasons"]))
        return f'<tr>{head}<td>{case["expected"]:g}</td><td class="left long dim" colspan="6">{reason}</td>{status}</tr>'
    numbers = (f"{case['expected']:g}", f"{found['achieved']:.2f}", f"{found['deviation_percent']:+.2f} %",
               f"{found['drop_percent']:.3f} %", sections.microseconds(found["p99_us"]), f"{found['cpus']:.2f}",
               f"{found['shutdown_seconds']:.3f} s")
    return f"<tr>{head}{''.join(f'<td>{number}</td>' for number in numbers)}{status}</tr>"


def results(report):
    if not report["cases"]:
        return ""
    titles = ("Test", "Config", "Expected, Mb/s", "Achieved, Mb/s", "Deviation", "Dropped", "p99", "CPUs", "Shutdown", "Status")
    return "<h2>Cases</h2>" + sections.table(titles, map(result_row, report["cases"]), left=2)


def failures(report):
    failed = [case for case in report["cases"] if case["status"] == "failed"]
    if not failed:
        return ""
    text = "<h2>Failed</h2>"
    for case in failed:
        reasons = "".join(f'<p class="bad">{escape(reason)}</p>' for reason in case["reasons"])
        if case["others_cpus"] is not None:
            reasons += f'<p class="dim">{others(case["others_cpus"])}</p>'
        text += (f"<h3>{escape(case['id'])} {escape(case['name'])}</h3>{reasons}"
                 f"<pre>{escape(case['log'])}</pre>"
                 f'<p class="dim">The whole log: logs/{escape(case["id"])}.log</p>')
    return text


def render(report):
    parts = [preamble(report), cards(report["totals"]), results(report), failures(report),
             sections.strategies(report["strategies"]), sections.profiles(report["profiles"]),
             sections.cliff(report["cliff"]), sections.comparison(report["comparison"])]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report['title'])}</title><style>\n{CSS.read_text()}</style></head>\n<body>\n"
        + "\n".join(part for part in parts if part) + "\n</body></html>\n"
    )
