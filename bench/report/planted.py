"""Reports for the tests, put together by hand: nothing in them was measured."""

from results import Report


def row(scenario, contender, median, *, spread=0.05, producers="any", unit="items_per_second", better="more", placement="near",
        samples=20, params=None, threads=2):
    return {
        "scenario": scenario, "contender": contender, "producers": None if contender.startswith("limit/") else producers,
        "params": params or {}, "unit": unit, "better": better, "placement": placement,
        "median": median, "low": median * (1 - spread), "high": median * (1 + spread), "samples": samples,
        "round_trip_ns": 105.0, "accepted": 1000, "delivered": 1000, "refused": 0, "capacity": 65536, "pinned": True,
        "threads": threads,
    }


def less(scenario, contender, median, **named):
    return row(scenario, contender, median, **({"unit": "ns", "better": "less"} | named))


def mixed(scenario, contender, samples=3):
    return row(scenario, contender, 1, placement="mixed", samples=samples) | {"median": None, "low": None, "high": None}


def incomplete(scenario, contender):
    return {"scenario": scenario, "contender": contender, "incomplete": True}


def data(*rows, usual="near", **changes):
    machine = {
        "cpu": "Processor <9000>", "cpus": 2, "architecture": "x86_64", "kernel": "Linux 6.1", "hypervisor": False,
        "load_average": "0.10 0.10 0.10 1/100 4242", "governor": "performance", "line_round_trip_ns": 105.0,
        "packages": {"libboost-dev": "1.74.0.3"},
    }
    settings = {
        "mode": "quick", "seconds": 270, "seconds_per_scenario": 25, "scheduling": "SCHED_FIFO", "pinned_cpus": "0 and 1",
        "machine_flags": "",
        "placements": "near 75-250", "usual_placement": usual, "seed": 1,
    }
    return {
        "machine": machine, "commit": "0123abc", "compiler": "g++ 12.2.0", "build_type": "release",
        "date": "2030-01-31T23:59:59Z", "settings": settings, "scenarios": {}, "results": list(rows),
    } | changes


def report(*rows, **named):
    return Report(data(*rows, **named))
