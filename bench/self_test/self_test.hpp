#pragma once
// Who checks the checker: queues that are wrong on purpose.

#include "../driver/scenario.hpp"

namespace bench {

/// Runs a sound queue and one of each kind of broken queue through the drivers, and prints what came of it.
/// True when the sound one passed and every broken one was caught.
bool self_test(const Stage& stage);

}  // namespace bench
