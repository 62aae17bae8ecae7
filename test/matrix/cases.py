"""The cases of the matrix: what is run, and which sets of them there are."""

from dataclasses import dataclass, replace

# Ways to wait for room that differ in what a producer does when its shard is full.
STRATEGIES = ("sleep", "next", "random", "adaptive", "spin", "hybrid")
# Those the library has besides: one that chooses, one that sleeps until it is woken.
ALL_STRATEGIES = (*STRATEGIES, "auto", "park")

PRODUCERS = (1, 2, 4, 8, 16)
RATES = (1, 10, 50, 100)
PAYLOADS = (500, 1450, 9000)
TICKS = (5, 10, 50, 100)


@dataclass(frozen=True)
class Case:
    """One run of the generator. What is None is left to the program."""

    id: str
    producers: int
    rate: float  # Mb/s of payload, of each producer
    payload: int = 1450  # bytes
    tick: int = 10  # ms between two reads of the consumer
    seconds: float = 10
    shards: int | None = None
    strategy: str | None = None
    cpus: int | None = None  # the run is pinned to so many; None: all that there are

    @property
    def total_rate(self):
        return self.producers * self.rate

    @property
    def name(self):
        """4p x 50Mb/1450B/10ms, then what else is not left to the program."""
        parts = [f"{self.producers}p x {self.rate:g}Mb/{self.payload}B/{self.tick}ms"]
        parts += [f"{self.shards} shards"] if self.shards else []
        parts += [self.strategy] if self.strategy else []
        parts += [f"{self.cpus} CPU{'s' if self.cpus > 1 else ''}"] if self.cpus else []
        return " ".join(parts)


def numbered(prefix, cases):
    return [replace(case, id=f"{prefix}{number:03}") for number, case in enumerate(cases, 1)]


def cross_product():
    """Everything with everything: 240 cases, 40 minutes."""
    return numbered("F", [
        Case("", producers, rate, payload, tick)
        for producers in PRODUCERS for rate in RATES for payload in PAYLOADS for tick in TICKS
    ])


def smoke():
    return numbered("S", [Case("", 4, 10, seconds=3)])


def quick():
    return numbered("Q", [Case("", producers, rate, seconds=5, shards=4)
                          for producers, rate in ((1, 10), (4, 10), (4, 50), (8, 50))])


def standard():
    return numbered("T", [
        *(Case("", producers, rate) for producers, rate in ((1, 10), (4, 10), (4, 50), (8, 50), (8, 100), (16, 100))),
        Case("", 4, 50, payload=500),
        Case("", 4, 50, payload=9000),
        Case("", 4, 10, tick=50),
        Case("", 4, 10, tick=5),
    ])


def full():
    """Of the cross product, what one payload and a common machine are enough for. The numbers are those of the whole."""
    return [case for case in cross_product() if case.payload == 1450 and case.total_rate <= 400]


def highrate():
    return numbered("G", [Case("", 8, 125, tick=5, shards=8), Case("", 16, 125, tick=5, shards=16)])


def by_strategy(prefix, producers, rates, strategies=STRATEGIES, cpus=(None,), **rest):
    return numbered(prefix, [
        Case("", count, rate, strategy=strategy, cpus=limit, **rest)
        for strategy in strategies for limit in cpus for count in producers for rate in rates
    ])


SETS = {
    "smoke": smoke,
    "quick": quick,
    "standard": standard,
    "full": full,
    "gbps": lambda: highrate()[:1],
    "highrate": highrate,
    "strategy-quick": lambda: by_strategy("A", (4,), (10,), strategies=("sleep", "next", "spin"), seconds=3),
    "strategy-standard": lambda: by_strategy("B", (4, 8), (10, 50), seconds=5),
    "contention": lambda: by_strategy("C", (8, 16), (50, 100), cpus=(1, 2, 4, None), seconds=5),
    "throughput": lambda: by_strategy("D", (8, 16, 32), (100, 200), tick=5),
}


# Filters: functions of a case that tell whether it stays.


def with_ids(ids):
    return lambda case: case.id in ids


def up_to_rate(total):
    return lambda case: case.total_rate <= total


def with_producers(counts):
    return lambda case: case.producers in counts


def with_payloads(sizes):
    return lambda case: case.payload in sizes


def with_strategies(names):
    """Cases that leave the strategy to the program have none, and go."""
    return lambda case: case.strategy in names


def chosen(cases, filters):
    return [case for case in cases if all(stays(case) for stays in filters)]
