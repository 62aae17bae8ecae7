#pragma once
// Backoff: how to wait a moment when there is nothing to do.

#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// One waiting loop's patience: a few growing runs of pauses, then the CPU is given away at every step. Never pauses
/// only: with more threads than CPUs the one waited for may be waiting for this very CPU.
///
///     for (Backoff wait; !ready(); wait.snooze()) {}
///
/// Threads:  one; every loop has its own.
/// Units:    runs of 1, 2, 4, 8 pauses (a pause takes 10 to 40 ns on x86), then sched_yield (about 0.5 us).
/// Source:   the two steps of crossbeam's Backoff::snooze.
class Backoff {
 public:
  void snooze() noexcept {
    if (runs_ < kPauseRuns) {
      for (unsigned i = 0; i < 1u << runs_; ++i) sync::pause();
      ++runs_;
    } else {
      sync::yield();
    }
  }

  /// The thing waited for has happened: the next wait begins with short pauses again.
  void reset() noexcept { runs_ = 0; }

 private:
  static constexpr unsigned kPauseRuns = 4;

  unsigned runs_ = 0;
};

}  // namespace whorl::inline WHORL_ABI_TAG
