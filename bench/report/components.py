"""What each part of the Disruptor costs, of a report of whorl-components.

    python3 bench/report/components.py build/bench/components.json                          # a table
    python3 bench/report/components.py build/bench/components.json --fill docs/analysis.md  # into the tables there

A row of a Markdown table whose first cell is the name of a component, in backticks, has its instructions in the second and
its nanoseconds in the third: --fill writes those two and leaves everything else as it is. The loop around what is measured,
the component `loop`, is taken off.
"""

import argparse
import json
import re
import sys
from pathlib import Path

LOOP = "loop"
ROW = re.compile(r"^\| `([^`]+)` \|[^|]*\|[^|]*\|(.*)$")


def components(data):
    """{name: (instructions, ns)} of an operation. Of a run that was repeated the medians."""
    found, medians = {}, {}
    for row in data["benchmarks"]:
        into = medians if row.get("aggregate_name") == "median" else found
        if row.get("run_type") != "aggregate" or into is medians:
            into[row["run_name"]] = (row["instructions"], row["cpu_time"])
    found.update(medians)
    loop = found.pop(LOOP)
    return {name: tuple(max(0.0, figure - around / operations_of(name)) for figure, around in zip(figures, loop))
            for name, figures in found.items()}


def operations_of(name):
    """How many operations are in one turn of the loop, as its name says."""
    match = re.fullmatch(r"(?:ring_buffer|disruptor)/.*_b(\d+)", name)
    return int(match[1]) if match else 1


def instructions_text(figure):
    """Where there is more than one operation in a turn of the loop, a broken number."""
    return f"{figure:.0f}" if figure >= 20 or abs(figure - round(figure)) < 0.1 else f"{figure:.1f}"


def ns_text(figure):
    return f"{figure:.2g}" if figure < 10 else f"{figure:.0f}"


def table(found):
    lines = ["| component | instructions | ns |", "|---|---|---|"]
    return "\n".join(lines + [f"| `{name}` | {instructions_text(instructions)} | {ns_text(ns)} |"
                              for name, (instructions, ns) in found.items()]) + "\n"


def filled(text, found, with_ns=True):
    """The text with the figures of `found` in its rows, and the names of the components that have no row there."""
    left = set(found)

    def fill(line):
        match = ROW.match(line)
        if not match or match[1] not in found:
            return line
        instructions, ns = found[match[1]]
        left.discard(match[1])
        return f"| `{match[1]}` | {instructions_text(instructions)} | {ns_text(ns) if with_ns else ''} |{match[2]}"

    return "\n".join(map(fill, text.split("\n"))), sorted(left)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report")
    parser.add_argument("--fill", metavar="FILE")
    parser.add_argument("--instructions-only", action="store_true", help="of a run on a machine that was not quiet")
    options = parser.parse_args(arguments)
    try:
        found = components(json.loads(Path(options.report).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError) as error:
        print(f"components.py: {options.report}: {error!r}", file=sys.stderr)
        return 2
    if not options.fill:
        sys.stdout.write(table(found))
        return 0
    path = Path(options.fill)
    text, left = filled(path.read_text(encoding="utf-8"), found, not options.instructions_only)
    path.write_text(text, encoding="utf-8")
    if left:
        print(f"components.py: no row in {path} for {', '.join(left)}", file=sys.stderr)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
