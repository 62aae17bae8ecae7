// unicast_256B_b1, unicast_256B_b64: one producer, one consumer, items of 256 bytes, single pushes or batches of 64.
//
//     +----------+   push(256 B), or 64 by one call    +-------------+   take up to 64    +----------+
//     | producer | ------------------------------> | 4,096 items | -----------------> | consumer |
//     |  CPU 2   |                                 +-------------+                    |  CPU 1   |
//     +----------+                                                                    +----------+
//
// A producer that finds no room backs off (pauses, then yields). A consumer that finds nothing asks again at once
// (greedy; single pushes only) or backs off likewise (gentle).
// 4,096 items are 1 MiB.

#include "unicast.hpp"

namespace bench {

Listing unicast_256B() {
  return {{"unicast_256B_b1", [] { return unicast_single<Words32, 4096>("unicast_256B_b1", "256-byte"); }},
          {"unicast_256B_b64", [] { return unicast_batch<Words32, 4096>("unicast_256B_b64", "256-byte", 64); }}};
}

}  // namespace bench
