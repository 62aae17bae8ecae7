"""Where a run's time goes, what it allocates and how often it enters the kernel: one run of each case for each tool.

A tool that is missing, or that may not do what it is for, is a remark in the report and not a failure: these runs are
looked at, not judged.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass, field

MIN_SECONDS = 10
MOST = 5  # rows of each table

PERF_LINE = re.compile(r"^\s*(\d+(?:\.\d+)?)%\s*\|(.*?)\s*\|\[(.)\]\s+(.*?)\s*$")
HEAPTRACK_TOTALS = {
    "allocations": re.compile(r"^calls to allocation functions: (\d+)", re.MULTILINE),
    "temporary": re.compile(r"^temporary memory allocations: (\d+)", re.MULTILINE),
    "peak": re.compile(r"^peak heap memory consumption: (\S+)", re.MULTILINE),
}
HEAPTRACK_CALLER = re.compile(r"^(\d+) calls to allocation functions with \S+ peak consumption from\n(.*?)(?:\n\n|\Z)",
                              re.MULTILINE | re.DOTALL)
OWN = re.compile(r"^(packets|whorl)::|^main$")


@dataclass
class Profile:
    """What the three tools found. Remarks: what they could not, and why."""

    functions: list = field(default_factory=list)  # {percent, function, object}
    allocations: dict = field(default_factory=dict)  # allocations, temporary, peak, packets, callers: {calls, function}
    calls: list = field(default_factory=list)  # {name, calls, errors}
    packets: int = 0  # that were delivered while the calls were counted
    remarks: list = field(default_factory=list)


OPERATOR = re.compile(r"operator(?:<=>|<<=?|>>=?|->\*?|<=?|>=?)(?![\w:])|operator->")


def without_templates(name):
    """std::less<int> becomes std::less<>: names of templates are longer than any table."""
    text, depth, at = "", 0, 0
    while at < len(name):
        operator = OPERATOR.match(name, at)
        word = operator[0] if operator else name[at]
        at += len(word)
        if word == ">":
            depth -= 1
        if depth == 0:
            text += word
        if word == "<":
            depth += 1
    return text


def parse_perf(text):
    """Of `perf report -F overhead,dso,symbol -t |`."""
    found = []
    for line in text.splitlines():
        if match := PERF_LINE.match(line):
            percent, shared_object, _, function = match.groups()
            found.append({"percent": float(percent), "function": without_templates(function), "object": shared_object})
    return found


def caller(frames):
    """Who allocates: the innermost function, and the first one on the way there that is the program's own. Of several ways
    heaptrack shows the most frequent one."""
    lines = (line.strip() for line in frames.splitlines())
    functions = [line for line in lines if not re.match(r"(in|at|and) |\d+ calls with ", line)]
    if not functions:
        return "unknown"
    own = next((function for function in functions if OWN.match(function)), functions[0])
    return functions[0] if own == functions[0] else f"{own}, in {functions[0]}"


def parse_heaptrack(text):
    """Of heaptrack_print. Empty when that is not what it is."""
    totals = {name: pattern.search(text) for name, pattern in HEAPTRACK_TOTALS.items()}
    if not all(totals.values()):
        return {}
    most_calls = text.partition("MOST CALLS TO ALLOCATION FUNCTIONS")[2].partition("\nPEAK MEMORY CONSUMERS")[0]
    return {
        "allocations": int(totals["allocations"][1]),
        "temporary": int(totals["temporary"][1]),
        "peak": totals["peak"][1],
        "callers": [{"calls": int(match[1]), "function": caller(match[2])}
                    for match in HEAPTRACK_CALLER.finditer(most_calls)],
    }


def parse_strace(text):
    """Of `strace -c`: the most frequent call first."""
    found = []
    for line in text.splitlines():
        words = line.split()
        is_row = len(words) in (5, 6) and re.fullmatch(r"[\d.]+", words[0]) and words[-1] != "total"
        if is_row:
            found.append({"name": words[-1], "calls": int(words[3]), "errors": int(words[4]) if len(words) == 6 else 0})
    return sorted(found, key=lambda row: (-row["calls"], row["name"]))


def last_line(text):
    return (text.strip().splitlines() or ["no reason given"])[-1]


class Profiler:
    """Runs a case under each tool."""

    def __init__(self, runner, seconds=None):
        self.runner = runner
        self.seconds = seconds  # None: the case's, at least MIN_SECONDS
        self.folder = runner.output / "profiles"

    def profile(self, case):
        self.folder.mkdir(parents=True, exist_ok=True)
        profile = Profile()
        for tool, look in (("perf", self.perf), ("heaptrack", self.heaptrack), ("strace", self.strace)):
            if shutil.which(tool):
                look(case, profile)
            else:
                profile.remarks.append(f"{tool} is missing")
        return profile

    def run(self, case, tool, prefix):
        """The outcome of a run under a tool, and what to say when it failed."""
        seconds = self.seconds or max(MIN_SECONDS, case.seconds)
        outcome = self.runner.run(case, seconds, prefix, f"{case.id}-{tool}")
        failed = outcome.status != 0 or outcome.report is None
        return outcome, f"{tool}: status {outcome.status}: {last_line(outcome.stderr)}" if failed else None

    def read(self, command):
        return subprocess.run(command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)

    def perf(self, case, profile):
        data = self.folder / f"{case.id}.perf"
        outcome, complaint = self.run(case, "perf", ["perf", "record", "-q", "-F", "499", "-o", str(data), "--"])
        if complaint:
            profile.remarks.append(complaint)
            return
        listing = self.read(["perf", "report", "-i", str(data), "--stdio", "-q", "--no-children",
                             "-F", "overhead,dso,symbol", "-t", "|"])
        profile.functions = parse_perf(listing.stdout)[:MOST]
        if not profile.functions:
            profile.remarks.append(f"perf report: {last_line(listing.stderr)}")

    def heaptrack(self, case, profile):
        data = self.folder / f"{case.id}.heaptrack"
        for old in self.folder.glob(f"{data.name}*"):
            old.unlink()
        outcome, complaint = self.run(case, "heaptrack", ["heaptrack", "-o", str(data)])
        written = sorted(self.folder.glob(f"{data.name}*"))  # heaptrack appends the name of what it compresses with
        if complaint or not written:
            profile.remarks.append(complaint or "heaptrack has written nothing")
            return
        listing = self.read(["heaptrack_print", "-f", str(written[0]), "-p", "0", "-T", "0", "-n", str(MOST), "-s", "1"])
        profile.allocations = parse_heaptrack(listing.stdout)
        if not profile.allocations:
            profile.remarks.append(f"heaptrack_print: {last_line(listing.stderr)}")
        profile.allocations["packets"] = outcome.report["delivered"]

    def strace(self, case, profile):
        counts = self.folder / f"{case.id}.strace"
        outcome, complaint = self.run(case, "strace", ["strace", "-f", "-c", "-q", "-o", str(counts)])
        if complaint:
            profile.remarks.append(complaint)
            return
        profile.calls = parse_strace(counts.read_text(errors="replace"))
        profile.packets = outcome.report["delivered"]
