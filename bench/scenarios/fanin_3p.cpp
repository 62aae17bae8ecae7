// fanin_3p1c, fanin_3p1c_b10, fanin_3p3c: three producers of one ring.
//
//     +------------+
//     | producer 0 | --1 or 10 events a publish--+
//     +------------+                             |
//     | producer 1 | ----------------------------+---> +---------------+     +----------------+
//     +------------+                             |     | 65,536 events | --> | 1 consumer, or |
//     | producer 2 | ----------------------------+     +---------------+     | 3 of all of it |
//     +------------+                                                         +----------------+
//
// Four or six threads on two CPUs: OVERSUBSCRIBED, and all wait by yielding. A producer may lose its CPU between claim and
// publish, and what the others publish after that waits for it; in whorl/disruptor_sharded each has a shard, and nobody waits.

#include "graphs.hpp"

namespace bench {

Listing fanin_3p() {
  using OneConsumer = Graph<3, Part{}>;
  using Three = Graph<3, Part{}, Part{}, Part{}>;
  using whorl::Dense, whorl::Multi;
  return {
      graph<OneConsumer, Word, Multi, Dense>("fanin_3p1c", "3 producers -> 1 consumer (oversubscribed), 8-byte events"),
      graph<OneConsumer, Word, Multi, Dense>(
          "fanin_3p1c_b10", "3 producers -> 1 consumer (oversubscribed), 8-byte events, 10 a publish", 10),
      graph<Three, Word, Multi, Dense>(
          "fanin_3p3c", "3 producers -> 3 consumers, each of which handles all (oversubscribed), 8-byte events")};
}

}  // namespace bench
