"""This run beside an earlier one."""

import json
from dataclasses import dataclass, field
from pathlib import Path

WORSE_BY = 5  # percent of the earlier value; points for what is a percentage itself

# What is compared: key, title, whether more is better, whether it is a percentage.
COLUMNS = (
    ("achieved", "Rate, Mb/s", True, False),
    ("drop_percent", "Dropped, %", False, True),
    ("p99_us", "p99, us", False, False),
    ("cpus", "CPUs", False, False),
)


@dataclass(frozen=True)
class Change:
    key: str
    before: float
    after: float
    difference: float | None  # percent of the earlier value, or points; None: the earlier value was 0
    worse: bool


@dataclass
class Comparison:
    earlier: str
    rows: list = field(default_factory=list)  # {id, name, before, after: status, changes, worse}
    only_earlier: list = field(default_factory=list)
    only_now: list = field(default_factory=list)

    @property
    def worse(self):
        return [row for row in self.rows if row["worse"]]


def change(key, before, after, more_is_better, is_percentage):
    if is_percentage:
        difference = after - before
    elif before == 0:
        return Change(key, before, after, None, after > 0 and not more_is_better)
    else:
        difference = 100 * (after - before) / before
    return Change(key, before, after, difference, (-difference if more_is_better else difference) > WORSE_BY)


def short(value):
    return f"{value:.4g}" if value < 10000 else f"{value:.0f}"


def key_of(case):
    return case["id"], case["name"], f"{case['config']['seconds']:g} s"


def compare_case(before, after):
    old, new = before["measured"], after["measured"]
    changes = [change(key, old[key], new[key], *kind) for key, _, *kind in COLUMNS] if old and new else []
    fell = before["status"] == "passed" and after["status"] == "failed"
    return {
        "id": after["id"], "name": after["name"], "before": before["status"], "after": after["status"],
        "changes": changes, "worse": fell or any(found.worse for found in changes),
    }


def compare(earlier, cases, title):
    """`earlier`: a report as report.json has it; `cases`: those of this one."""
    old = {key_of(case): case for case in earlier["cases"]}
    new = {key_of(case): case for case in cases}
    return Comparison(
        title,
        rows=[compare_case(old[key], new[key]) for key in new if key in old],
        only_earlier=[" ".join(key) for key in old if key not in new],
        only_now=[" ".join(key) for key in new if key not in old],
    )


def load(path):
    """An earlier report. Raises ValueError when it is none."""
    try:
        earlier = json.loads(Path(path).read_text())
    except OSError as error:
        raise ValueError(str(error)) from error
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(earlier, dict) or "cases" not in earlier:
        raise ValueError(f"{path} is not a report of the matrix")
    return earlier
