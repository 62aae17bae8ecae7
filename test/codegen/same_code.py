"""The functions of two object files are the same, instruction by instruction: the seam costs nothing."""

import argparse
import sys
from pathlib import Path

import disassembly


def shape(code):
    """The instructions; a jump has the number of the one it leads to, so where a function lies plays no part."""
    number = {instruction.address: i for i, instruction in enumerate(code)}

    def operands(instruction):
        if instruction.target is not None:
            return f"-> {number.get(instruction.target, 'outside')}"
        return ", ".join(instruction.operands)

    return [f"{instruction.mnemonic} {operands(instruction)}" for instruction in code]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("objects", type=Path, nargs=2, help="object files or archives")
    parser.add_argument("--different", action="store_true", help="they differ, which must be found out")
    arguments = parser.parse_args()
    ours, theirs = (disassembly.functions(path) for path in arguments.objects)
    if not ours or ours.keys() != theirs.keys():
        sys.exit(f"not the same functions: {sorted(ours)} and {sorted(theirs)}")
    different = 0
    for name in ours:
        pair = shape(ours[name]), shape(theirs[name])
        different += pair[0] != pair[1]
        print(f"{'ok' if pair[0] == pair[1] else 'DIFFERENT'}: {name}, {len(pair[0])} instructions")
        if pair[0] != pair[1]:
            width = max(map(len, pair[0]))
            for i in range(max(map(len, pair))):
                left, right = (side[i] if i < len(side) else "" for side in pair)
                print(f"    {left:{width}}  {'|' if left == right else '!'}  {right}")
    sys.exit(0 if (different != 0) == arguments.different else 1)


if __name__ == "__main__":
    main()
