// unicast_64B_b1_c1024, unicast_64B_b1_c65536, unicast_64B_b64: one producer, one consumer, items of 64 bytes, single pushes or batches of 64.
//
//     +----------+   push(64 B), or 64 by one call    +-------------+   take up to 64    +----------+
//     | producer | ------------------------------> | c items | -----------------> | consumer |
//     |  CPU 2   |                                 +-------------+                    |  CPU 1   |
//     +----------+                                                                    +----------+
//
// A producer that finds no room backs off (pauses, then yields). A consumer that finds nothing asks again at once
// (greedy; single pushes only) or backs off likewise (gentle).

#include "unicast.hpp"

namespace bench {

Listing unicast_64B() {
  return {{"unicast_64B_b1_c1024", [] { return unicast_single<Packet, 1024>("unicast_64B_b1_c1024", "64-byte"); }},
          {"unicast_64B_b1_c65536", [] { return unicast_single<Packet, 65536>("unicast_64B_b1_c65536", "64-byte"); }},
          {"unicast_64B_b64", [] { return unicast_batch<Packet, 65536>("unicast_64B_b64", "64-byte", 64); }}};
}

}  // namespace bench
