"""Whether a run was what its case asked for."""

from dataclasses import dataclass

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"

# What became of the packets that the producers read. Nothing else may become of them.
FATES = ("delivered", "dropped_full", "dropped_old", "dropped_pool", "late", "duplicate")
DROPS = ("dropped_full", "dropped_old", "dropped_pool")

MOST_PROBLEMS = 3  # that are quoted


@dataclass(frozen=True)
class Thresholds:
    name: str
    rate_percent: float  # how far the rate may be from what was asked for, up or down
    drop_percent: float  # of the packets read
    shutdown_seconds: float


DEFAULT = Thresholds("default", 5, 1, 2)
STRICT = Thresholds("strict", 2, 0.1, 1)
RELAXED = Thresholds("relaxed", 10, 5, 5)


@dataclass(frozen=True)
class Measured:
    """What the table shows of a run."""

    achieved: float  # Mb/s of payload, delivered
    deviation_percent: float
    drop_percent: float
    p99_us: float
    cpus: float
    shutdown_seconds: float


def dropped(report):
    return sum(report[key] for key in DROPS)


def drop_percent(report):
    return 100 * dropped(report) / report["read"] if report["read"] else 0.0


def measure(case, report):
    achieved = report["payload_megabits_per_second"]
    return Measured(
        achieved=achieved,
        deviation_percent=100 * (achieved - case.total_rate) / case.total_rate,
        drop_percent=drop_percent(report),
        p99_us=report["latency_ns"]["p99"] / 1000,
        cpus=report["cpus"],
        shutdown_seconds=report["shutdown_seconds"],
    )


def unbalanced(report):
    """The program judges its own accounts; that judgement is not taken on trust."""
    if not report["balanced"]:
        problems = report["problems"] or ["no reason given"]
        more = f"; and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
        yield f"the accounts do not balance: {'; '.join(problems[:MOST_PROBLEMS])}{more}"
    fates = sum(report[key] for key in FATES)
    if fates != report["read"]:
        yield f"read {report['read']} packets, but {fates} are accounted for"
    written = sum(shard["written"] for shard in report["per_shard"])
    delivered = sum(shard["delivered"] for shard in report["per_shard"])
    if written != delivered:
        yield f"written to the ring: {written} packets, read from it: {delivered}"
    if report["damaged"]:
        yield f"{report['damaged']} packets were damaged"
    if report["read"] == 0:
        yield "no packet was read"


def judge(case, outcome, thresholds):
    """The reasons to call a run failed; none: it passed. `outcome`: a runner.Outcome."""
    reasons = []
    if outcome.timed_out:
        reasons.append("did not end by itself and was killed")
    elif outcome.status != 0:
        reasons.append(f"exit status {outcome.status}")
    report = outcome.report
    if report is None:
        return [*reasons, "there is no report"]
    measured = measure(case, report)
    if abs(measured.deviation_percent) > thresholds.rate_percent:
        reasons.append(f"rate {measured.achieved:.2f} Mb/s, {measured.deviation_percent:+.2f} % of the "
                       f"{case.total_rate:g} Mb/s asked for (at most {thresholds.rate_percent:g} % off)")
    if measured.drop_percent > thresholds.drop_percent:
        reasons.append(f"dropped {measured.drop_percent:.3f} % (at most {thresholds.drop_percent:g} %)")
    if measured.shutdown_seconds > thresholds.shutdown_seconds:
        reasons.append(f"shutdown took {measured.shutdown_seconds:.2f} s (at most {thresholds.shutdown_seconds:g} s)")
    return reasons + list(unbalanced(report))
