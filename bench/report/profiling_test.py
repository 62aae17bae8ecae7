"""Tests of how the profilers' output is read. No profiler is run."""

import contextlib
import io
import os
import stat
import tempfile
import unittest
from pathlib import Path

import profiling

PERF = """
# Overhead  Symbol                                  IPC   [IPC Coverage]
# ........  ......................................  ....................
#
    20.95%  [.] std::_Function_handler<void (), bench::run_hand_off<bench::WhorlShared4<unsigned long>, 4ul>(bench::HandOffPlan const&, bench::Stage const&)::{lambda()#2}>::_M_invoke   -      -
     7.09%  [k] __schedule                           -      -
     3.04%  [.] whorl::v0::BiasedClaim::claim_shared<whorl::v0::ConsumerCursor>
"""

STRACE = """% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 99.93    0.091203         121       748        12 futex
  0.07    0.000063           1        56           clone3
------ ----------- ----------- --------- --------- ----------------
100.00    0.091266         113       804        12 total
"""

PROGRAM = """#!/bin/sh
case $* in *'--only ?'*) echo "whorl-bench: no scenario is called '?'; there are: limits, one, two" >&2; exit 2 ;; esac
[ -z "$BENCH_ALLOCATIONS" ] || echo '3 96' >"$BENCH_ALLOCATIONS"
while [ $# -gt 1 ]; do
  [ "$1" != --json ] || echo '{"results": [{"samples": 7}, {"samples": 5}, {"incomplete": true}]}' >"$2"
  shift
done
"""


class Reading(unittest.TestCase):
    def test_functions(self):
        self.assertEqual(profiling.top_functions(PERF), [
            (20.95, "run_hand_off<WhorlShared4<u64>, 4ul>()::{lambda()#2}"),
            (7.09, "__schedule  (kernel)"),
            (3.04, "BiasedClaim::claim_shared<ConsumerCursor>"),
        ])

    def test_long_names_are_cut(self):
        self.assertEqual(len(profiling.readable("f" * 500)), profiling.LONGEST)

    def test_kernel_calls(self):
        self.assertEqual(profiling.call_counts(STRACE), {"futex": 748, "clone3": 56})


class Running(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.program = self.folder / "whorl-bench"
        for path in (self.program, self.folder / "whorl-bench-profile"):
            path.write_text(PROGRAM)
            path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def profiled(self, *options, path=os.environ.get("PATH", "")):
        before, os.environ["PATH"] = os.environ.get("PATH", ""), path
        try:
            with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
                status = profiling.main([str(self.program), *options])
        finally:
            os.environ["PATH"] = before
        return status, out.getvalue()

    def test_what_cannot_be_had_is_said_and_the_rest_done(self):
        status, said = self.profiled("--only", "one", path="/nowhere")
        self.assertEqual(status, 0)
        self.assertIn("one:\n  top functions\n    not to be had: perf is not installed\n", said)
        self.assertIn("not to be had: strace is not installed", said)
        self.assertIn("3 calls for 96 bytes in 12 samples", said)

    def test_all_scenarios_unless_told(self):
        said = self.profiled(path="/nowhere")[1]
        self.assertIn("one:", said)
        self.assertIn("two:", said)
        self.assertNotIn("limits:", said)
        self.assertEqual(self.profiled("--only", "three", path="/nowhere")[0], 2)

    def test_a_run_that_failed_is_no_profile(self):
        (self.folder / "whorl-bench-profile").write_text("#!/bin/sh\necho lost items >&2; exit 1\n")
        said = self.profiled("--only", "one", path="/nowhere")[1]
        self.assertIn("not to be had: whorl-bench-profile ended with status 1: lost items", said)


if __name__ == "__main__":
    unittest.main()
