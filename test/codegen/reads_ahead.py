"""Does a reader's loop run ahead of the stamps, or follow them?

A loop follows when the address of the next stamp is computed from a stamp loaded before: the core cannot ask for the
next cell until this one has come. It runs ahead when that address comes from a count of its own: the comparison is then
only predicted. The two differ by a factor of two either way, and a compiler may turn one into the other, since the
values are equal. So the machine code is looked at: through every loop it is followed which loads a register, a spilled
word or the flags have been computed from.

For every function of the object file named ahead_* or follow_*, the loop must be what the name says.
"""

import argparse
import re
import sys
from pathlib import Path

import disassembly

# Every name of a register, or of a part of one -> the name of the whole.
WHOLE = {f"r{n}{part}": f"r{n}" for n in range(8, 16) for part in ("", "d", "w", "b")}
WHOLE |= {name.format(x): f"r{x}x" for x in "abcd" for name in ("r{}x", "e{}x", "{}x", "{}h", "{}l")}
WHOLE |= {name.format(x): f"r{x}" for x in ("si", "di", "bp", "sp") for name in ("r{}", "e{}", "{}", "{}l")}
WHOLE |= {f"{kind}mm{n}": f"xmm{n}" for n in range(32) for kind in "xy"}
REGISTER = re.compile(rf"\b(?:{'|'.join(WHOLE)})\b")

OVERWRITES = re.compile(r"^(?:mov|lea|movz|movs)")  # the old value of the first operand plays no part
ONLY_COMPARES = {"cmp", "test", "bt"}
READS_FLAGS = re.compile(r"^(?:cmov|set|adc|sbb)")
UNJUDGED = re.compile(r"^(?:call|xchg|cmpxchg|xadd|mul|i?div)")  # more results than one, or unknown ones
HAS_NO_RESULT = re.compile(r"^(?:j|nop|push|prefetch|pause|endbr|ret|ud2)")
FLAGS = "flags"
# What a called function leaves in these has nothing to do with the stamps: it is a slow path that the loop takes now and then.
CLOBBERED = {"rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", FLAGS}


def registers(operand):
    return {WHOLE[name] for name in REGISTER.findall(operand)}


def is_memory(operand):
    return "[" in operand


def loops(code):
    """The loops of a function: sets of indices that all reach each other. An inner loop is part of the outer one."""
    index = {instruction.address: i for i, instruction in enumerate(code)}
    after = []
    for i, instruction in enumerate(code):
        ends = instruction.mnemonic in {"jmp", "ret", "ud2"}
        following = [] if ends or i + 1 == len(code) else [i + 1]
        after.append(following + ([index[instruction.target]] if instruction.target in index else []))

    def reachable(start):
        seen, todo = set(), list(after[start])
        while todo:
            i = todo.pop()
            if i not in seen:
                seen.add(i)
                todo += after[i]
        return seen

    reach = [reachable(i) for i in range(len(code))]
    found = {frozenset(j for j in reach[i] if i in reach[j]) for i in range(len(code)) if i in reach[i]}
    return [(sorted(loop), after) for loop in found]


class Loop:
    """Where the values in a loop come from: a state maps a location to the loads (by index) it was computed from."""

    def __init__(self, code, members, after):
        self.code, self.members, self.after = code, members, after
        self.written = {r for i in members for r in self.results(code[i]) if not is_memory(r)}
        self.address_origins = {}  # load -> the loads its address was computed from
        self.compared = set()  # loads whose value decides a jump
        self.solve()

    @staticmethod
    def results(instruction):
        if HAS_NO_RESULT.match(instruction.mnemonic) or instruction.mnemonic in ONLY_COMPARES:
            return set()
        if instruction.mnemonic == "call":
            return CLOBBERED
        if UNJUDGED.match(instruction.mnemonic):
            sys.exit(f"cannot judge a loop with the instruction '{instruction.mnemonic}'")
        return {FLAGS} if not instruction.operands else location(instruction.operands[0])

    def solve(self):
        states = {i: {} for i in self.members}
        todo = list(self.members)
        while todo:
            i = todo.pop(0)
            state = self.step(i, dict(states[i]))
            for j in self.after[i]:
                if j in states and merge(states[j], state):
                    todo.append(j)

    def origins(self, state, operand, i):
        """The loads that the value of an operand was computed from; a load from a changing address is one itself."""
        if not is_memory(operand):
            return set().union(*(state.get(r, set()) for r in registers(operand)))
        found = set(state.get(operand, set()))
        if registers(operand) & self.written:
            self.address_origins.setdefault(i, set()).update(
                *(state.get(register, set()) for register in registers(operand)))
            found.add(i)
        return found

    def step(self, i, state):
        instruction = self.code[i]
        mnemonic, operands = instruction.mnemonic, instruction.operands
        if mnemonic.startswith("j"):
            if mnemonic != "jmp":
                self.compared |= state.get(FLAGS, set())
            return state
        if mnemonic == "call":
            return state | dict.fromkeys(CLOBBERED, set())
        if HAS_NO_RESULT.match(mnemonic) or not operands:
            return state
        if mnemonic == "lea":
            value = set().union(*(state.get(r, set()) for r in registers(operands[1])))
        elif len(operands) == 2 and operands[0] == operands[1] and mnemonic in {"xor", "sub", "pxor", "xorps"}:
            value = set()  # zero, whatever was in there
        else:
            overwritten = OVERWRITES.match(mnemonic)
            value = set().union(*(self.origins(state, operand, i) for operand in operands[1 if overwritten else 0:]))
        if READS_FLAGS.match(mnemonic):
            value |= state.get(FLAGS, set())
        elif not OVERWRITES.match(mnemonic):
            state[FLAGS] = value
        for place in self.results(instruction):
            state[place] = value
        return state

    def verdict(self):
        stamps = self.compared & set(self.address_origins)
        if not stamps:
            return None
        following = {i for i in stamps if self.address_origins[i] & stamps}
        return "follow" if following == stamps else "mixed" if following else "ahead"


def location(operand):
    """What an operand names as a place for a result; memory by how it is addressed."""
    return {operand} if is_memory(operand) else registers(operand)


def merge(into, state):
    """Adds what `state` knows; True when that was news."""
    news = False
    for place, loads in state.items():
        if not loads <= into.get(place, set()):
            into[place] = into.get(place, set()) | loads
            news = True
    return news


def verdict(code):
    found = {Loop(code, members, after).verdict() for members, after in loops(code)} - {None}
    return found.pop() if len(found) == 1 else f"undecided ({sorted(found)})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("object", type=Path, help="object file or archive")
    parser.add_argument("--misnamed", action="store_true", help="every name is a lie, which must be found out")
    arguments = parser.parse_args()
    found = disassembly.functions(arguments.object)
    # What the compiler has moved out of the way (name.cold) is not the loop.
    names = [name for name in found if name.startswith(("ahead_", "follow_")) and "." not in name]
    failures = 0
    for name in names:
        actual = verdict(found[name])
        true_to_name = actual == name.split("_")[0]
        failures += true_to_name == arguments.misnamed
        print(f"{name} {'is' if true_to_name else 'is NOT: it is'} '{actual}'")
    if not names:
        sys.exit("no function named ahead_* or follow_*")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
