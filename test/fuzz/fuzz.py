"""Runs a fuzz target for a while; or, with --planted, shows that targets find bugs. See README.md.

    fuzz.py [--seconds N] [--work FOLDER] TARGET
    fuzz.py --planted --include FOLDER --work FOLDER -- COMPILER [FLAGS...]

With WHORL_LONG=1 a target runs for ten minutes whatever --seconds says; with WHORL_SEED=N from that seed on.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LONG_SECONDS = 600
# Of one input, with ASan, on a busy machine: far more than the slowest takes.
FUZZER = ["-max_len=512", "-timeout=60", "-rss_limit_mb=4000", "-print_final_stats=1", "-verbosity=1"]
PLANTED_SECONDS = 20
ASLEEP_SECONDS = 2
FINDING = re.compile(r"disagreement: .*|whorl: .*|.*runtime error: .*|==\d+==\s?ERROR: (?:Address|Leak)Sanitizer.*")

# Changes to a copy of the headers, switched on by number: what it is, the target that finds it, header, old, new.
PLANTED = [
    ("the owner's limit is one too high", "by_id", "handoff/biased_claim.hpp",
     "const Position limit = gate.passed(first) + capacity_;",
     "const Position limit = gate.passed(first) + capacity_ + PLANTED(1);"),
    ("the shared limit is one too low", "by_id", "handoff/claim.hpp",
     "const Position limit = gate.passed(first) + capacity_;",
     "const Position limit = gate.passed(first) + capacity_ - PLANTED(2);"),
    ("a tombstone counts as delivered", "by_id", "handoff/reader.hpp",
     "reader.skipped() + std::exchange(buried, 0)",
     "reader.skipped() + std::exchange(buried, 0) * !PLANTED(3)"),
    ("close forgets the last item", "by_id", "handoff/claim.hpp",
     "? next - kBeyond : next;", "? next - kBeyond - PLANTED(4) : next;"),
    ("all or nothing writes some", "by_id", "ring/by_id.hpp",
     "try_write_some(values, values.size()) ==",
     "try_write_some(values, PLANTED(5) ? 1 : values.size()) =="),
    ("an item is handed over before it is its turn: the quota is one too high", "by_id", "ring/sweep.hpp",
     "std::min(quota_, most - used)", "std::min(quota_ + PLANTED(6), most - used)"),
    ("a handler that throws keeps its item in the ring", "by_id", "handoff/stamped_cells.hpp",
     "cell.storage.consume(use);", "if (PLANTED(7)) position = p; cell.storage.consume(use); position = p + 1;"),
    ("the owner's limit is one too high, by lease", "by_lease", "handoff/claim.hpp",
     "limit_ = gate.passed(first) + capacity_;", "limit_ = gate.passed(first) + capacity_ + PLANTED(8);"),
    ("a claimed range that is dropped keeps what was built in it", "by_lease", "ring/ring_shard.hpp",
     "hand_off_.cells().destroy(rest.first, built);", "if (!PLANTED(9)) hand_off_.cells().destroy(rest.first, built);"),
    ("a lease that is out is no reason to wait for its items", "by_lease", "handoff/claim.hpp",
     "return state_.load(sync::acquire) == kClosed;",
     "return PLANTED(10) ? is_closed() : state_.load(sync::acquire) == kClosed;"),
    ("the shared claim begins one late when a bias is revoked", "by_id", "handoff/biased_claim.hpp",
     "shared_.begin(first_, winner);", "shared_.begin(first_, winner + PLANTED(11));"),
    ("a consumer that stopped looking at a shard is not told to look again", "by_lease", "ring/doorbell.hpp",
     "look_at(call.shard_);", "if (!PLANTED(12)) look_at(call.shard_);"),
]  # fmt: skip
SWITCH = """
#include <cstdlib>
namespace whorl_planted {
inline const int number = std::getenv("WHORL_PLANTED") != nullptr ? std::atoi(std::getenv("WHORL_PLANTED")) : 0;
}
#define PLANTED(n) (::whorl_planted::number == (n))
"""


def fuzz(target, seconds, work, environment=None, corpus=True):
    """Runs a target. Returns whether it found nothing, and what it printed."""
    work.mkdir(parents=True, exist_ok=True)
    folder = work / f"{target.name}-corpus"
    folder.mkdir(exist_ok=True)
    seed = int(os.environ.get("WHORL_SEED", "0"), 0) % 2**32  # 0: one of its own
    command = [target, *FUZZER, f"-max_total_time={seconds}", f"-seed={seed}"]
    command.append(f"-artifact_prefix={work}/{target.name}-")
    if corpus:
        command.append(folder)
    environment = os.environ | {"UBSAN_OPTIONS": "print_stacktrace=1"} | (environment or {})
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, errors="replace")
    return done.returncode == 0, done.stdout + done.stderr


def found(output):
    """The line that says what the fuzzer came upon."""
    line = FINDING.search(output) or re.search(r"==\d+==\s?ERROR: .*|terminate called.*", output)
    return line[0] if line else "\n".join(output.splitlines()[-20:])


def run_target(options):
    target = pathlib.Path(options.target).resolve()
    seconds = LONG_SECONDS if os.environ.get("WHORL_LONG") == "1" else options.seconds
    clean, output = fuzz(target, seconds, options.work.resolve())
    seed = re.search(r"INFO: Seed: (\d+)", output)
    runs = re.search(r"Done (\d+) runs", output)
    if clean and runs and int(runs[1]) > 0:
        print(f"fuzz: {target.name}: {runs[1]} runs in {seconds} s, seed {seed[1]}: no disagreement")
        return 0
    print(output[-6000:])
    written = re.search(r"Test unit written to (\S+)", output)
    print(f"fuzz: {target.name}: {found(output)}")
    print(f"to see it again: {target} {written[1] if written else ''}")
    return 1


def plant(include):
    """Changes the headers in `include`: every bug is there, and asleep until its number is named."""
    config = include / "whorl/sync/config.hpp"
    config.write_text(config.read_text() + SWITCH)
    for title, _, header, old, new in PLANTED:
        path = include / "whorl" / header
        text = path.read_text()
        if text.count(old) != 1:
            sys.exit(f"planted '{title}': '{old}' is in {header} {text.count(old)} times")
        path.write_text(text.replace(old, new))


def run_planted(options):
    work = options.work.resolve() / "planted"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(options.include, work / "include")
    plant(work / "include")
    for name in sorted({target for _, target, *_ in PLANTED}):
        command = [*options.compiler, "-w", f"-I{work}/include", str(HERE / f"{name}.cpp"), "-o", str(work / name)]
        subprocess.run(command, check=True)
        clean, output = fuzz(work / name, ASLEEP_SECONDS, work, corpus=False)
        if not clean:
            sys.exit(f"{name} finds something though no bug is awake: {found(output)}")
    missed = 0
    for number, (title, name, *_) in enumerate(PLANTED, 1):
        environment = {"WHORL_PLANTED": str(number), "ASAN_OPTIONS": "symbolize=0"}
        _, output = fuzz(work / name, PLANTED_SECONDS, work, environment, corpus=False)
        is_found = FINDING.search(output) is not None
        missed += not is_found
        runs = re.search(r"stat::number_of_executed_units: (\d+)", output)
        verdict = f"found after {runs[1] if runs else '?'} runs: {found(output)}" if is_found else "NOT FOUND"
        print(f"planted in {name}: {title}: {verdict}", flush=True)
    print(f"fuzz: {len(PLANTED) - missed} of {len(PLANTED)} planted bugs found")
    return missed != 0


def main():
    arguments, compiler = sys.argv[1:], []
    if "--" in arguments:
        separator = arguments.index("--")
        arguments, compiler = arguments[:separator], arguments[separator + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planted", action="store_true", help="find bugs planted in a copy of the headers")
    parser.add_argument("--include", type=pathlib.Path, help="the headers to plant them in")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("fuzz-work"))
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("target", nargs="?")
    options = parser.parse_args(arguments)
    options.compiler = compiler
    if options.planted:
        return run_planted(options)
    if options.target is None:
        parser.error("which target?")
    return run_target(options)


if __name__ == "__main__":
    sys.exit(main())
