"""The builds that the steps use: build/long/NAME, with what test/run.py gives its own."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import run  # noqa: E402

ROOT = run.ROOT
LONG = ROOT / "build" / "long"
STATIC = ["-Ddefault_library=static", "-Dcpp_link_args=-static"]  # so that no foreign libraries have to be found


class Failed(Exception):
    """The step cannot be carried out, or what it ran failed."""


class Unavailable(Exception):
    """What the step needs is not on this machine."""


@dataclass
class Build:
    name: str
    compiler: str = "g++"
    options: list = field(default_factory=list)
    is_ready: bool = False

    @property
    def folder(self):
        return LONG / self.name

    def environment(self, **more):
        environment = os.environ | run.ENVIRONMENT | {"CXX": self.compiler} | more
        for flags in ("CXXFLAGS", "CPPFLAGS", "LDFLAGS", "DESTDIR"):
            environment.pop(flags, None)
        return environment

    def make(self, log):
        """Sets it up, once in this run. What a step needs of it is compiled when it is run."""
        if self.is_ready:
            return
        again = ["--reconfigure"] if (self.folder / "build.ninja").exists() else []
        options = [*run.OPTIONS, "-Dexamples=disabled", *self.options]
        self.call(["meson", "setup", *again, *options, str(self.folder)], log)
        self.is_ready = True

    def call(self, command, log, folder=ROOT, **environment):
        """Runs a command, its output appended to the log; Failed if it fails."""
        with log.open("a") as out:
            out.write(f"\n+ {' '.join(command)}\n")
            out.flush()
            status = subprocess.run(command, cwd=folder, env=self.environment(**environment), stdout=out,
                                    stderr=out).returncode
        if status != 0:
            raise Failed(f"'{' '.join(command[:3])}' ended with {status}")

    def tests(self, suite):
        """The tests of a suite, as Meson knows them; Failed if there are none."""
        found = [test for test in self.introspect("--tests") if suite in {name.split(":")[-1] for name in test["suite"]}]
        if not found:
            raise Failed(f"there is no test in suite '{suite}'")
        return found

    def call_test(self, test, command, log):
        """Runs a test's own command, changed as it may be; Meson runs them in the build's folder."""
        files = [str(Path(name).relative_to(self.folder)) for target in self.introspect("--targets")
                 if target["id"] in test["depends"] for name in target["filename"]]
        if files:
            self.call(["ninja", "-C", str(self.folder), *files], log)
        self.call(command, log, self.folder)

    def introspect(self, what):
        command = ["meson", "introspect", what, str(self.folder)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def run_suite(self, suite, log, names=(), **environment):
        """Runs a suite, or those of its tests that are named; returns Meson's entries. Failed if one fails."""
        chosen = [test["name"] for test in self.tests(suite) if not names or test["name"] in names]
        missing = set(names) - set(chosen)
        if missing:
            raise Failed(f"there is no {', '.join(sorted(missing))} in suite '{suite}'")
        results = self.folder / "meson-logs" / "testlog.json"
        results.unlink(missing_ok=True)
        # No time limit: the tests have watchdogs of their own, and how long is long depends on the machine.
        command = ["meson", "test", "-C", str(self.folder), "--timeout-multiplier", "0", "--print-errorlogs",
                   "--suite", suite, *chosen]
        try:
            self.call([*run.plain_addresses(), *command], log, **environment)
        except Failed:
            entries = read_entries(results)
            failed = [entry["name"] for entry in entries if entry["result"] not in {"OK", "EXPECTEDFAIL", "SKIP"}]
            raise Failed(f"failed: {', '.join(failed) or 'meson test'}") from None
        entries = read_entries(results)
        if len(entries) < len(chosen):
            raise Failed(f"{len(chosen) - len(entries)} of {len(chosen)} tests did not run")
        return entries


def read_entries(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


PLAIN = Build("plain")
TSAN = Build("tsan", options=run.THREADS)
ASAN = Build("asan-ubsan", options=run.ADDRESSES)
CLANG = Build("clang-19", compiler="clang++-19")


def foreign_build(processor):
    """A build for another processor, whose programs run under QEMU."""
    compiler, emulator = f"{processor}-linux-gnu-g++", f"qemu-{processor}-static"
    for tool in (compiler, emulator):
        if shutil.which(tool) is None:
            raise Unavailable(f"{tool} is not installed")
    cross = LONG / f"cross-{processor}.ini"
    cross.write_text(
        f"[binaries]\ncpp = '{compiler}'\nar = '{processor}-linux-gnu-ar'\nstrip = '{processor}-linux-gnu-strip'\n"
        f"exe_wrapper = '{emulator}'\n[host_machine]\nsystem = 'linux'\ncpu_family = '{processor}'\ncpu = '{processor}'\n"
        f"endian = '{'big' if processor == 's390x' else 'little'}'\n")
    return Build(processor, options=["--cross-file", str(cross), *STATIC])
