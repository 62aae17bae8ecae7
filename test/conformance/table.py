"""Runs the conformance list and makes a table of it: docs/conformance.md.

rows.txt has the test methods of the LMAX Disruptor, and ours besides. A row is passed by the test case that is named after it
("lmax: Class.method: what it comes to", "rule: 3: ..."), unless rows.txt says otherwise. It is wrong when a row is named by no
test case or by two, or by one and by rows.txt, when what a row is said to hold by does not exist, when a test case fails or
names no row, and when docs/conformance.md is not what comes out.

usage: table.py --root SOURCE_TREE [--write] PROGRAM...     or     table.py --self-test
"""

import argparse
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from collections import Counter, namedtuple
from pathlib import Path

ROWS = "test/conformance/rows.txt"
TYPES = "test/conformance/by_type.cpp"
SNIPPETS = "test/compile_fail"
PAGE = "docs/conformance.md"

# What LMAX's list comes to: so many test methods in so many classes; so many of them run for each of two producer types.
METHODS, CLASSES, TWICE = 212, 32, 20
MOST_DIFFERENT = 15

# Groups of our own, besides LMAX's classes.
GROUPS = {
    "rule": "Rules at the edges",
    "net": "From the .NET Disruptor's tests",
    "rust": "From the Rust Disruptor's tests",
    "new": "What none of them tests",
}
NAME = re.compile(r"^(lmax: (?P<method>\w+\.\w+)|(?P<group>rule|net|rust|new): (?P<slug>[\w-]+)): (?P<words>.+?)(<.*>)?$")
VERDICT = re.compile(r"^(?:(?P<kind>type) (?P<what>\S+)|(?P<other>differs|awaits)): (?P<why>.+)$")

Row = namedtuple("Row", "name kind what why")  # kind: test, type, differs, awaits
Case = namedtuple("Case", "row words place passed")
Result = namedtuple("Result", "complaints page summary")


def read_rows(text, complaints):
    """The rows by class, in their order."""
    classes, rows = {}, None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            rows = classes.setdefault(line.strip(), [])
            continue
        name, _, verdict = line.strip().partition("  ")
        match = VERDICT.match(verdict.strip())
        if verdict and not match:
            complaints.append(f"rows.txt:{number}: neither 'type WHAT: why' nor 'differs: why' nor 'awaits: what': {verdict}")
            continue
        if not match:
            rows.append(Row(name, "test", "", ""))
        else:
            rows.append(Row(name, match["kind"] or match["other"], match["what"] or "", match["why"]))
    return classes


def read_cases(output, complaints):
    """The test cases of a program, a template's once for each of its types."""
    cases = []
    for element in xml.fromstring(output).iter("TestCase"):
        if element.get("skipped"):
            continue
        name = element.get("name")
        match = NAME.match(name)
        if not match:
            complaints.append(f"the test case '{name}' names no row")
            continue
        row = match["method"] or f"{match['group']}.{match['slug']}"
        place = (element.get("filename"), element.get("line"))
        passed = element.find("OverallResultsAsserts").get("test_case_success") == "true"
        cases.append(Case(row, match["words"], place, passed))
    return cases


def check_rows(root, classes, cases, complaints):
    """Which rows pass; what is wrong with the others is added to the complaints."""
    named = [f"{name}.{row.name}" for name, rows in classes.items() for row in rows]
    complaints += [f"{name} is in rows.txt twice" for name, times in Counter(named).items() if times > 1]
    complaints += [f"{case.row}: a test case names it, and rows.txt does not know it"
                   for case in {case.row: case for case in cases}.values() if case.row not in named]
    snippets, labels = read_types(root)
    passed = set()
    for name, rows in classes.items():
        for row in rows:
            full = f"{name}.{row.name}"
            mine = [case for case in cases if case.row == full]
            if row.kind != "test" and mine:
                complaints.append(f"{full}: rows.txt says '{row.kind}', and there is a test case")
            elif row.kind == "type" and row.what not in snippets | labels:
                complaints.append(f"{full}: neither a snippet nor a static_assert is called {row.what}")
            elif row.kind == "test" and not mine:
                complaints.append(f"{full}: no test case is named after it")
            elif len({case.place for case in mine}) > 1:
                complaints.append(f"{full}: two test cases are named after it")
            elif mine and not all(case.passed for case in mine):
                complaints.append(f"{full}: fails")
            else:
                passed.add(full)
    return passed


def read_types(root):
    """What a row may hold by: the registered snippets that do not compile, and the labels of static_asserts."""
    registered = (root / SNIPPETS / "meson.build").read_text()
    snippets = {path.name for path in (root / SNIPPETS).glob("*.cpp") if f"'{path.name}'" in registered}
    labels = set(re.findall(r'static_assert\([^;]*?"([\w-]+)"\);', (root / TYPES).read_text(), re.DOTALL))
    return snippets, labels


def judge(root, outputs):
    """The complaints, the page, and the summary."""
    complaints = []
    classes = read_rows((root / ROWS).read_text(), complaints)
    cases = [case for output in outputs for case in read_cases(output, complaints)]
    passed = check_rows(root, classes, cases, complaints)
    lmax = {name: rows for name, rows in classes.items() if name not in GROUPS}
    methods = sum(len(rows) for rows in lmax.values())
    if (methods, len(lmax)) != (METHODS, CLASSES):
        complaints.append(f"rows.txt has {methods} methods in {len(lmax)} classes, not {METHODS} in {CLASSES}")
    missing = [f"rule.{n}" for n in range(1, 17) if not any(row.name == str(n) for row in classes.get("rule", []))]
    complaints += [f"{name} is not in rows.txt" for name in missing]
    counts = Counter(row.kind for name, rows in lmax.items() for row in rows if f"{name}.{row.name}" in passed)
    if counts["differs"] > MOST_DIFFERENT:
        complaints.append(f"{counts['differs']} rows differ: more than {MOST_DIFFERENT}")
    summary = (f"conformance: {counts['test']} passed, {counts['type']} by type, {counts['differs']} differ "
               f"of {METHODS}") + (f", {counts['awaits']} await the builder" if counts["awaits"] else "")
    return Result(complaints, page(lmax, classes, cases, summary), summary)


def page(lmax, classes, cases, summary):
    words = {case.row: case.words for case in cases}
    times = Counter(case.row for case in cases)
    of_lmax = sum(count for row, count in times.items() if row.split(".")[0] not in GROUPS)
    text = INTRODUCTION.format(summary=summary, methods=METHODS, classes=CLASSES, twice=TWICE, runs=METHODS + TWICE,
                               of_lmax=of_lmax, ours=len(cases) - of_lmax)
    for name, rows in lmax.items():
        text += f"\n## {name}\n\n| method | | |\n|---|---|---|\n"
        text += "".join(line(f"{name}.{row.name}", row, words, times) for row in rows)
    for group, title in GROUPS.items():
        text += f"\n## {title}\n\n| | | |\n|---|---|---|\n"
        text += "".join(line(f"{group}.{row.name}", row, words, times) for row in classes.get(group, []))
    return text


def line(full, row, words, times):
    if row.kind == "test":
        return f"| `{row.name}` | pass ({times[full]}) | {words.get(full, '-')} |\n"
    if row.kind == "type":
        place = f"{SNIPPETS}/{row.what}" if row.what.endswith(".cpp") else f"{TYPES}, {row.what}"
        return f"| `{row.name}` | by type | {row.why} (`{place}`) |\n"
    return f"| `{row.name}` | {row.kind} | {row.why} |\n"


INTRODUCTION = """# Conformance

The test list of the LMAX Disruptor 4.0, method by method, written anew against whorl's own functions, and what other Disruptors' tests and
this one's add to it. Made by `test/conformance/table.py` from the names of the test cases that passed, and `test/conformance/rows.txt`;
do not edit it.

**{summary}**

- *pass*: a test case of that name holds it to the same rule, over every sequencer, ring buffer or graph to which it applies: so many
  (`test/conformance/roster.hpp`). A returned value where LMAX throws counts as the same rule.
  Of several shards (`ShardedSequencer`, `ShardedRingBuffer`) one is held to it, alone and as the last of four, behind the face of a
  sequencer (`test/conformance/one_shard.hpp`): see below.
- *by type*: the rule holds because what would break it does not compile; the test that shows so is named.
- *differs*: whorl does something else, on purpose.

The {methods} are the test methods that LMAX's sources declare, in {classes} classes. {twice} of them are parameterised over the two producer
types, so its build reports {runs} tests. Those that are test cases here run {of_lmax} times, once for each
type, and the rows after that list (rules, others' tests, ours) {ours} times. Not in the list: its stress tests under jcstress, whose place the models of
[verification.md](verification.md) take, and its performance tests, whose place is [performance.md](performance.md).

Over shards runs every row of a sequencer, a ring buffer, a barrier, a processor or a poller, exclusive (through the lease) and shared, with one
shard and with four. Processors, pollers and barriers are the sharded ones, which look at all shards; a barrier behind a sequence that the test
moves by hand sleeps at that of the shard, and then asks the sharded one, whose answer counts. In the other three of four some events have been
published, in each another number, before the consumers come; while a row runs nobody publishes there (what happens then is in the unit tests
`sharded_*`, the model and the stress test `sharded_sequencer`). These rows do not run there:

- Those of the `Disruptor` (DisruptorTest, ConsumerRepositoryTest, ShutdownOnFatalExceptionTest and ours of graphs): they are the builder's, not
  a sequencer's.
- `rule 1`, `UtilTest.shouldReturnNextPowerOfTwo` and the two of `log2`: the capacity of shards is one for all of them, and refused in other
  words (unit test `sharded_sequencer`).
- `one-producer`, `one-producer-at-once`: a shard has one producer by its lease. Its unit tests hold that nobody else gets one, and that another
  thread is stopped.
- `distinct-barriers`: a processor of shards shows no barrier.
- `runs`: handlers of spans over shards have a unit test of their own (`sharded_event_processor`).
"""


def run(program):
    done = subprocess.run([program, "--reporters=xml"], capture_output=True, text=True)
    # A failing test case prints its lines into its element: what a sanitizer says goes to stderr.
    sys.stderr.write(done.stderr)
    if done.returncode != 0:
        sys.stdout.write(subprocess.run([program], capture_output=True, text=True).stdout)
    return done.stdout, done.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, help="the source tree")
    parser.add_argument("--write", action="store_true", help="write docs/conformance.md instead of comparing it")
    parser.add_argument("--self-test", action="store_true", help="prove that planted faults are found")
    parser.add_argument("programs", nargs="*")
    arguments = parser.parse_args()
    if arguments.self_test:
        complaints = self_test()
    else:
        runs = [run(program) for program in arguments.programs]
        result = judge(arguments.root, [output for output, _ in runs])
        complaints = result.complaints
        complaints += [f"{p}: exit status {status}" for p, (_, status) in zip(arguments.programs, runs) if status != 0]
        target = arguments.root / PAGE
        if arguments.write:
            target.write_text(result.page)
        elif not complaints and (not target.exists() or target.read_text() != result.page):
            complaints.append(f"{PAGE} is not what comes out: run table.py with --write")
        print(result.summary)
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)


# ---- self-test -------------------------------------------------------------------------------------------------------


def case(name, line="1", success="true"):
    return (f'<TestCase name="{name}" filename="a.cpp" line="{line}">'
            f'<OverallResultsAsserts test_case_success="{success}"/></TestCase>')


def innocent():
    """A tree, and what its program prints: as many methods and classes as there must be, each by a test but two."""
    rows, cases = "", ""
    for k in range(CLASSES):
        rows += f"\nC{k}Test\n"
        for m in range(METHODS // CLASSES + (k < METHODS % CLASSES)):
            verdicts = {(0, 0): "  type snippet.cpp: why", (0, 1): "  type label: why", (0, 2): "  differs: why"}
            rows += f"  m{m}{verdicts.get((k, m), '')}\n"
            cases += "" if (k, m) in verdicts else case(f"lmax: C{k}Test.m{m}: so it is&lt;int&gt;", f"{k}00{m}")
    rows += "\nrule\n" + "".join(f"  {n}\n" for n in range(1, 17))
    cases += "".join(case(f"rule: {n}: so it is", f"9{n}") for n in range(1, 17))
    files = {ROWS: rows, TYPES: 'static_assert(sizeof(int) == 4, "label");\n',
             f"{SNIPPETS}/meson.build": "'snippet.cpp',", f"{SNIPPETS}/snippet.cpp": ""}
    return files, cases


def self_test():
    files, cases = innocent()
    rows = files[ROWS]
    first = case("lmax: C1Test.m0: so it is&lt;int&gt;", "1000")
    assert first in cases
    plants = [
        ("an innocent tree", {}, cases, None),
        ("a method less", {ROWS: rows.replace("  m3\n", "", 1)}, cases, "211 methods in 32 classes"),
        ("a method twice", {ROWS: rows.replace("  m3\n", "  m3\n  m3\n", 1)}, cases, "in rows.txt twice"),
        ("a rule less", {ROWS: rows.replace("  16\n", "")}, cases, "rule.16 is not in rows.txt"),
        ("no test", {}, cases.replace(first, ""), "C1Test.m0: no test case"),
        ("a test of its own for each type", {}, cases + first.replace("int", "char"), None),
        ("two tests", {}, cases + first.replace("1000", "77"), "C1Test.m0: two test cases"),
        ("a test that fails", {}, cases.replace(first, case("lmax: C1Test.m0: no", "1000", "false")), "C1Test.m0: fails"),
        ("a test of nothing", {}, cases + case("something"), "'something' names no row"),
        ("an unknown method", {}, cases + case("lmax: C1Test.m99: so"), "rows.txt does not know it"),
        ("a test and a type", {}, cases + case("lmax: C0Test.m0: so"), "says 'type', and there is a test case"),
        ("no snippet", {f"{SNIPPETS}/meson.build": ""}, cases, "neither a snippet nor a static_assert"),
        ("no static_assert", {TYPES: ""}, cases, "neither a snippet nor a static_assert"),
        ("a type without a reason", {ROWS: rows.replace("type label: why", "type label")}, cases, "rows.txt:4: neither"),
        ("too many differ", {ROWS: re.sub(r"  m\d\n", lambda m: m[0].rstrip() + "  differs: why\n", rows, count=16)},
         "", "rows differ: more than 15"),
    ]
    complaints = []
    for what, planted, output, expected in plants:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (files | planted).items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            found = judge(Path(folder), [f"<doctest>{output}</doctest>"]).complaints
        if expected is None and found:
            complaints.append(f"self-test: {what} is accused: {found[:3]}")
        elif expected is not None and not any(expected in complaint for complaint in found):
            complaints.append(f"self-test: {what}: no complaint says '{expected}'; found {found[:3]}")
    print(f"{len(plants)} trees, {len(complaints)} misjudged")
    return complaints


if __name__ == "__main__":
    main()
