// disruptor_publish1_8B, disruptor_publish1_56B: one producer, one consumer, one event a publish, of 8 or 56 bytes.
//
//     +----------+   claim, fill, publish: one    +---------------+   batches, as they come    +----------+
//     | producer | -----------------------------> | 65,536 events | -------------------------> | consumer |
//     |  CPU 2   |                                +---------------+                            |  CPU 1   |
//     +----------+                                                                             +----------+
//
// Both sides wait by spinning. whorl's events have a stamp each: with one cursor for all of them a consumer that keeps up
// takes the cursor's line away from the producer at every look, as whorl/disruptor_single_dense shows.

#include "graphs.hpp"

namespace bench {
namespace {

template <class Event>
Listed publish1(const std::string& id, const std::string& summary) {
  using G = Graph<1, Part{}>;
  return {id, [=] {
            Scenario scenario = graph<G, Event, whorl::Single, whorl::Inline>(id, summary).make();
            add_disruptor<G, Event, whorl::Single, whorl::Dense>(scenario, graph_plan<G>(), false,
                                                                 "whorl/disruptor_single_dense");
            return scenario;
          }};
}

}  // namespace

Listing disruptor_publish1() {
  return {
      publish1<Word>("disruptor_publish1_8B", "1 producer -> 1 consumer, 8-byte events, published singly; both spin"),
      publish1<Words<7>>("disruptor_publish1_56B",
                         "1 producer -> 1 consumer, 56-byte events, published singly; both spin")};
}

}  // namespace bench
