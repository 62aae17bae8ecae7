// unicast_u64_b1_c65536: one producer, one consumer, single pushes of 8 bytes.
//
//     +----------+   push(u64), one by one    +--------------+   take up to 64    +----------+
//     | producer | -------------------------> | 65,536 items | -----------------> | consumer |
//     |  CPU 2   |                            +--------------+                    |  CPU 1   |
//     +----------+                                                                +----------+
//
// A producer that finds no room backs off (pauses, then yields). A consumer that finds nothing asks again at once
// (greedy) or backs off likewise (gentle): both are measured, for a greedy consumer disturbs the producer.

#include "scenarios.hpp"
#include "unicast.hpp"

namespace bench {

Scenario unicast_u64_b1_c65536() {
  return unicast<std::uint64_t>("unicast_u64_b1_c65536",
                                "1 producer -> 1 consumer, pinned, 8-byte items, single pushes");
}

}  // namespace bench
