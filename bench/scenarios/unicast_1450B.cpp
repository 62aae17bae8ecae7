// unicast_1450B_b1, unicast_1450B_b64: one producer, one consumer, items of 1,450 bytes, single pushes or batches of 64.
//
//     +----------+   push(1,450 B), or 64 by one call    +-------------+   take up to 64    +----------+
//     | producer | ------------------------------> | 1,024 items | -----------------> | consumer |
//     |  CPU 2   |                                 +-------------+                    |  CPU 1   |
//     +----------+                                                                    +----------+
//
// A producer that finds no room backs off (pauses, then yields). A consumer that finds nothing asks again at once
// (greedy; single pushes only) or backs off likewise (gentle).
// 1,024 items are 1.5 MB. No multiple of four bytes: dpdk pads them, by a copy on their way in.

#include "unicast.hpp"

namespace bench {

Listing unicast_1450B() {
  return {{"unicast_1450B_b1", [] { return unicast_single<Frame, 1024>("unicast_1450B_b1", "1,450-byte"); }},
          {"unicast_1450B_b64", [] { return unicast_batch<Frame, 1024>("unicast_1450B_b64", "1,450-byte", 64); }}};
}

}  // namespace bench
