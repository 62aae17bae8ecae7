"""What the machine did at best without a queue: which of these limits belongs to which scenario, and the share of it that a
row reaches. Found by trying, not proved: where threads share a CPU, or a batch needs fewer flags, a queue may pass one."""

import re
from dataclasses import dataclass
from typing import Callable

from results import ANY

ITEMS_PER_LINE = 7  # of limit/stream: seven items and a flag
LOCKING = r"whorl/(shared|biased1|biased_wandering).*"


@dataclass(frozen=True)
class Limit:
    scenarios: str  # a regular expression of the whole name
    unit: str
    of: str  # the contender of the scenario `limits`
    name: str
    figure: Callable  # from what was measured to the unit of the scenario
    ours: str = r"whorl/.*"  # whom of whorl's contenders it is a limit for


@dataclass(frozen=True)
class Measured:
    """A limit as it was measured in one placement."""

    name: str
    value: float
    ours: str


LIMITS = (
    Limit(r"unicast_u64_b1_.*|unicast_u64_shared|(mpsc_u64|contention|shards|padding)_.*|reader_choices_u64_.*|sweep_2shards",
          "items_per_second", "limit/stream", "core-to-core stream, a flag a line", lambda rate: rate),
    Limit(r"unicast_u64_b\d+|seed_batches", "items_per_second", "limit/stream",
          "core-to-core stream, a flag a line (a batch needs fewer)", lambda rate: rate),
    Limit(r"unicast_64B_.*", "items_per_second", "limit/stream", "core-to-core stream, an item a line",
          lambda rate: rate / ITEMS_PER_LINE),
    Limit(r"unicast_u64_shared|contention_.*", "items_per_second", "limit/lock", "a locked instruction an item",
          lambda ns: 1e9 / ns, LOCKING),
    Limit(r"push_2p_parallel", "ns", "limit/lock", "half a locked instruction: two at once", lambda ns: ns / 2, LOCKING),
    Limit(r"push_pop_1t", "ns", "limit/lock", "one locked instruction", lambda ns: ns, LOCKING),
    Limit(r"pingpong.*", "ns", "limit/pingpong", "raw ping-pong", lambda ns: ns),
    Limit(r"latency_.*", "ns", "limit/pingpong", "half a raw ping-pong", lambda ns: ns / 2),
)


def limits_of(report, scenario, unit, placement):
    """Those of LIMITS that were measured in this placement, or in none: in the scenario itself, or else in `limits`."""
    found = []
    for limit in LIMITS:
        if limit.unit != unit or not re.fullmatch(limit.scenarios, scenario):
            continue
        rows = [row for where in (scenario, "limits")
                for row in report.find(where, contenders=[limit.of]) if row.placement in (placement, ANY)]
        found += [Measured(limit.name, limit.figure(row.spread.median), limit.ours) for row in rows[:1]]
    return found


def share(row, line):
    """1 at the limit, less before it."""
    figures = (line.value, row.spread.median) if row.better == "less" else (row.spread.median, line.value)
    return figures[0] / figures[1] if figures[1] > 0 else None
