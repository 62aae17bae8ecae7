"""Runs the Promela models of this folder under spin; see README.md.

The first lines of a model say how it is run, one run each:

    // holds, quick: what it is [DEFINE=1 ANOTHER]
    // refuted, quick, no cycles: what is wrong with it [DEFINE]

`holds`: no state breaks an assertion or is a dead end. `refuted`: a wrong twin, of which spin must find that out.
`no cycles`: moreover no execution goes on for ever (a livelock). `long`: only with --long.

usage: check.py [--long] [--only SUBSTRING] [--work FOLDER] [MODEL...]
"""

import argparse
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

SKIPPED = 77
RUN = re.compile(r"^// (holds|refuted), (quick|long)(, no cycles)?: (.+) \[([\w= ]*)\]$")
COMPILER = ["cc", "-w", "-DMEMLIM={memory}", "-DNOFAIR", "-DVECTORSZ=512"]
EFFORT = {"quick": ["-O1"], "long": ["-O2", "-DCOLLAPSE"]}
REFUTED_EFFORT = ["-O0"]  # compiling takes longer than to find what is wrong
MEMORY_MB = {"quick": 1000, "long": 6000}
DEPTH = {"quick": 200_000, "long": 5_000_000}
SECONDS = {"quick": 120, "long": 7200}


@dataclass
class Run:
    model: pathlib.Path
    must_hold: bool
    length: str
    no_cycles: bool
    title: str
    defines: list

    def __str__(self):
        return f"{self.model.stem}: {self.title}"


class Broken(Exception):
    """There is no verdict: the model does not compile, or the search was cut off."""


def runs_of(model):
    lines = [line for line in model.read_text().split("\n") if re.match(r"// (holds|refuted)", line)]
    found = [RUN.match(line) for line in lines]
    for line, match in zip(lines, found):
        if match is None:
            sys.exit(f"{model}: not understood: {line}")
    if {match[1] for match in found} != {"holds", "refuted"}:
        sys.exit(f"{model}: needs runs that hold and wrong twins that are refuted")
    return [Run(model, m[1] == "holds", m[2], m[3] is not None, m[4], m[5].split()) for m in found]


def command(words, folder, limit):
    """Returns the output of a command that must succeed."""
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        raise Broken(f"'{words[0]}' takes more than {limit} s") from None
    output = done.stdout + done.stderr
    if done.returncode != 0:
        raise Broken(f"'{words[0]}' failed:\n{output[-1500:]}")
    return output


def search(run, folder):
    """Returns how many states there are and what is wrong with the model, '' if nothing is."""
    length = run.length
    defines = [f"-D{define}" for define in run.defines]
    command(["spin", "-a", *defines, str(run.model)], folder, 60)
    kind = "-DNP" if run.no_cycles else "-DSAFETY"
    compiler = [word.format(memory=MEMORY_MB[length]) for word in COMPILER]
    effort = EFFORT[length] if run.must_hold else REFUTED_EFFORT
    command([*compiler, *effort, kind, "-o", "pan", "pan.c"], folder, 120)
    output = command(["./pan", f"-m{DEPTH[length]}", *(["-l"] if run.no_cycles else [])], folder, SECONDS[length])
    stored = re.search(r"(\d+)(?:\(\d+\))? states, stored|([\d.e+]+) states, stored", output)
    errors = re.search(r"errors: (\d+)", output)
    if stored is None or errors is None:
        raise Broken(f"pan said:\n{output[-1500:]}")
    states = int(float(stored[1] or stored[2]))
    if errors[1] != "0":
        return states, re.search(r"^pan:\d+: (.+?)(?: \(at depth \d+\))?$", output, re.MULTILINE)[1]
    cut_off = re.search(r".*(?:search depth too small|reached -DMEMLIM|out of memory|Search not completed).*", output)
    if cut_off:
        raise Broken(f"the search was cut off: {cut_off[0]}")
    return states, ""


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def judge(run, work):
    """Runs one and prints its line. Returns whether it came out as it must."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        begin = cpu_seconds()
        try:
            states, error = search(run, folder)
        except Broken as reason:
            print(f"{run}: NO VERDICT: {reason}", flush=True)
            return False
        seconds = cpu_seconds() - begin
    if run.must_hold:
        verdict = f"FAILS: {error}" if error else "holds"
    else:
        verdict = f"refuted: {error}" if error else "NOT REFUTED"
    cycles = ", no cycles" if run.no_cycles and not error else ""
    print(f"{str(run):78}{states:10} states {seconds:7.1f} s  {int(bool(error))} errors  {verdict}{cycles}", flush=True)
    return run.must_hold == (not error)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true", help="the larger ones, too")
    parser.add_argument("--only", default="", help="those whose name contains this")
    parser.add_argument("--work", type=pathlib.Path, help="where to build them")
    parser.add_argument("models", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    for tool, package in (("spin", "spin"), ("cc", "gcc")):
        if shutil.which(tool) is None:
            print(f"skipped: {tool} is not installed (package {package})")
            return SKIPPED
    models = options.models or sorted(pathlib.Path(__file__).resolve().parent.glob("*.pml"))
    runs = [run for model in models for run in runs_of(model.resolve()) if options.only in str(run)]
    runs = [run for run in runs if options.long or run.length == "quick"]
    begin = time.monotonic()
    results = [(run.must_hold, judge(run, options.work)) for run in runs]
    print(f"{cpu_seconds():.0f} s of CPU time, {time.monotonic() - begin:.0f} s")
    failed = [was_right for _, was_right in results].count(False)
    if failed or not results:
        print(f"{failed} of {len(results)} did not come out as they must")
    print(f"spin: {results.count((True, True))} models hold, {results.count((False, True))} wrong twins refuted")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
