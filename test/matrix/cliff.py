"""The highest total rate that a strategy carries: a binary search for the edge behind which packets are dropped."""

from dataclasses import dataclass, field

from cases import ALL_STRATEGIES, Case
from judge import drop_percent, unbalanced

LOW, HIGH = 50, 51200  # Mb/s of payload, all producers together: where the search begins
RESOLUTION_PERCENT = 4  # it ends when the rates left over are no further apart
MAX_DROP_PERCENT = 1
MIN_OFFERED_PERCENT = 95  # of the wish, or the producers have not offered what they should
SECONDS = 2  # of one run
PRODUCERS = 4

HOLDS, DROPS, GENERATOR, WAITS, BROKEN = "holds", "drops", "generator", "waits", "broken"


@dataclass(frozen=True)
class Probe:
    rate: float  # Mb/s wished for
    offered: float  # Mb/s that the producers came with
    drop_percent: float
    waits_percent: float  # back-offs and sleeps of producers, of the packets
    trouble: str = ""  # the run was none

    @property
    def verdict(self):
        if self.trouble:
            return BROKEN
        if self.drop_percent > MAX_DROP_PERCENT:
            return DROPS
        if self.offered >= self.rate * MIN_OFFERED_PERCENT / 100:
            return HOLDS
        # Nearly nothing was dropped, but too little came: who waits for room cannot make packets meanwhile.
        return WAITS if self.waits_percent > 1 else GENERATOR


@dataclass
class Cliff:
    strategy: str
    rate: float = 0  # the highest that held, in Mb/s; 0: none did
    limit: str = ""  # what ended the search: one of the verdicts, or HOLDS: the highest rate that is tried held
    confirmed: bool = False  # it held a second time
    probes: list = field(default_factory=list)

    def sentence(self):
        if self.rate == 0:
            return f"no rate held, not even {LOW} Mb/s: {REASONS[self.limit]}"
        end = "the highest rate tried" if self.limit == HOLDS else REASONS[self.limit]
        return f"{self.rate:g} Mb/s, {'held again' if self.confirmed else 'NOT confirmed'}; above: {end}"


REASONS = {
    DROPS: f"more than {MAX_DROP_PERCENT} % dropped",
    GENERATOR: "limited by the generator, which is not a cliff",
    WAITS: "producers waited for room and came too late with the rest",
    BROKEN: "the run failed",
}


def search(strategy, probe, low=LOW, high=HIGH, resolution_percent=RESOLUTION_PERCENT):
    """`probe(rate)` makes a Probe. Both ends are tried, then the middle of what is left, then what was found again."""
    cliff = Cliff(strategy)

    def holds(rate):
        cliff.probes.append(probe(rate))
        return cliff.probes[-1].verdict == HOLDS

    def failed(at):
        return next(tried.verdict for tried in reversed(cliff.probes) if tried.rate == at and tried.verdict != HOLDS)

    if not holds(low):
        cliff.limit = failed(low)
        return cliff
    if holds(high):
        cliff.rate, cliff.limit = high, HOLDS
    else:
        found, above = low, high
        while above > found * (1 + resolution_percent / 100):
            middle = round((found * above) ** 0.5)
            if middle in (found, above):
                break
            if holds(middle):
                found = middle
            else:
                above = middle
        cliff.rate, cliff.limit = found, failed(above)
    confirm(cliff, holds, low, resolution_percent)
    return cliff


def confirm(cliff, holds, low, resolution_percent):
    """Repeats the run at the rate found. Where that fails, a step further down, twice at most."""
    for step_down in (True, True, False):
        cliff.confirmed = holds(cliff.rate)
        if cliff.confirmed:
            return
        cliff.limit = cliff.probes[-1].verdict
        if step_down:
            cliff.rate = max(low, round(cliff.rate / (1 + resolution_percent / 100)))


def make_probe(rate, outcome):
    """What a run at a total rate was like. `outcome`: a runner.Outcome."""
    report = outcome.report
    if outcome.timed_out or outcome.status != 0 or report is None:
        said = outcome.stderr.strip().splitlines()
        return Probe(rate, 0, 0, 0, ": ".join([f"exit status {outcome.status}", *said[-1:]]))
    if complaints := list(unbalanced(report)):
        return Probe(rate, 0, 0, 0, complaints[0])
    waits = report["ring"]["backoffs"] + report["ring"]["parks"]
    offered = report["read"] * report["payload"] * 8 / report["seconds"] / 1e6
    return Probe(rate, offered, drop_percent(report), 100 * waits / report["read"])


def search_all(runner, strategies=ALL_STRATEGIES, producers=PRODUCERS, payload=1450, seconds=SECONDS, tell=print):
    cliffs = []
    for strategy in strategies:
        def probe(rate, strategy=strategy):
            case = Case("", producers, rate / producers, payload, seconds=seconds, strategy=strategy)
            return make_probe(rate, runner.run(case, label=f"cliff-{strategy}-{rate:g}"))

        cliffs.append(search(strategy, probe))
        tell(f"cliff {strategy:9} {cliffs[-1].sentence()}")
    return cliffs
