#pragma once
// The sequencers, as types for TEST_CASE_TEMPLATE.

#include <whorl/disruptor/sequencer.hpp>

#include "sleep_at_once.hpp"

namespace whorl_test {

using Single = whorl::SingleProducerSequencer<SleepAtOnce>;
using Multi = whorl::MultiProducerSequencer<SleepAtOnce>;

#define WHORL_TEST_SEQUENCERS whorl_test::Single, whorl_test::Multi

/// Just before everything that a position could run into.
inline constexpr whorl::Position kFirstPositions[] = {0, (whorl::Position{1} << 31) - 5, (whorl::Position{1} << 32) - 5,
                                                      (whorl::Position{1} << 62) - 5, ~whorl::Position{0} - 5};

}  // namespace whorl_test
