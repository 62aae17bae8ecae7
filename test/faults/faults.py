"""Runs the fault list row by row, and says what became of each of its thirty rows.

    faults.py --build BUILD [--program PROGRAM]... [--row N]... [--sanitized]
    faults.py --self-test

A row is tested by the cases named "fault NN: ..." of the programs, by tests of other suites, or by both. Tests of other
suites must be registered in the build (a name may be a pattern); that they were run and have passed is for whoever runs those suites to see. A row
that is not yet applicable says what it waits for, and must have no case.

The last line is `faults: F of 30 passed, P not yet applicable`; the status is 1 if an applicable row failed.
WHORL_LONG=1 makes the cases do the full figures.
"""

import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_SECONDS = 1800  # for one row in one program; a watchdog of its own ends it long before
PATIENCE_LONG_SECONDS = 12 * 3600
CASE = re.compile(r"^fault (\d\d): ", re.MULTILINE)
COUNTS = re.compile(r"test cases: +(\d+) \| +(\d+) passed \| +(\d+) failed")
NOTE = re.compile(r"^note: .*$", re.MULTILINE)
TAIL = 40  # lines shown of what failed


@dataclass
class Row:
    name: str
    tested_by: list = field(default_factory=list)  # tests of other suites
    has_cases: bool = True
    waits_for: str = ""  # not yet applicable: what is not there yet


ROWS = {
    1: Row("oversubscription", ["stress-waits", "stress-policies"]),
    2: Row("payload integrity"),
    3: Row("a stall between claim and publication", ["unit-upstream"]),
    4: Row("an abandoned claim", ["stress-ranges"]),
    5: Row("an element that throws when it is copied", ["unit-ring", "stress-tombstone", "model/throwing_elements"]),
    6: Row("an element that throws when it is moved out"),
    7: Row("an element whose destructor throws", ["compile-fail"], has_cases=False),
    8: Row("handlers that throw"),
    9: Row("destruction with items inside", ["unit-ring"]),
    10: Row("wrap-around", ["model/shared_shard", "model/exclusive_shard", "model/throwing_elements"]),
    11: Row("capacities that cannot be", ["unit-ring"]),
    12: Row("forms of elements", ["unit-ring"]),
    13: Row("no memory"),
    14: Row("a thread that cannot be made", ["unit-disruptor"]),
    15: Row("sleeps that end for no reason", ["stress-wakeups", "model/event_count", "model/waiting_ring"]),
    16: Row("lost wake-ups", ["model/event_count", "model/doorbell", "model/waiting_ring", "mutants/*"]),
    17: Row("the wrong one woken", ["stress-waits"]),
    18: Row("time", ["unit-wait-steps"]),
    19: Row("fork"),
    20: Row("shutdown races", ["stress-close", "stress-disruptor_life", "model/close", "model/disruptor", "model/entrance"]),
    21: Row("dynamic consumers", ["stress-disruptor", "stress-disruptor_life", "model/group_gate"]),
    22: Row("graphs of consumers", ["stress-disruptor_graph", "unit-disruptor", "model/sequencer"], has_cases=False),
    23: Row("a thread that stands still", ["model/shared_shard"]),
    24: Row("two producers with one lease", ["unit-ring"]),
    25: Row("linearizability", ["stress-history"]),
    26: Row("fairness"),
    27: Row("priorities"),
    28: Row("a long run"),
    29: Row("the checkers checked", ["model/litmus", "model/planted", "mutants/*", "spin"]),
    30: Row("what must not compile", ["compile-fail"], has_cases=False),
}
# Not registered where a sanitizer is on: these look at sources, or at what threads of the explorer do.
PLAIN_ONLY = re.compile(r"^(compile-fail$|spin$|mutants/|model/)")


@dataclass
class Verdict:
    passed: bool = True
    said: list = field(default_factory=list)
    cases: int = 0

    def fail(self, complaint):
        self.passed = False
        self.said.append(complaint)


def cases_of(program):
    """The numbers of the rows that the program has cases for."""
    listed = subprocess.run([program, "--list-test-cases"], capture_output=True, text=True, check=True).stdout
    return {int(number) for number in CASE.findall(listed)}


def registered_tests(build):
    return {test["name"] for test in json.loads((Path(build) / "meson-info" / "intro-tests.json").read_text())}


def tail(text):
    return "\n".join("      " + line for line in text.rstrip().splitlines()[-TAIL:])


def run_cases(number, program, verdict):
    """Runs the program's cases for one row."""
    name = Path(program).name
    patience = PATIENCE_LONG_SECONDS if os.environ.get("WHORL_LONG") == "1" else PATIENCE_SECONDS
    command = [program, f"--test-case=fault {number:02}: *", "--no-skipped-summary"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=patience)
    except subprocess.TimeoutExpired:
        return verdict.fail(f"{name}: no end after {patience} s")
    output = done.stdout + done.stderr
    verdict.said += NOTE.findall(output)
    counts = COUNTS.search(output)
    if done.returncode != 0 or counts is None or counts.group(3) != "0":
        return verdict.fail(f"{name}: failed with status {done.returncode}\n{tail(output)}")
    if counts.group(2) == "0":
        return verdict.fail(f"{name}: no case was run")
    verdict.cases += int(counts.group(2))


def judge(number, row, owners, registered, sanitized):
    verdict = Verdict()
    programs = owners.get(number, [])
    if row.has_cases != bool(programs):
        verdict.fail("there is no case for this row" if row.has_cases else "there are cases for this row, unknown ones")
    for program in programs:
        run_cases(number, program, verdict)
    for test in row.tested_by:
        if not fnmatch.filter(registered, test) and not (sanitized and PLAIN_ONLY.match(test)):
            verdict.fail(f"'{test}' is no test of this build")
    return verdict


def is_elsewhere(row, sanitized):
    """True: in this build there is nothing of this row to run."""
    return sanitized and not row.has_cases and all(PLAIN_ONLY.match(test) for test in row.tested_by)


def report(number, row, verdict, seconds):
    what = [f"{verdict.cases} cases" if verdict.cases else "", ", ".join(row.tested_by)]
    ways = " and ".join(way for way in what if way)
    state = "passed" if verdict.passed else "FAILED"
    print(f"{number:2} {row.name}: {state}, tested by {ways or 'nothing'} ({seconds:.1f} s)", flush=True)
    for line in verdict.said:
        print(f"     {line}", flush=True)


def run_rows(rows, programs, registered, sanitized):
    """Returns how many rows passed, how many failed, and how many are not yet applicable."""
    owners = {}
    for program in programs:
        for number in cases_of(program):
            owners.setdefault(number, []).append(program)
    passed = failed = waiting = 0
    for number in sorted(set(owners) - set(ROWS)):
        print(f"{number:2} is a row that nobody knows")
        failed += 1
    for number, row in rows.items():
        if row.waits_for and number not in owners:
            print(f"{number:2} {row.name}: not yet applicable: waits for {row.waits_for}")
            waiting += 1
        elif is_elsewhere(row, sanitized):
            print(f"{number:2} {row.name}: not in this build: tested by {', '.join(row.tested_by)} in one without a sanitizer")
        else:
            begin = time.monotonic()
            verdict = judge(number, row, owners, registered, sanitized)
            report(number, row, verdict, time.monotonic() - begin)
            passed += verdict.passed
            failed += not verdict.passed
    return passed, failed, waiting


PLANTED = """#!{python}
import sys
if "--list-test-cases" in sys.argv:
    print("fault {row:02}: planted")
    sys.exit(0)
print("note: a note")
print("[doctest] test cases: {cases} | {passed} passed | {failed} failed | 0 skipped")
sys.exit({status})
"""


def self_test():
    """Rows that pass and rows that must be seen to fail, each by a program planted for it."""
    plants = [
        # what, the program's (row, cases, passed, failed, status), the row, whether it passes
        ("a case that passes", (1, 1, 1, 0, 0), Row("x", ["known"]), True),
        ("a case that fails", (1, 1, 0, 1, 1), Row("x"), False),
        ("a failure that is not told", (1, 1, 0, 1, 0), Row("x"), False),
        ("a crash", (1, 1, 1, 0, 139), Row("x"), False),
        ("a case that does not run", (1, 0, 0, 0, 0), Row("x"), False),
        ("a row without a case", (2, 1, 1, 0, 0), Row("x"), False),
        ("a test that is not there", (1, 1, 1, 0, 0), Row("x", ["unknown"]), False),
        ("a case for a row that waits", (1, 1, 1, 0, 0), Row("x", has_cases=False, waits_for="y"), False),
    ]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for index, (what, (row, cases, passed, failed, status), planted, passes) in enumerate(plants):
            program = Path(folder) / f"program{index}"
            program.write_text(PLANTED.format(python=sys.executable, row=row, cases=cases, passed=passed, failed=failed,
                                              status=status))
            program.chmod(0o755)
            good, bad, _ = run_rows({1: planted}, [str(program)], {"known"}, False)
            seen = (good, bad) == (1, 0) if passes else bad > 0 and good == 0
            print(f"{what}: {'as it should be' if seen else 'NOT SEEN'}")
            wrong += not seen
    return wrong == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", help="the build folder, whose tests are known")
    parser.add_argument("--program", action="append", default=[], help="a program with cases")
    parser.add_argument("--row", action="append", type=int, choices=ROWS, help="these rows alone")
    parser.add_argument("--sanitized", action="store_true", help="the build has a sanitizer")
    parser.add_argument("--self-test", action="store_true", help="prove that failures are found")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    assert sorted(ROWS) == list(range(1, 31))
    registered = registered_tests(arguments.build) if arguments.build else set()
    rows = {number: row for number, row in ROWS.items() if arguments.row is None or number in arguments.row}
    passed, failed, waiting = run_rows(rows, arguments.program, registered, arguments.sanitized)
    print(f"faults: {passed} of {len(ROWS)} passed, {waiting} not yet applicable")
    return failed == 0


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
