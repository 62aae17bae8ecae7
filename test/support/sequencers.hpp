#pragma once
// The sequencers, as types for TEST_CASE_TEMPLATE.

#include <whorl/disruptor/sequencer.hpp>

namespace whorl_test {

/// Sleeps at once: whoever waits is asleep soon.
struct SleepAtOnce : whorl::BlockingWait {
  SleepAtOnce() : whorl::BlockingWait{.spins = 0, .yields = 0} {}
};

using Single = whorl::SingleProducerSequencer<SleepAtOnce>;
using Multi = whorl::MultiProducerSequencer<SleepAtOnce>;

#define WHORL_TEST_SEQUENCERS whorl_test::Single, whorl_test::Multi

/// Just before everything that a position could run into.
inline constexpr whorl::Position kFirstPositions[] = {0, (whorl::Position{1} << 31) - 5, (whorl::Position{1} << 32) - 5,
                                                      (whorl::Position{1} << 62) - 5, ~whorl::Position{0} - 5};

}  // namespace whorl_test
