"""Functions of an object file or archive as lists of instructions, by way of objdump. x86-64 only."""

import re
import shutil
import subprocess
import sys
from collections import namedtuple

SKIPPED = 77

# target: the address a jump goes to, None for other instructions and for jumps out of the function.
Instruction = namedtuple("Instruction", "address mnemonic operands target")

FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
LINE = re.compile(r"^\s*([0-9a-f]+):\s+(.*?)\s*$")
PREFIXES = {"lock", "rep", "repz", "repnz", "data16", "cs", "ds", "notrack", "bnd", "rex.W"}


def functions(path):
    """Name -> instructions, padding left out."""
    if shutil.which("objdump") is None:
        print("skipped: no objdump")
        sys.exit(SKIPPED)
    command = ["objdump", "--disassemble", "--no-show-raw-insn", "-M", "intel", str(path)]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {}
    current = None
    for line in listing.splitlines():
        if match := FUNCTION.match(line):
            current = found.setdefault(match[1], [])
        elif (match := LINE.match(line)) and current is not None:
            instruction = parse(int(match[1], 16), match[2].split("#")[0])
            if instruction.mnemonic != "nop" and (instruction.mnemonic, instruction.operands) != ("xchg", ["ax", "ax"]):
                current.append(instruction)
    return found


def parse(address, text):
    words = text.split()
    while words and words[0] in PREFIXES:
        words.pop(0)
    mnemonic, rest = (words[0], " ".join(words[1:])) if words else ("nop", "")
    if mnemonic.startswith(("j", "call")):
        target = re.match(r"([0-9a-f]+) <", rest)
        return Instruction(address, mnemonic, [rest], int(target[1], 16) if target else None)
    return Instruction(address, mnemonic, [operand.strip() for operand in rest.split(",")] if rest else [], None)
