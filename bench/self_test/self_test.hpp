#pragma once
// Who checks the checker: queues that are wrong on purpose.

#include "../driver/scenario.hpp"

namespace bench {

/// Runs the contenders and one of each kind of broken queue through the drivers, has the Java program test its own books,
/// and prints what came of it. True when every contender passed and every broken one was caught.
bool self_test(const Stage& stage);

}  // namespace bench
