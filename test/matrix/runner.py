"""Runs whorl-packets, one run at a time, and keeps what it said."""

import json
import os
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from judge import FATES

# What a report must have for us to judge it.
NEEDED = {*FATES, "balanced", "cpus", "damaged", "latency_ns", "payload", "payload_megabits_per_second", "per_shard",
          "problems", "read", "ring", "seconds", "shutdown_seconds"}
PATIENCE_SECONDS = 60  # beyond the run's duration, before it counts as hanging


@dataclass(frozen=True)
class Outcome:
    command: list
    begin: str
    end: str
    status: int
    stdout: str
    stderr: str
    report: dict | None = None  # the program's own, from --json
    timed_out: bool = False
    busy_cpus: float = 0  # of the whole machine meanwhile, this run and all others

    @property
    def others_cpus(self):
        """What other programs took meanwhile. A run that was starved by them says nothing about the program."""
        return max(0.0, self.busy_cpus - self.report["cpus"]) if self.report else None

    def log(self):
        """Everything that happened, as it is kept in a file."""
        status = f"{self.status} (killed: it did not end)" if self.timed_out else str(self.status)
        head = f"command: {shlex.join(self.command)}\nstart:   {self.begin}\nend:     {self.end}\nstatus:  {status}\n"
        return f"{head}--- stdout\n{self.stdout.rstrip()}\n--- stderr\n{self.stderr.rstrip()}\n"


def allowed_cpus():
    return sorted(os.sched_getaffinity(0))


def reason_to_skip(case, cpus):
    if case.cpus is not None and case.cpus > len(cpus):
        return f"wants {case.cpus} CPUs, there {'is' if len(cpus) == 1 else 'are'} {len(cpus)}"
    return None


def arguments(case, seconds):
    """What the program is told to do, without the reports that it shall write."""
    words = ["--generate", "--full", "drop-new", "--producers", str(case.producers), "--rate", f"{case.rate:g}Mb",
             "--payload", f"{case.payload}B", "--tick", f"{case.tick}ms", "--duration", f"{seconds:g}s"]
    words += ["--shards", str(case.shards)] if case.shards else []
    words += ["--strategy", case.strategy] if case.strategy else []
    return words


def pinned(case, cpus):
    """The command in front of the program: nothing, or what keeps it to the first CPUs of those allowed."""
    return ["taskset", "-c", ",".join(map(str, cpus[:case.cpus]))] if case.cpus else []


def now():
    return datetime.now().astimezone().isoformat(timespec="milliseconds")


def busy_seconds():
    """CPU time that the machine has spent on anything since it was started; what its host took from it, too."""
    with open("/proc/stat") as counters:
        user, nice, system, _, _, interrupts, soft_interrupts, stolen = map(int, counters.readline().split()[1:9])
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")


def execute(command, seconds):
    """Runs a command that should take `seconds`; one that takes a minute longer is killed, with all it has started."""
    begin = now()
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, errors="replace", start_new_session=True)
    except OSError as error:
        return Outcome(command, begin, now(), 127, "", str(error))
    timed_out = False
    try:
        stdout, stderr = process.communicate(timeout=seconds + PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
    except BaseException:  # the user has had enough
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise
    return Outcome(command, begin, now(), process.returncode, stdout, stderr, timed_out=timed_out)


def read_report(path):
    """None where there is none, or half of one."""
    try:
        report = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) and NEEDED <= report.keys() else None


@dataclass(frozen=True)
class Runner:
    program: str
    output: Path
    cpus: list

    def run(self, case, seconds=None, prefix=(), label=None):
        """Runs a case, behind `prefix` where that is given; the log and the program's report are called `label`."""
        seconds = case.seconds if seconds is None else seconds
        label = label or case.id
        logs = self.output / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        json_file = logs / f"{label}.json"
        json_file.unlink(missing_ok=True)  # of an earlier run
        command = [*pinned(case, self.cpus), *prefix, self.program, *arguments(case, seconds), "--json", str(json_file)]
        busy, started = busy_seconds(), time.monotonic()
        outcome = execute(command, seconds)
        busy = (busy_seconds() - busy) / (time.monotonic() - started)
        outcome = replace(outcome, report=read_report(json_file), busy_cpus=busy)
        (logs / f"{label}.log").write_text(outcome.log())
        return outcome
