#!/usr/bin/env python3
"""Weakens every memory order of the shipping headers and removes every barrier and every wake-up, one at a time, and
demands that the explorer notices.

The sites are found here, in include/whorl/, not listed by hand. For each, a copy of the headers is changed in that one
place, the model programs are compiled against the copy and run until one of them fails: the mutant is killed. A mutant
that all of them pass has survived; it must be listed, with its reason, in survivors.txt, or this program fails. What is
listed is not tried again, unless with --all.

    mutants.py --include DIR --engine LIB --work DIR --model NAME=SOURCE... [--only SUBSTRING] [--all] -- COMPILER [FLAGS...]
"""
import argparse
import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys

WEAKER = {"acquire": ["relaxed"], "release": ["relaxed"], "acq_rel": ["acquire", "release"]}
ORDER = re.compile(r"\bsync::(acquire|release|acq_rel)\b")
# A whole statement, on one line: the barriers, the kernel's wake-up, and what whorl calls its own.
STATEMENT = re.compile(
    r"(?<![\w.:])((?:sync::(?:light|heavy|full)_barrier|sync::unpark_all)\(\w[^;]*\)"
    r"|[\w.()\->]+(?:\.|->)(?:notify|wake|tell)\(\)|more\.(?:announce|cancel)\(\)|look_at\(\w+(?:\.\w+)?\));"
)
TIME_LIMIT_SECONDS = 300

# Which models are likely to notice a change of which header: they come first, so that a mutant dies early. All others have
# their turn when these have not noticed.
LIKELY = {
    "biased_claim": ["biased_shard", "close"],
    "claim": ["close", "shared_shard"],
    "cursor": ["exclusive_shard"],
    "doorbell": ["doorbell", "waiting_ring"],
    "event_count": ["event_count"],
    "gate": ["waiting_ring"],
    "ring_shard": ["waiting_ring", "claimed_range"],
    "sequence": ["shared_shard"],
    "sharded_ring": ["close", "waiting_ring"],
    "stamped_cells": ["claimed_range", "throwing_elements", "shared_shard"],
}


class Mutant:
    """One order in one line, replaced by a weaker one; or one statement, replaced by nothing."""

    def __init__(self, header, line_number, column, old, new, text):
        self.header, self.line_number, self.column = header, line_number, column
        self.old, self.new, self.text = old, new, text

    def change(self):
        return f"{self.old} -> {self.new or 'nothing'}"

    def __str__(self):
        return f"{self.header}:{self.line_number}: {self.change()}: {self.text}"

    def site(self):
        """What it is called in survivors.txt: by its text, so that line numbers may change."""
        return f"{self.header}: {self.change()}: {self.text}"

    def folder_name(self):
        return f"{self.header.stem}-{self.line_number}-{self.column}-{self.new.split(':')[-1] or 'removed'}"

    def apply(self, include):
        path = include / self.header
        lines = path.read_text().split("\n")
        line = lines[self.line_number - 1]
        assert line[self.column :].startswith(self.old)
        lines[self.line_number - 1] = line[: self.column] + self.new + line[self.column + len(self.old) :]
        path.write_text("\n".join(lines))


def find_mutants(include):
    for path in sorted(include.rglob("*.hpp")):
        header = path.relative_to(include)
        if header.parts[1] == "sync":  # the seam defines the orders; it is what the model replaces
            continue
        for number, line in enumerate(path.read_text().split("\n"), 1):
            code = line.split("//")[0]
            for match in ORDER.finditer(code):
                for new in WEAKER[match[1]]:
                    yield Mutant(header, number, match.start(), match[0], f"sync::{new}", code.strip())
            for match in STATEMENT.finditer(code):
                yield Mutant(header, number, match.start(1), match[1], "", code.strip())


def run(command, log):
    """True when the command succeeds. One that does not come to an end has failed, too."""
    with open(log, "ab") as out:
        try:
            return subprocess.run(command, stdout=out, stderr=out, timeout=TIME_LIMIT_SECONDS).returncode == 0
        except subprocess.TimeoutExpired:
            return False


def build_and_run(options, include, folder, name, source):
    """Returns whether the model program `name` passes with the headers in `include`."""
    program = folder / name
    command = [*options.compiler, f"-I{include}", f"-I{source.parent}", str(source), str(options.engine), "-o", str(program)]
    log = folder / f"{name}.log"
    if not run(command, log):
        raise RuntimeError(f"{name} does not compile with {include}:\n{log.read_text()[-2000:]}")
    passed = run([str(program), "--quick", "--stop"], log)
    program.unlink()
    return passed


def try_mutant(options, mutant):
    """Returns the name of the model program that kills the mutant, or None."""
    folder = options.work / mutant.folder_name()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    include = folder / "include"
    shutil.copytree(options.include, include)
    mutant.apply(include)
    likely = LIKELY.get(mutant.header.stem, [])
    for name, source in sorted(options.model, key=lambda model: model[0] not in likely):
        if not build_and_run(options, include, folder, name, source):
            return name
    return None


def read_survivors(path):
    """Lines of `site # reason`: what may survive. See Mutant.site()."""
    listed = {}
    for line in path.read_text().split("\n"):
        if line.strip() and not line.startswith("#"):
            site, _, reason = line.partition(" # ")
            if not reason.strip():
                sys.exit(f"{path}: a survivor needs its reason: {line}")
            listed[site.strip()] = reason.strip()
    return listed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--include", type=pathlib.Path, required=True)
    parser.add_argument("--engine", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--model", action="append", required=True, metavar="NAME=SOURCE")
    parser.add_argument("--only", default="", help="mutants whose description contains this")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--all", action="store_true", help="also those that are listed as survivors")
    parser.add_argument("compiler", nargs="+")
    options = parser.parse_args()
    options.model = [(name, pathlib.Path(source)) for name, _, source in (m.partition("=") for m in options.model)]
    options.work.mkdir(parents=True, exist_ok=True)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        # Killing counts for something only if the headers as they are pass.
        passes = pool.map(lambda m: build_and_run(options, options.include, options.work, *m), options.model)
        for (name, _), passed in zip(options.model, passes):
            if not passed:
                sys.exit(f"{name} fails with the headers as they are: see {options.work / name}.log")

    survivors = read_survivors(pathlib.Path(__file__).with_name("survivors.txt"))
    found = [m for m in find_mutants(options.include) if options.only in str(m)]
    if not found:
        sys.exit("no site found: nothing was tried")
    listed = [m for m in found if m.site() in survivors and not options.all]
    for mutant in listed:
        print(f"listed, not tried      {mutant}\n    {survivors[mutant.site()]}", flush=True)
    stale = [] if options.only else sorted(set(survivors) - {m.site() for m in found})
    for site in stale:
        print(f"LISTED, NOT THERE      {site}")
    tried = [m for m in found if m not in listed]
    killed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for mutant, killer in zip(tried, pool.map(lambda m: try_mutant(options, m), tried)):
            killed += killer is not None
            print(f"{'killed by ' + killer if killer else 'SURVIVES':26} {mutant}", flush=True)
    print(f"mutants: {killed} of {len(found)} killed, {len(listed)} survivors listed")
    return 1 if killed < len(tried) or stale else 0


if __name__ == "__main__":
    sys.exit(main())
