// sharded_4p_b1, sharded_4p_b256: four producers, which could do with a shard each, and one consumer.
// sharded_graph_4p: the same producers, and three consumers: two side by side, and one after both.
//
//     +------------+
//     | producer 0 | --1 or 256 events a publish--+
//     +------------+                              |
//     |    ...     | -----------------------------+---> +------------------------+     +----------+
//     +------------+                              |     | 65,536 events together | --> | consumer |
//     | producer 3 | -----------------------------+     +------------------------+     +----------+
//     +------------+
//
// Five threads on two CPUs, or seven: OVERSUBSCRIBED, and all wait by yielding. whorl/disruptor_multi and lmax/java have one
// ring, and every claim is a locked instruction on one word; in whorl/disruptor_sharded producers never meet.

#include "graphs.hpp"

namespace bench {

Listing sharded_4p() {
  using OneConsumer = Graph<4, Part{}>;
  using Diamond =
      Graph<4, Part{.stamp = kFirst}, Part{.stamp = kSecond}, Part{.after = 0b11, .before = kFirst | kSecond}>;
  using whorl::Dense, whorl::Multi;
  return {graph<OneConsumer, Word, Multi, Dense>("sharded_4p_b1",
                                                 "4 producers -> 1 consumer (oversubscribed), 8-byte events"),
          graph<OneConsumer, Word, Multi, Dense>(
              "sharded_4p_b256", "4 producers -> 1 consumer (oversubscribed), 8-byte events, 256 a publish", 256),
          graph<Diamond, Stamped, Multi, Dense>(
              "sharded_graph_4p",
              "4 producers -> 2 consumers side by side -> 1 after both (oversubscribed), 24-byte events")};
}

}  // namespace bench
