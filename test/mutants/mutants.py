#!/usr/bin/env python3
"""Changes the shipping headers in one place at a time, and demands that some check notices.

The places are found here, in include/whorl/, not listed by hand: sites.py says what is changed. For each, a copy of
the headers is changed in that one place, and programs are compiled against the copy and run until one of them fails: the
mutant is killed. Memory orders, barriers and wake-ups are judged by the explorer's model programs alone; everything else
by unit tests, model programs, unit tests under AddressSanitizer and stress tests under ThreadSanitizer: first those that
are likely to notice, then all.

A mutant that gets past all of them has survived; it must be listed, with its reason, in survivors.txt, or this program fails.
What is listed is not tried again, unless with --all. A mutant that does not compile is no mutant, and is not counted.

Without --all-classes: every order, barrier and wake-up, and of the others each sixteenth, always the same ones. With
--turns N: of these each Nth; at which it begins, the text of all headers decides, so that every change tries others.

    mutants.py --include DIR --engine LIB --work DIR --model NAME=SOURCE... --unit FILE... [OPTIONS] -- COMPILER [FLAGS...]
"""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import shutil
import sys
import threading

import judges
import sites

HERE = pathlib.Path(__file__).resolve().parent
SAMPLE = 16  # one mutant of so many, of the classes that are not tried as a whole
MOST_LISTED = 0.05  # of all mutants
KINDS = ("unit", "model", "asan", "tsan")


def digest_of(include):
    digest = hashlib.sha256()
    for header in sorted(include.rglob("*.hpp")):
        digest.update(header.read_bytes())
    return digest.hexdigest()


class State:
    """What is known already of which mutant; kept in a file, so that a run that was interrupted goes on."""

    def __init__(self, path, include, resume):
        self.path, self.lock = path, threading.Lock()
        self.known = {"headers": digest_of(include), "mutants": {}}
        if resume and path.exists():
            before = json.loads(path.read_text())
            if before["headers"] == self.known["headers"]:
                self.known = before

    def of(self, mutant):
        """killer: a judge's key, or "none: does not compile"; passed: the keys of judges that did not notice."""
        with self.lock:
            return self.known["mutants"].setdefault(name_of(mutant), {"killer": None, "passed": []})

    def write(self):
        with self.lock:
            fresh = self.path.with_suffix(".new")
            fresh.write_text(json.dumps(self.known, indent=1))
            fresh.replace(self.path)


def name_of(mutant):
    text = mutant.site() + (mutant.path.read_text() if isinstance(mutant, sites.Patch) else "")
    return f"{mutant.site()} {hashlib.sha256(text.encode()).hexdigest()[:8]}"


NOT_COMPILED = "none: does not compile"


def try_mutant(options, state, mutant):
    """Returns who kills the mutant, NOT_COMPILED, or None."""
    kinds = ["model"] if mutant.kind in sites.BY_EXPLORER else options.judges
    in_turn = judges.in_turn(options.all_judges, mutant, kinds, options.near)
    entry = state.of(mutant)
    keys = {judge.key(): judge for judge in in_turn}
    if entry["killer"] == NOT_COMPILED:
        return NOT_COMPILED
    if entry["killer"] in keys:
        return str(keys[entry["killer"]])
    folder = options.work / hashlib.sha256(mutant.site().encode()).hexdigest()[:16]
    shutil.rmtree(folder, ignore_errors=True)
    include = folder / "include"
    shutil.copytree(options.include, include)
    mutant.apply(include)
    try:
        for key, judge in keys.items():
            if key in entry["passed"]:
                continue
            if not judge.passes(include, folder):
                judge.must_pass()
                entry["killer"] = key
                shutil.rmtree(folder)
                return str(judge)
            entry["passed"].append(key)
            state.write()
    except judges.DoesNotCompile as error:
        judge.must_pass()
        if mutant.kind in (*sites.BY_EXPLORER, "patches"):
            raise RuntimeError(f"{mutant}: {error}") from error
        entry["killer"] = NOT_COMPILED
        return NOT_COMPILED
    finally:
        state.write()
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


def in_sample(mutant):
    return hashlib.sha256(mutant.site().encode()).digest()[0] % SAMPLE == 0


def choose(options):
    everything = list(sites.find(options.include, HERE / "patches"))
    for kind in sites.CLASSES:
        if not any(mutant.kind == kind for mutant in everything):
            sys.exit(f"no site of class {kind} found: the headers are not written any more as sites.py thinks")
    if not options.all_classes:
        everything = [m for m in everything if m.kind in sites.BY_EXPLORER or in_sample(m)]
    chosen = [m for m in everything if options.only in str(m) and (not options.classes or m.kind in options.classes)]
    if options.turns > 1:
        begin = int(digest_of(options.include), 16) % options.turns
        chosen = chosen[begin::options.turns]
    if not chosen:
        sys.exit("no site found: nothing was tried")
    return chosen


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    path = pathlib.Path
    parser.add_argument("--include", type=path, required=True)
    parser.add_argument("--engine", type=path, required=True, help="the explorer, as a library")
    parser.add_argument("--work", type=path, required=True)
    parser.add_argument("--model", action="append", required=True, metavar="NAME=SOURCE")
    parser.add_argument("--unit", action="append", type=path, default=[], metavar="FILE")
    parser.add_argument("--counted", action="append", type=path, default=[], metavar="FILE", help="a unit test on --seam")
    parser.add_argument("--seam", type=path, metavar="FILE")
    parser.add_argument("--stress", action="append", type=path, default=[], metavar="FILE")
    parser.add_argument("--support", action="append", type=path, default=[], metavar="FILE", help="goes into each test")
    parser.add_argument("--all-classes", action="store_true", help="every mutant, and no sample")
    parser.add_argument("--turns", type=int, default=1, metavar="N", help="each Nth of those that would be tried")
    parser.add_argument("--classes", type=lambda text: text.split(","), default=[], help=f"of {','.join(sites.CLASSES)}")
    parser.add_argument("--only", default="", help="mutants whose description contains this")
    parser.add_argument("--judges", type=lambda text: text.split(","), default=list(KINDS), help=f"of {','.join(KINDS)}")
    parser.add_argument("--near", action="store_true", help="only what is likely to notice: a first look")
    parser.add_argument("--all", action="store_true", help="also those that are listed as survivors")
    parser.add_argument("--resume", action="store_true", help="go on with what the last run with --resume left")
    parser.add_argument("--state", type=path, help="where that is; else in --work")
    parser.add_argument("--list", action="store_true", help="show the mutants, and try none")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("compiler", nargs="+")
    options = parser.parse_args()
    if options.all_classes:
        options.turns = 1
    options.model = [(name, path(source)) for name, _, source in (m.partition("=") for m in options.model)]
    options.work.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(options.work / judges.UNCHANGED, ignore_errors=True)  # of other headers, perhaps
    options.all_judges = judges.all_judges(options)
    return options


def print_classes(counts):
    print(f"{'class':12}{'killed':>8}{'listed':>8}{'survive':>8}{'not compiled':>14}")
    for kind in sites.CLASSES:
        if kind in counts:
            killed, listed, survive, broken = (counts[kind].get(what, 0) for what in ("killed", "listed", "survive", "not"))
            print(f"{kind:12}{killed:8}{listed:8}{survive:8}{broken:14}")


def report_stale(options, survivors):
    """A listed survivor that is not there any more must go from the list."""
    present = {m.site() for m in sites.find(options.include, HERE / "patches")}
    stale = sorted(set(survivors) - present)
    for site in stale:
        print(f"LISTED, NOT THERE      {site}")
    return stale


def main():
    options = parse()
    survivors = read_survivors(HERE / "survivors.txt")
    chosen = choose(options)
    if options.list:
        for mutant in chosen:
            print(f"{mutant.kind:12}{mutant}")
        return 0
    state = State(options.state or options.work / "state.json", options.include, options.resume)
    counts = {}

    def count(mutant, what):
        counts.setdefault(mutant.kind, {}).setdefault(what, 0)
        counts[mutant.kind][what] += 1

    tried = []
    for mutant in chosen:
        if mutant.site() in survivors and not options.all:
            print(f"listed, not tried      {mutant}\n    {survivors[mutant.site()]}", flush=True)
            count(mutant, "listed")
        else:
            tried.append(mutant)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for mutant, killer in zip(tried, pool.map(lambda m: try_mutant(options, state, m), tried)):
            verdict = f"killed by {killer}" if killer else "SURVIVES"
            if killer == NOT_COMPILED:
                verdict = "does not compile"
            count(mutant, "survive" if not killer else "not" if killer == NOT_COMPILED else "killed")
            print(f"{verdict:44} {mutant}", flush=True)
    return conclude(options, survivors, counts)


def conclude(options, survivors, counts):
    total = {what: sum(of.get(what, 0) for of in counts.values()) for what in ("killed", "listed", "survive", "not")}
    stale = report_stale(options, survivors)
    print_classes(counts)
    if total["not"]:
        print(f"{total['not']} do not compile and are not counted")
    everything = total["killed"] + total["listed"] + total["survive"]
    too_many = options.all_classes and not options.only and not options.classes and (
        total["listed"] > MOST_LISTED * everything)
    if too_many:
        print(f"MORE THAN {MOST_LISTED:.0%} ARE LISTED")
    share = f"; one of {options.turns} was tried" if options.turns > 1 else ""
    print(f"mutants: {total['killed']} of {everything} killed, {total['listed']} survivors listed{share}")
    return 1 if total["survive"] or stale or too_many else 0


if __name__ == "__main__":
    sys.exit(main())
