"""How figures are written."""

UNIT_NAMES = {
    "items_per_second": "million items per second", "ns": "ns", "percent": "percent", "bytes": "bytes",
    "instructions": "instructions", "ratio": "ratio",
}


def significant(value):
    """Three digits, and none of a large number thrown away: 0.47, 12.3, 1,234."""
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 1:
        return f"{value:.2f}"
    return f"{value:.3g}"


def scaled(value, unit):
    """As it is drawn and tabulated: rates in millions."""
    return value / 1e6 if unit == "items_per_second" else value


def shown(value, unit):
    """With its unit, where one is short enough: "412 M/s", "23,000 ns"."""
    after = {"items_per_second": " M/s", "ns": " ns", "percent": " %", "ratio": ""}.get(unit, f" {unit}")
    return significant(scaled(value, unit)) + after


def readable_ns(ns):
    """For the marks of an axis: 1 ns, 10 us, 2 ms."""
    for size, name in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if ns >= size:
            return f"{ns / size:g} {name}"
    return f"{ns:g} ns"


def unit_name(unit):
    return UNIT_NAMES.get(unit, unit.replace("_", " "))
