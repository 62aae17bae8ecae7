"""What a run of the matrix has found, as one object that is written as it is (JSON) and shown (page.py)."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from judge import FAILED, PASSED, SKIPPED, Measured
from runner import now

LOG_CHARACTERS = 2000  # of a failed run's log that the report quotes
QUOTED = ("strategy", "shards", "capacity", "window", "read", "delivered", "dropped_full", "dropped_old", "dropped_pool",
          "late", "duplicate", "gaps", "seconds", "equation")


@dataclass
class Result:
    """A case and what became of it."""

    case: object
    status: str
    reasons: list
    measured: Measured | None = None
    reported: dict | None = None  # the program's own report
    log: str = ""
    others_cpus: float | None = None  # that other programs took meanwhile

    def as_dict(self):
        return {
            "id": self.case.id,
            "name": self.case.name,
            "status": self.status,
            "reasons": self.reasons,
            "config": asdict(self.case),
            "expected": self.case.total_rate,
            "measured": asdict(self.measured) if self.measured else None,
            "reported": {key: self.reported.get(key) for key in QUOTED} if self.reported else None,
            "others_cpus": self.others_cpus,
            "log": self.log[:LOG_CHARACTERS] if self.status == FAILED else "",
        }

    def line(self):
        """For the terminal."""
        text = f"{self.status.upper():8}{self.case.id}  {self.case.name}"
        if found := self.measured:
            text += (f": {found.achieved:.2f} Mb/s ({found.deviation_percent:+.2f} %), dropped {found.drop_percent:.3f} %, "
                     f"p99 {found.p99_us:.0f} us, {found.cpus:.2f} CPUs, shutdown {found.shutdown_seconds:.3f} s")
        remarks = self.reasons + ([others(self.others_cpus)] if self.status == FAILED and self.others_cpus is not None else [])
        return "\n".join([text, *(f"        {remark}" for remark in remarks)])


def others(cpus):
    return f"(other programs took {cpus:.2f} CPUs meanwhile)"


def totals(cases):
    counts = {status: sum(case["status"] == status for case in cases) for status in (PASSED, FAILED, SKIPPED)}
    judged = counts[PASSED] + counts[FAILED]
    return {"total": len(cases), **counts, "pass_rate": 100 * counts[PASSED] / judged if judged else None}


def group_by(cases, key):
    groups = {}
    for case in cases:
        groups.setdefault(key(case), []).append(case)
    return groups


def efficiency(cases):
    """Delivered, in percent of what was asked for."""
    return 100 * sum(case["measured"]["achieved"] for case in cases) / sum(case["expected"] for case in cases)


def strategy_row(strategy, cases):
    measured = [case["measured"] for case in cases]
    return {
        "strategy": strategy,
        "cases": len(cases),
        "passed_percent": 100 * sum(case["status"] == PASSED for case in cases) / len(cases),
        "efficiency_percent": efficiency(cases),
        "mean_drop_percent": sum(one["drop_percent"] for one in measured) / len(measured),
        "max_drop_percent": max(one["drop_percent"] for one in measured),
        "max_p99_us": max(one["p99_us"] for one in measured),
        "mean_cpus": sum(one["cpus"] for one in measured) / len(measured),
        "max_shutdown_seconds": max(one["shutdown_seconds"] for one in measured),
        "efficiency_by_cpus": {str(limit or "all"): efficiency(group)
                               for limit, group in group_by(cases, lambda case: case["config"]["cpus"]).items()},
    }


def strategies(cases):
    """A row for each strategy, where there is more than one."""
    groups = group_by((case for case in cases if case["measured"]), lambda case: case["config"]["strategy"] or "default")
    return [strategy_row(*group) for group in groups.items()] if len(groups) > 1 else []


def build_type(program):
    """How Meson was told to compile the program, from the build folder that it lies in; empty where there is none."""
    try:
        options = json.loads((Path(program).parent.parent / "meson-info" / "intro-buildoptions.json").read_text())
    except (OSError, ValueError):
        return ""
    return next((option["value"] for option in options if option["name"] == "buildtype"), "")


def machine():
    model = ""
    try:
        with open("/proc/cpuinfo") as info:
            model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "")
    except OSError:
        pass
    return {"cpus": len(os.sched_getaffinity(0)), "model": model, "system": platform.platform(),
            "load": round(os.getloadavg()[0], 2)}


def build(title, program, thresholds, results, profiles=None, cliff=None, comparison=None):
    """`profiles`: {(id, name): Profile}; `cliff`: {settings, cliffs}; `comparison`: compare.Comparison."""
    cases = [result.as_dict() for result in results]
    return {
        "format": 1,
        "title": title,
        "created": now(),
        "machine": machine(),
        "program": program,
        "build_type": build_type(program),
        "thresholds": asdict(thresholds),
        "totals": totals(cases),
        "cases": cases,
        "strategies": strategies(cases),
        "profiles": [{"id": key[0], "name": key[1], **asdict(profile)} for key, profile in (profiles or {}).items()],
        "cliff": cliff,
        "comparison": comparison and asdict(comparison),
    }


def write(report, folder, page):
    """`page`: the report as HTML."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=1, allow_nan=False) + "\n")
    (folder / "report.html").write_text(page)
