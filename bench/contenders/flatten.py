#!/usr/bin/env python3
"""Writes whorl's headers into one, which may be included several times, each time as another namespace (padding.hpp).

    flatten.py INCLUDE_DIRECTORY whorl/ring/sharded_ring.hpp OUTPUT DEPENDENCIES

Of what the headers say three things change: kCacheLine becomes BENCH_PADDING, or the size of a word when that is 0; the
assertions that each word has a line to itself are left to the other paddings; and the number of shards up to which a consumer
looks at all of them becomes BENCH_SCAN.
"""

import re
import sys
from pathlib import Path

INCLUDE = re.compile(r"#include <(whorl/[^>]+)>")
LINE = "inline constexpr std::size_t kCacheLine = 128;"
PADDING = "inline constexpr std::size_t kCacheLine = BENCH_PADDING == 0 ? sizeof(std::size_t) : BENCH_PADDING;"
SCAN = "std::size_t scan = 8;"
LINE_EACH = re.compile(r"static_assert\((?=sizeof\(\w+\) == \d+ \* kCacheLine)")


def flatten(root: Path, name: str, seen: set[str]) -> list[str]:
    """The lines of a header, with those of the whorl headers that it includes in their places."""
    seen.add(name)
    lines = []
    for line in (root / name).read_text().splitlines():
        include = INCLUDE.match(line)
        if include is None:
            lines += [] if line == "#pragma once" else [line]
        elif include[1] not in seen:
            lines += flatten(root, include[1], seen)
    return lines


def main() -> None:
    root, name, output, dependencies = sys.argv[1:]
    headers: set[str] = set()
    text = "\n".join(flatten(Path(root), name, headers)) + "\n"
    for constant in (LINE, SCAN):
        if text.count(constant) != 1:
            sys.exit(f"flatten.py: where is '{constant}'?")
    text = text.replace(LINE, PADDING).replace(SCAN, "std::size_t scan = BENCH_SCAN;")
    text = LINE_EACH.sub("static_assert(BENCH_PADDING == 0 || ", text)
    Path(output).write_text(text)
    Path(dependencies).write_text(f"{output}: " + " ".join(f"{root}/{header}" for header in sorted(headers)) + "\n")


if __name__ == "__main__":
    main()
