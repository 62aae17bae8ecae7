"""The deep cut of the tests, in steps that are remembered. Called by test/long.sh, which has installed what that needs."""

import argparse
import datetime
import hashlib
import json
import os
import platform
import subprocess
import sys
import time

import steps
from builds import LONG, ROOT, Failed, Unavailable


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


def tree():
    """What is tested, and the tests, committed or not: not the documents that their results are written into."""
    digest = hashlib.sha256()
    files = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "include", "src", "test", "examples", "meson*")
    for name in sorted(files.split(b"\0")):
        path = ROOT / os.fsdecode(name)
        if name and path.is_file():
            digest.update(name + b"\0" + path.read_bytes())
    return digest.hexdigest()


def described():
    changed = " with changes" if git("status", "--porcelain") else ""
    compiler = subprocess.run(["g++", "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    commit = git("rev-parse", "--short", "HEAD").decode().strip()
    return f"commit {commit}{changed}; {os.cpu_count()} CPUs, {platform.machine()}, Linux {platform.release()}; {compiler}"


class State:
    """What came of each step, in build/long/state.json."""

    def __init__(self):
        self.path = LONG / "state.json"
        self.results = json.loads(self.path.read_text()) if self.path.exists() else {}

    def has_passed(self, name, digest):
        result = self.results.get(name, {})
        return result.get("result") == "passed" and result.get("tree") == digest

    def put(self, name, **result):
        self.results[name] = result
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.results, indent=1))
        fresh.replace(self.path)


def carry_out(name, step):
    """Runs one step; returns what came of it and its figures."""
    log = LONG / f"{name.replace('/', '-')}.log"
    log.write_text("")
    try:
        return "passed", step(log)
    except Failed as failure:
        return "FAILED", f"{failure}; see {log.relative_to(ROOT)}"
    except Unavailable as reason:
        return "skipped", str(reason)
    except (OSError, subprocess.SubprocessError, ValueError, LookupError) as error:
        return "FAILED", f"{type(error).__name__}: {error}"


def rows(state, names, digest):
    for name in names:
        result = state.results.get(name)
        if result is None or result["tree"] != digest:
            yield name, "not run", "", "", ""
        else:
            yield name, result["result"], result["figures"], f"{result['seconds']} s", result["date"]


def as_text(table):
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table)


def as_markdown(table):
    lines = ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in table]
    lines.insert(1, "|" + "---|" * len(table[0]))
    return "\n".join(lines)


def table_of(state, names, digest):
    return [("step", "result", "figures", "time", "date"), *rows(state, names, digest)]


def summary_of(table):
    counts = {what: sum(row[1] == what for row in table) for what in ("passed", "FAILED", "skipped", "not run")}
    always = ("passed", "FAILED")
    return ", ".join(f"{number} {what.lower()}" for what, number in counts.items() if number or what in always)


def report(state, every, chosen, digest):
    """Keeps the table of all steps, prints that of the chosen ones. Returns 0 if all of these have passed."""
    whole, table = table_of(state, every, digest), table_of(state, chosen, digest)
    (LONG / "result.md").write_text(f"{described()}\n\n{as_markdown(whole)}\n\n{summary_of(whole)}\n")
    print(f"\n{as_text(table)}\n\n{described()}\n{summary_of(table)}")
    return 0 if all(row[1] == "passed" for row in table[1:]) else 1


def run_all(state, chosen, digest, again):
    for name, step in chosen.items():
        if not again and state.has_passed(name, digest):
            continue
        print(f"{name} ...", end=" ", flush=True)
        begin = time.monotonic()
        result, figures = carry_out(name, step)
        seconds = round(time.monotonic() - begin)
        date = datetime.date.today().isoformat()
        state.put(name, tree=digest, result=result, figures=figures, seconds=seconds, date=date)
        print(f"{result} ({seconds} s): {figures}", flush=True)


def parse(steps_there):
    parser = argparse.ArgumentParser(prog="test/long.sh", description=__doc__)
    parser.add_argument("--only", default="", metavar="STEP[,STEP]", help="these steps or groups of steps alone")
    parser.add_argument("--again", action="store_true", help="also those that have passed")
    parser.add_argument("--list", action="store_true", help="the steps, and which have passed")
    arguments = parser.parse_args()
    wanted = [word for word in arguments.only.split(",") if word]
    chosen = {name: step for name, step in steps_there.items()
              if not wanted or any(name == word or name.startswith(f"{word}/") for word in wanted)}
    for word in wanted:
        if not any(name == word or name.startswith(f"{word}/") for name in chosen):
            parser.error(f"there is no step {word}: see --list")
    return arguments, chosen


def main():
    every = steps.all_steps()
    arguments, chosen = parse(every)
    LONG.mkdir(parents=True, exist_ok=True)
    state, digest = State(), tree()
    if arguments.list:
        for name, result, *_ in rows(state, chosen, digest):
            print(f"{name:28}{result}")
        return 0
    try:
        run_all(state, chosen, digest, arguments.again)
    except KeyboardInterrupt:
        print("interrupted: start it again to go on")
        report(state, every, chosen, digest)
        return 130
    return report(state, every, chosen, digest)


if __name__ == "__main__":
    sys.exit(main())
