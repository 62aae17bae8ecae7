"""The functions of one object file are nearly as long as those of another, and call as often: what is built on top costs nothing.
One that hands its work on to another function would be short, too: hence the calls, and not much shorter."""

import argparse
import sys
from pathlib import Path

import disassembly

PREFIX = "publish_"  # what is compared; the rest is what those call, and what they do after an exception


def sizes(path):
    """Name -> instructions, calls."""
    return {name: (len(code), sum(instruction.mnemonic.startswith("call") for instruction in code))
            for name, code in disassembly.functions(path).items() if name.startswith(PREFIX) and "." not in name}


def verdict(ours, measure, arguments):
    (instructions, calls), (instructions_there, calls_there) = ours, measure
    if calls != calls_there:
        return "OTHER CALLS"
    if instructions > instructions_there + arguments.more:
        return "LONGER"
    return "SHORTER" if instructions < instructions_there - arguments.less else "ok"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("objects", type=Path, nargs=2, help="object files or archives: ours, then the measure")
    parser.add_argument("--more", type=int, default=2, help="so many instructions more are allowed")
    parser.add_argument("--less", type=int, default=8, help="so many fewer: what another order of the same saves")
    parser.add_argument("--wrong", action="store_true", help="each is, which must be found out")
    arguments = parser.parse_args()
    ours, measure = (sizes(path) for path in arguments.objects)
    if not ours or ours.keys() != measure.keys():
        sys.exit(f"not the same functions: {sorted(ours)} and {sorted(measure)}")
    wrong = 0
    for name in ours:
        found = verdict(ours[name], measure[name], arguments)
        wrong += found != "ok"
        print(f"{found}: {name}, {ours[name][0]} instructions and calls: {ours[name][1]}, "
              f"{measure[name][0]} and {measure[name][1]} in the other")
    sys.exit(0 if wrong == (len(ours) if arguments.wrong else 0) else 1)


if __name__ == "__main__":
    main()
