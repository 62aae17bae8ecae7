// sharded_4p_b1, sharded_4p_b256: four producers, which could do with a shard each, and one consumer.
//
//     +------------+
//     | producer 0 | --1 or 256 events a publish--+
//     +------------+                              |
//     |    ...     | -----------------------------+---> +------------------------+     +----------+
//     +------------+                              |     | 65,536 events together | --> | consumer |
//     | producer 3 | -----------------------------+     +------------------------+     +----------+
//     +------------+
//
// Five threads on two CPUs: OVERSUBSCRIBED, and all wait by yielding. whorl/disruptor_multi and lmax/java have one ring, and
// every claim is a locked instruction on one word.

#include "graphs.hpp"

namespace bench {

Listing sharded_4p() {
  using G = Graph<4, Part{}>;
  using whorl::Dense, whorl::Multi;
  return {graph<G, Word, Multi, Dense>("sharded_4p_b1", "4 producers -> 1 consumer (oversubscribed), 8-byte events"),
          graph<G, Word, Multi, Dense>(
              "sharded_4p_b256", "4 producers -> 1 consumer (oversubscribed), 8-byte events, 256 a publish", 256)};
}

}  // namespace bench
