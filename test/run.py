"""Builds and runs the tests in every configuration. Called by run.sh, which has installed what that needs."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILDS = ROOT / "build" / "tests"
# Nobody looks at these builds with a debugger, and its tables are a good part of compiling.
OPTIONS = ["-Dtests=enabled", "-Dbenchmarks=disabled", "-Dwerror=true", "-Ddebug=false"]

# Little optimised and with line numbers only: sanitized code takes several times as long to compile.
SANITIZED = ["-Db_lundef=false", "-Doptimization=1"]
THREADS = ["-Db_sanitize=thread", *SANITIZED, "-Dcpp_args=-g1"]
ADDRESSES = ["-Db_sanitize=address,undefined", *SANITIZED, "-Dcpp_args=-g1 -fno-sanitize-recover=all"]
ENVIRONMENT = {
    "ASAN_OPTIONS": "allocator_may_return_null=1",  # the tests ask for more memory than there is
    "TSAN_OPTIONS": "halt_on_error=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
# Tests have time limits for a machine that is not busy; a busy one, or a sanitizer, is no reason to fail.
PATIENCE = "4"
PATIENCE_SANITIZED = "10"

EXPLORER = re.compile(r"^explorer: (\d+) executions, (\d+) of (\d+) models exhausted$", re.MULTILINE)
SUMMARY = re.compile(r"^(spin|fuzz|mutants|faults|conformance): .*$", re.MULTILINE)
TAIL = 40  # lines shown of what failed


@dataclass
class Configuration:
    name: str
    compiler: str
    suites: set  # those that are run, none of which may be empty
    options: list = field(default_factory=list)
    compiles_all: bool = True  # also the programs of suites that are not run: they must compile
    runs_by_default: bool = True

    @property
    def build(self):
        return BUILDS / self.name

    @property
    def is_sanitized(self):
        return any("b_sanitize" in option for option in self.options)


# Every suite runs plain with g++. The rest is chosen for what it adds in the time there is: unit and stress tests run under
# a sanitizer, and clang, new and old, compiles and runs what is in headers. The last two run where they are asked for: --only.
HEADERS = {"headers", "codegen"}
FULL = [
    Configuration("gcc", "g++", HEADERS | {"consumer", "lint", "misuse", "unit", "conformance", "stress", "model", "faults",
                                           "mutants", "spin", "examples", "bench"}),
    Configuration("gcc-tsan", "g++", {"stress"}, THREADS, compiles_all=False),
    Configuration("clang-19", "clang++-19", HEADERS | {"fuzz"}, compiles_all=False),
    Configuration("clang-19-asan-ubsan", "clang++-19", {"unit", "stress"}, ADDRESSES, compiles_all=False),
    Configuration("clang-14", "clang++-14", HEADERS | {"unit"}, compiles_all=False),
    Configuration("clang-19-tsan", "clang++-19", {"unit", "stress", "faults"}, THREADS, compiles_all=False,
                  runs_by_default=False),
    Configuration("gcc-asan-ubsan", "g++", {"unit", "stress", "faults"}, ADDRESSES, compiles_all=False, runs_by_default=False),
]
QUICK = [Configuration("quick", "g++", {"unit", "misuse", "model", "lint", "headers", "codegen"}, compiles_all=False)]
KNOWN_SUITES = set().union(*(configuration.suites for configuration in FULL))


@dataclass
class Result:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    complaints: list = field(default_factory=list)
    executions: int = 0
    exhausted: int = 0
    models: int = 0
    summaries: list = field(default_factory=list)  # what a suite says of itself

    def fail(self, complaint):
        self.failed += 1
        self.complaints.append(complaint)


class Failed(Exception):
    """A step without which there is nothing to test."""


def run(configuration, command, must_succeed=True):
    """Runs a command, its output appended to the configuration's log."""
    path = BUILDS / f"{configuration.name}.log"
    environment = os.environ | ENVIRONMENT | {"CXX": configuration.compiler}
    for flags in ("CXXFLAGS", "CPPFLAGS", "LDFLAGS", "DESTDIR"):
        environment.pop(flags, None)
    with path.open("a") as log:
        log.write(f"\n+ {' '.join(command)}\n")
        log.flush()
        status = subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=log).returncode
    if status != 0 and must_succeed:
        raise Failed(f"'{' '.join(command[:2])}' failed:\n{tail(path.read_text(errors='replace'))}")


def tail(text):
    return "\n".join("    " + line for line in text.rstrip().splitlines()[-TAIL:])


def set_up(configuration):
    examples = "enabled" if "examples" in configuration.suites else "disabled"
    options = [*OPTIONS, f"-Dexamples={examples}", *configuration.options]
    again = ["--reconfigure"] if (configuration.build / "build.ninja").exists() else []
    run(configuration, ["meson", "setup", *again, *options, str(configuration.build)])


def plain_addresses():
    """The command under which a program's memory is laid out the same every time. ThreadSanitizer cannot live with the
    widest randomisation that kernels are set to."""
    command = ["setarch", "-R"]
    works = shutil.which("setarch") and subprocess.run([*command, "true"], capture_output=True).returncode == 0
    return command if works else []


def introspect(configuration, what):
    command = ["meson", "introspect", f"--{what}", str(configuration.build)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def suites_of(test):
    return {suite.split(":")[-1] for suite in test["suite"]}


def registered_suites(configuration):
    """For every test of the build, the suites it is in."""
    return [suites_of(test) for test in introspect(configuration, "tests")]


def targets_to_build(configuration):
    """What the configuration's own suites run, and what is built by default: of that, not the programs of other suites
    where time is short."""
    needed, others = set(), set()
    for test in introspect(configuration, "tests"):
        (needed if suites_of(test) & configuration.suites else others).update(test["depends"])
    left_out = set() if configuration.compiles_all else others
    files = [file for target in introspect(configuration, "targets")
             if target["id"] in needed or (target["build_by_default"] and target["id"] not in left_out)
             for file in target["filename"]]
    return sorted(os.path.relpath(file, configuration.build) for file in files)


def run_tests(configuration):
    """Runs the tests and returns what Meson logged of them."""
    log = configuration.build / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    patience = PATIENCE_SANITIZED if configuration.is_sanitized else PATIENCE
    command = ["meson", "test", "-C", str(configuration.build), "--no-rebuild", "--timeout-multiplier", patience]
    suites = [f"--suite={suite}" for suite in sorted(configuration.suites)]
    run(configuration, [*plain_addresses(), *command, *suites], must_succeed=False)
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def judge(configuration, registered, entries):
    result = Result()
    for entry in entries:
        output = entry.get("stdout", "") + entry.get("stderr", "")
        if entry["result"] in {"OK", "EXPECTEDFAIL"}:
            result.passed += 1
        elif entry["result"] == "SKIP":
            result.skipped += 1
            result.complaints.append(f"skipped: {entry['name']}: {(output.splitlines() or ['no reason given'])[-1]}")
        else:
            result.fail(f"{entry['result']}: {entry['name']}\n{tail(output)}")
        for executions, exhausted, models in EXPLORER.findall(output):
            result.executions += int(executions)
            result.exhausted += int(exhausted)
            result.models += int(models)
        result.summaries += [match[0] for match in SUMMARY.finditer(output)]
    present = set().union(*registered)
    for suite in sorted(configuration.suites - present):
        result.fail(f"there is no test in suite '{suite}'")
    for suite in sorted(present - KNOWN_SUITES):
        result.fail(f"the suite '{suite}' is run in no configuration")
    expected = sum(1 for suites in registered if suites & configuration.suites)
    if len(entries) < expected:
        result.fail(f"{expected - len(entries)} of {expected} tests did not run")
    return result


def test(configuration):
    (BUILDS / f"{configuration.name}.log").write_text("")
    try:
        set_up(configuration)
        run(configuration, ["ninja", "-C", str(configuration.build), *targets_to_build(configuration)])
        return judge(configuration, registered_suites(configuration), run_tests(configuration))
    except Failed as failure:
        result = Result()
        result.fail(str(failure))
        return result


def chosen_configurations():
    names = [configuration.name for configuration in FULL]
    parser = argparse.ArgumentParser(prog="test/run.sh", description=__doc__)
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--quick", action="store_true", help="what is fast, with gcc")
    group.add_argument("--only", choices=names, help="one configuration of the full run")
    arguments = parser.parse_args()
    if arguments.quick:
        return QUICK
    return [c for c in FULL if c.name == arguments.only or (c.runs_by_default and arguments.only is None)]


def tell(results, configurations):
    """What the suites say of themselves, each in the first configuration that ran it."""
    summaries = [line for result in results for line in result.summaries]
    told = {}
    for line in summaries:
        told.setdefault(line.split(":")[0] if not line.startswith("fuzz") else line, line)
    for line in told.values():
        if line.startswith(("spin", "fuzz")):
            print(line)
    explorer = results[0]  # every configuration explores the same
    if explorer.models == 0 and "model" in configurations[0].suites:
        print("no model reported what it explored")
        explorer.failed += 1
    print(f"explorer: {explorer.executions} executions, {explorer.exhausted} of {explorer.models} models exhausted")
    for suite in ("mutants", "faults", "conformance"):
        if suite in told:
            print(told[suite])
        elif any(suite in configuration.suites for configuration in configurations):
            print(f"{suite}: did not say what was tried")
            results[0].failed += 1


def main():
    configurations = chosen_configurations()
    BUILDS.mkdir(parents=True, exist_ok=True)
    results = []
    for configuration in configurations:
        begin = time.monotonic()
        result = test(configuration)
        seconds = time.monotonic() - begin
        print(f"{configuration.name + ':':21}{result.passed:4} passed, {result.failed} failed, "
              f"{result.skipped} skipped ({seconds:.0f} s)", flush=True)
        for complaint in result.complaints:
            print(f"  {complaint}", flush=True)
        results.append(result)
    tell(results, configurations)
    passed, failed = sum(result.passed for result in results), sum(result.failed for result in results)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
