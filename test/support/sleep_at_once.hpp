#pragma once
// SleepAtOnce: a wait strategy without patience.

#include <whorl/wait/wait_strategy.hpp>

namespace whorl_test {

/// Sleeps at once: whoever waits is asleep soon.
struct SleepAtOnce : whorl::BlockingWait {
  SleepAtOnce() : whorl::BlockingWait{.spins = 0, .yields = 0} {}
};

}  // namespace whorl_test
