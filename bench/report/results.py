"""A report of whorl-bench: its rows, which of them may be compared, and how sure a ratio is."""

import json
from dataclasses import dataclass
from pathlib import Path

MIXED = "mixed"  # the placement of samples that no two round trips agreed on: counted, never quoted
PEERS = "peers"  # the best C++ contender that can do the same job
FEW = 5  # a median of fewer samples than this is said to be one of few
ANY = "any"  # of figures that do not depend on where the CPUs are
# Parameters that tell something of a row, and make it no other: rows are compared whatever they say there.
NOTES = ("consumer", "producer", "load", "order", "counted_by", "note", "version")


class ReportError(Exception):
    """A file that is not a report, or one of another version of the program."""


@dataclass(frozen=True)
class Spread:
    """A figure, or a ratio of two, with what lies around it."""

    median: float
    low: float
    high: float

    def overlaps(self, other):
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Row:
    scenario: str
    contender: str
    params: tuple  # of (name, value), in the order of the report
    unit: str
    placement: str
    spread: Spread  # None in a mixed placement
    samples: int
    producers: str  # who may write: one, one_each, any; None for what is no queue
    better: str  # more, less
    rest: dict  # the row as it stands in the file

    @property
    def is_whorl(self):
        return self.contender.startswith("whorl/")

    @property
    def is_limit(self):
        return self.contender.startswith("limit/")

    @property
    def regime(self):
        """Rows are compared inside one regime only: the same parameters and the same unit."""
        return tuple(item for item in self.params if item[0] not in NOTES) + (("unit", self.unit),)

    @property
    def figure(self):
        """Which of several figures of one run this is, empty where there is only one."""
        return dict(self.params).get("figure", "")


def regime_text(regime, without=("unit", "figure")):
    """What a person needs to know of it: "empty greedy"."""
    return ", ".join(f"{name} {value}" for name, value in regime if name not in without)


def is_peer(peer, ours):
    """Whether `peer` is a C++ queue that can do what `ours` does: one for a single producer is no peer of a shard that
    any producer may use."""
    if peer.is_whorl or peer.producers is None or peer.contender.startswith("lmax/"):
        return False
    return ours.producers != "any" or peer.producers != "one"


def best(rows):
    """The row with the best figure, None of none."""
    rows = list(rows)
    if not rows:
        return None
    choose = min if rows[0].better == "less" else max
    return choose(rows, key=lambda row: row.spread.median)


def divided(a, b):
    """a / b. Its quartiles are the outermost: those of a over the opposite ones of b. None where b may be zero."""
    if min(b.low, b.median, b.high) <= 0:
        return None
    return Spread(a.median / b.median, a.low / b.high, a.high / b.low)


def times_better(ours, theirs):
    """How many times better, whatever the unit. None where that cannot be said."""
    if ours.better == "less":
        return divided(theirs.spread, ours.spread)
    return divided(ours.spread, theirs.spread)


class Report:
    def __init__(self, data):
        try:
            self.machine, self.settings = data["machine"], data["settings"]
            self.commit, self.compiler, self.date = data["commit"], data["compiler"], data["date"]
            self.build_type, self.summaries = data["build_type"], data["scenarios"]
            self.incomplete = {(row["scenario"], row["contender"]) for row in data["results"] if row.get("incomplete")}
            self.rows = [as_row(row) for row in data["results"] if not row.get("incomplete")]
        except (KeyError, TypeError, AttributeError) as error:
            raise ReportError(f"this is no report of this version of whorl-bench: {error!r}") from error
        self.quoted = [row for row in self.rows if row.spread is not None]
        self.usual = self.settings["usual_placement"]

    @classmethod
    def load(cls, path):
        try:
            return cls(json.loads(Path(path).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise ReportError(f"{path}: {error}") from error

    def scenarios(self):
        """Their names, in the order in which they ran."""
        named = [row.scenario for row in self.rows] + sorted(scenario for scenario, _ in self.incomplete)
        return list(dict.fromkeys(named))

    def placements(self):
        """How many samples each placement has, the usual one first."""
        counts = {}
        for row in self.rows:
            counts[row.placement] = counts.get(row.placement, 0) + row.samples
        return dict(sorted(counts.items(), key=lambda item: (item[0] != self.usual, item[0] == MIXED, -item[1])))

    def find(self, scenario, regime=None, placement=None, contenders=None):
        return [
            row for row in self.quoted
            if row.scenario == scenario
            and regime in (None, row.regime)
            and placement in (None, row.placement)
            and (contenders is None or row.contender in contenders)
        ]

    def common_placement(self, *sides):
        """Where all of these lists of rows have samples: the usual placement, if each has enough there, or else the one
        where the poorest has the most; None where there is none."""
        counts = [counts_by_placement(rows) for rows in sides]
        poorest = {name: min(count[name] for count in counts) for name in set.intersection(*map(set, counts))}
        if poorest.get(self.usual, 0) >= FEW:
            return self.usual
        return max(sorted(poorest), key=lambda name: (poorest[name], name == self.usual), default=None)


def counts_by_placement(rows):
    counts = {}
    for row in rows:
        counts[row.placement] = max(counts.get(row.placement, 0), row.samples)
    return counts


def as_row(data):
    spread = None
    if data["median"] is not None:
        spread = Spread(data["median"], data["low"], data["high"])
    return Row(data["scenario"], data["contender"], tuple(data["params"].items()), data["unit"], data["placement"], spread,
               data["samples"], data["producers"], data["better"], data)
