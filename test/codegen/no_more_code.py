"""The functions of one object file are hardly longer than those of another: what is built on top costs nothing."""

import argparse
import sys
from pathlib import Path

import disassembly

PREFIX = "publish_"  # what is compared; the rest is what those call, and what they do after an exception


def lengths(path):
    return {name: len(code) for name, code in disassembly.functions(path).items()
            if name.startswith(PREFIX) and "." not in name}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("objects", type=Path, nargs=2, help="object files or archives: ours, then the measure")
    parser.add_argument("--most", type=int, default=2, help="so many instructions more are allowed")
    parser.add_argument("--longer", action="store_true", help="each is longer than that, which must be found out")
    arguments = parser.parse_args()
    ours, measure = (lengths(path) for path in arguments.objects)
    if not ours or ours.keys() != measure.keys():
        sys.exit(f"not the same functions: {sorted(ours)} and {sorted(measure)}")
    longer = [name for name in ours if ours[name] > measure[name] + arguments.most]
    for name in ours:
        verdict = "LONGER" if name in longer else "ok"
        print(f"{verdict}: {name}, {ours[name]} instructions, {measure[name]} in the other")
    sys.exit(0 if len(longer) == (len(ours) if arguments.longer else 0) else 1)


if __name__ == "__main__":
    main()
