// shards_1_p4, _4_, _16_, _64_, _256_p4: four producers, one consumer, and more or fewer shards; no thread pinned.
//
//     +------------+
//     | producer 0 | --push(u64)-----> [ shard 0 ] --+
//     +------------+                                 |
//     | producer 1 | --------------->  [ shard 1 ] --+   take up to 64    +----------+
//     +------------+                                 +-----------------> | consumer |
//     |    ...     | --------------->  [   ...   ] --+                    +----------+
//     +------------+                   [   ...   ] --+
//
// Producer i writes to shard i modulo the number of shards. So with one shard all meet there, with four each has one to
// itself, and with more the others stay empty: what they cost the consumer is the question. The ring holds 65,536 items,
// in equal shards. Boost's queue, which has none, stands beside it; its queue for one producer is not legal here.

#include <cstdint>

#include "../driver/hand_off_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;

template <std::size_t kShards>
struct Shared : RingById<whorl::ShardedRing<Item, whorl::Shared>, ById{.shards = kShards}> {
  static constexpr const char* kName = "whorl/shared";
  using Shared::RingById::RingById;
};
template <std::size_t kShards>
struct Biased : RingById<whorl::ShardedRing<Item, whorl::Biased>, ById{.shards = kShards}> {
  static constexpr const char* kName = "whorl/biased";
  using Biased::RingById::RingById;
};

template <std::size_t kShards>
Scenario shards(const std::string& id) {
  constexpr std::size_t kProducers = 4;
  Scenario scenario{.id = id,
                    .summary = "4 producers -> " + counted(kShards, "shard") + " -> 1 consumer, unpinned (" +
                               load_of(kProducers + 1) + "), 8-byte items, single pushes",
                    .entries = {},
                    .missing = {}};
  add_hand_offs<kProducers>(
      scenario, Roster<Biased<kShards>, Shared<kShards>, BoostQueue<Item>>{},
      {.capacity = 65536, .when_empty = WhenEmpty::kGentle, .pinned = false, .window_ns = 60'000'000});
  return scenario;
}

template <std::size_t kShards>
Listed listed() {
  const std::string id = "shards_" + std::to_string(kShards) + "_p4";
  return {id, [=] { return shards<kShards>(id); }};
}

}  // namespace

Listing shards_p4() { return {listed<1>(), listed<4>(), listed<16>(), listed<64>(), listed<256>()}; }

}  // namespace bench
