"""The steps of the deep cut. Each is a function of the step's log that returns its figures, or raises Failed."""

import re
import time

import builds
from builds import ASAN, CLANG, PLAIN, ROOT, TSAN, Failed

REPETITIONS = 10
PROCESSORS = ("aarch64", "riscv64", "s390x")
# Under QEMU a test takes some twenty times as long, and threads take turns as on this machine: what a foreign processor
# shows is its compiler, its byte order and its ABI, not its memory model.
FOREIGN_STRESS = ("stress-exclusive", "stress-shared", "stress-history", "stress-tombstone")

EXPLORER = re.compile(r"^explorer: (\d+ executions, \d+ of \d+ models exhausted)$", re.MULTILINE)
MUTANTS = re.compile(r"^mutants: (.*)$", re.MULTILINE)
FAULTS = re.compile(r"^faults: (.*)$", re.MULTILINE)


def explorer(program):
    def step(log):
        PLAIN.make(log)
        test = next((t for t in PLAIN.tests("model") if t["name"] == f"model/{program}"), None)
        if test is None:
            raise Failed(f"there is no model program {program}")
        PLAIN.call_test(test, [word for word in test["cmd"] if word != "--quick"], log)
        return last(EXPLORER, log)

    return step


def mutants(log):
    PLAIN.make(log)
    test = PLAIN.tests("mutants")[0]
    command = test["cmd"]
    at = command.index("--include")
    more = ["--all-classes", "--resume", "--state", str(builds.LONG / "mutants.json")]
    PLAIN.call_test(test, [*command[:at], *more, *command[at:]], log)
    return last(MUTANTS, log)


def stress(build, repetition):
    def step(log):
        build.make(log)
        seed = str(time.time_ns() % 2**32)
        entries = build.run_suite("stress", log, WHORL_LONG="1", WHORL_SEED=seed)
        return f"{count(entries)}, WHORL_SEED={seed}"

    return step


def suite(name, build):
    """A suite that has a long cut of its own."""

    def step(log):
        build.make(log)
        entries = build.run_suite(name, log, WHORL_LONG="1")
        said = FAULTS.findall("".join(entry.get("stdout", "") for entry in entries))
        return ", ".join([count(entries), *said])

    return step


def spin(log):
    PLAIN.make(log)
    test = PLAIN.tests("spin")[0]
    check = next(at for at, word in enumerate(test["cmd"]) if word.endswith("check.py"))
    PLAIN.call_test(test, [*test["cmd"][: check + 1], "--long", *test["cmd"][check + 1 :]], log)
    return log.read_text(errors="replace").rstrip().split("\n")[-1]


def foreign(processor):
    def step(log):
        build = builds.foreign_build(processor)
        build.make(log)
        units = build.run_suite("unit", log)
        hard = build.run_suite("stress", log, FOREIGN_STRESS)
        return f"unit: {count(units)}; stress: {count(hard)}"

    return step


def count(entries):
    skipped = [entry["name"] for entry in entries if entry["result"] == "SKIP"]
    passed = len(entries) - len(skipped)
    if passed == 0:
        raise Failed("everything was skipped")
    return f"{passed} passed" + (f", skipped: {', '.join(skipped)}" if skipped else "")


def last(pattern, log):
    found = pattern.findall(log.read_text(errors="replace"))
    if not found:
        raise Failed("it did not say what it has done")
    return found[-1]


def all_steps():
    """Name -> what it does, in the order in which they run: first what finds most."""
    programs = sorted(path.stem for path in (ROOT / "test" / "model").glob("*.cpp") if "int main(" in path.read_text())
    steps = {f"explorer/{program}": explorer(program) for program in programs}
    for name, build in (("plain", PLAIN), ("tsan", TSAN), ("asan-ubsan", ASAN)):
        steps |= {f"stress/{name}/{n}": stress(build, n) for n in range(1, REPETITIONS + 1)}
    steps["faults"] = suite("faults", PLAIN)
    steps["fuzz"] = suite("fuzz", CLANG)
    steps["spin"] = spin
    steps |= {f"cross/{processor}": foreign(processor) for processor in PROCESSORS}
    steps["mutants"] = mutants
    return steps
