// push_2p_parallel: what a push costs when two producers push at the same time.
//
//     +------------+
//     | producer 0 | --push(u64)--+
//     |   CPU 1    |              |     +-------------------------+
//     +------------+              +---> | never full while timed  | - - -> drained and checked afterwards, not timed
//     | producer 1 | -------------+     +-------------------------+
//     |   CPU 2    |
//     +------------+
//
// Wandering producers are those of a thread pool: each changes its id at every push, so that both write to every shard.
//
// The figure is wall time / pushes of both: two producers that do not disturb each other show half the cost of a push.

#include <cstdint>

#include "../driver/push_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {

Listing push_2p_parallel() {
  // A quarter of the capacity is all that one producer has of a ring of four shards.
  constexpr std::size_t kCapacity = 65536;
  constexpr std::size_t kPushes = 16000;
  using Item = std::uint64_t;
  using Contenders = Joined<Roster<WhorlLeased<Item>, WhorlDense<Item>, WhorlInline<Item>,              //
                                   WhorlShared1<Item>, WhorlShared4<Item>, WhorlSharedWandering<Item>,  //
                                   WhorlBiased<Item>, WhorlBiased1<Item>, WhorlBiasedWandering<Item>>,
                            Roster<BoostQueue<Item>,                                                             //
                                   MoodycamelTokens<Item, kCapacity / 2>, MoodycamelPlain<Item, kCapacity / 2>,  //
                                   TbbBounded<Item>, UrcuWfcqueue<Item>, LibcdsVyukov<Item>,                     //
                                   MutexRing<Item>, AbslMutexDeque<Item>>,
                            DpdkForMany<Item>>;
  constexpr const char* kId = "push_2p_parallel";

  return {{kId, [] {
             Scenario scenario{.id = kId,
                               .summary = "2 producers, pinned, push 8-byte items at once; ns of wall time per push",
                               .entries = {},
                               .missing = {}};
             add_pushes(scenario, Contenders{}, {.capacity = kCapacity, .pushes = kPushes});
             return scenario;
           }}};
}

}  // namespace bench
