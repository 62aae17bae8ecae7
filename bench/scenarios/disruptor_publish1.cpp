// disruptor_publish1_8B, disruptor_publish1_56B: one producer, one consumer, one event a publish, of 8 or 56 bytes.
//
//     +----------+   claim, fill, publish: one    +---------------+   batches, as they come    +----------+
//     | producer | -----------------------------> | 65,536 events | -------------------------> | consumer |
//     |  CPU 2   |                                +---------------+                            |  CPU 1   |
//     +----------+                                                                             +----------+
//
// Both sides wait by spinning. whorl's events have a stamp each: with one cursor for all of them a consumer that keeps up
// takes the cursor's line away from the producer at every look.

#include "graphs.hpp"

namespace bench {

Listing disruptor_publish1() {
  using G = Graph<1, Part{}>;
  return {graph<G, Word, whorl::Single, whorl::Inline>(
              "disruptor_publish1_8B", "1 producer -> 1 consumer, 8-byte events, published singly; both spin"),
          graph<G, Words<7>, whorl::Single, whorl::Inline>(
              "disruptor_publish1_56B", "1 producer -> 1 consumer, 56-byte events, published singly; both spin")};
}

}  // namespace bench
