"""Where whorl's time goes in each scenario, what its threads allocate, and how often they call the kernel to wait.

    python3 bench/report/profiling.py build/bench/whorl-bench [--seconds N] [--only A,B] [--allow-missing]

whorl's contenders alone are run, three times: under perf, under strace, and as whorl-bench-profile, which counts
allocations. What cannot be had here is said and left out. None of these runs gives figures worth quoting.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = 8  # functions of each scenario
LONGEST = 110  # characters of a function's name


class Unavailable(Exception):
    """A tool is not there, or may not be used."""


def run(command, **settings):
    """Its standard error, unless it failed."""
    done = subprocess.run(command, capture_output=True, text=True, **settings)
    if done.returncode != 0:
        raise Unavailable(f"{Path(command[0]).name} ended with status {done.returncode}: {last_line(done.stderr)}")
    return done


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"


def tool(name):
    path = shutil.which(name)
    if path is None:
        raise Unavailable(f"{name} is not installed")
    return path


def bench(program, scenario, options, report=None):
    return [str(program), "--only", scenario, "--contenders", "whorl/", "--seconds", f"{options.seconds:g}",
            *(["--json", str(report)] if report else []), *(["--allow-missing"] if options.allow_missing else [])]


# --- functions


def readable(symbol):
    """Without what the compiler put around the body of a thread, the default template arguments, and most namespaces."""
    symbol = re.sub(r"^std::_Function_handler<void \(\), (.*)>::_M_invoke$", r"\1", symbol)
    symbol = re.sub(r"\b(?:bench|detail|whorl|v\d+|\(anonymous namespace\))::", "", symbol)
    symbol = symbol.replace("unsigned long", "u64").replace("(HandOffPlan const&, Stage const&)", "()")
    return symbol if len(symbol) <= LONGEST else symbol[:LONGEST - 3] + "..."


def top_functions(listing):
    """[(percent, function)] of `perf report --stdio --sort symbol`."""
    found = []
    for line in listing.splitlines():
        match = re.match(r"\s*(\d+\.\d+)%\s+\[(.)\]\s+(.*?)(?:\s+-\s+-)?\s*$", line)
        if match:
            where = "  (kernel)" if match[2] == "k" else ""
            found.append((float(match[1]), readable(match[3]) + where))
    return found[:TOP]


def functions(program, scenario, options, folder):
    perf, data = tool("perf"), str(folder / "perf.data")
    run([perf, "record", "-F", "999", "-o", data, "--", *bench(program, scenario, options)])
    listing = run([perf, "report", "-i", data, "--stdio", "--no-children", "--sort", "symbol", "--percent-limit", "0.5"]).stdout
    found = top_functions(listing)
    if not found:
        raise Unavailable("perf saw nothing")
    return [f"{percent:5.1f} %  {name}" for percent, name in found]


# --- calls of the kernel


def call_counts(table):
    """{system call: calls} of `strace -c`."""
    counts = {}
    for line in table.splitlines():
        match = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)\s*$", line)
        if match and match[2] != "total":
            counts[match[2]] = int(match[1])
    return counts


def kernel_calls(program, scenario, options, folder):
    table = folder / "strace"
    run([tool("strace"), "-f", "-c", "-e", "trace=futex,clone,clone3,sched_yield,clock_nanosleep", "-o", str(table),
         *bench(program, scenario, options)])
    counts = call_counts(table.read_text(encoding="utf-8"))
    threads = counts.pop("clone3", 0) + counts.pop("clone", 0)
    said = [f"{counts.get(name, 0):,} {name}" for name in ("futex", "sched_yield", "clock_nanosleep")]
    return [f"{', '.join(said)}, by {threads:,} threads in turn; to join a thread takes a futex call, too"]


# --- allocations


def allocations(program, scenario, options, folder):
    counting = program.with_name(program.name + "-profile")
    if not counting.exists():
        raise Unavailable(f"{counting.name} is not built")
    numbers, report = folder / "allocations", folder / "report.json"
    run(bench(counting, scenario, options, report), env={**os.environ, "BENCH_ALLOCATIONS": str(numbers)})
    calls, size = map(int, numbers.read_text(encoding="utf-8").split())
    rows = json.loads(report.read_text(encoding="utf-8"))["results"]
    samples = sum(row["samples"] for row in rows if not row.get("incomplete"))
    return [f"{calls:,} calls for {size:,} bytes in {samples:,} samples, their warming up included"]


PARTS = (("top functions", functions), ("allocations", allocations), ("kernel calls", kernel_calls))


def profile(program, scenario, options):
    lines = [f"{scenario}:"]
    with tempfile.TemporaryDirectory() as folder:
        for title, part in PARTS:
            try:
                said = part(program, scenario, options, Path(folder))
            except Unavailable as reason:
                said = [f"not to be had: {reason}"]
            lines += [f"  {title}", *(f"    {line}" for line in said)]
    return "\n".join(lines)


def scenarios_of(program):
    """The program lists its scenarios when it is asked for one that does not exist."""
    said = subprocess.run([str(program), "--only", "?"], capture_output=True, text=True).stderr
    names = said.partition("there are: ")[2].strip().split(", ")
    return [name for name in names if name not in ("", "limits")]


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("--seconds", type=float, default=2, help="of each run")
    parser.add_argument("--only", default="", help="scenarios, with commas between")
    parser.add_argument("--allow-missing", action="store_true")
    options = parser.parse_args(arguments)
    known = scenarios_of(options.program)
    wanted = options.only.split(",") if options.only else known
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        print(f"profiling.py: no scenario is called {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    print("whorl's contenders alone. Profiled runs give no figures.")
    for scenario in wanted:
        print(profile(options.program, scenario, options), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
