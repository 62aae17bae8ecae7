// sweep_2shards: one producer writes to two shards in turn.
//
//     +----------+ --push(u64)--> [ shard 0 ] --+   take up to 64    +----------+
//     | producer |                              +-----------------> | consumer |
//     |  CPU 2   | -------------> [ shard 1 ] --+                   |  CPU 1   |
//     +----------+                                                  +----------+
//
// By id, which goes up by one with each item. Both shards are biased, and stay so, for one thread writes to them; or both
// are shared, and each push costs a locked instruction. The consumer sweeps over both. Order holds within a shard.

#include <cstdint>

#include "../driver/hand_off_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;

template <class Kind>
using Sweeping = RingById<whorl::ShardedRing<Item, Kind>, ById{.shards = 2, .wandering = true}>;

struct SweepingBiased : Sweeping<whorl::Biased> {
  static constexpr const char* kName = "whorl/biased";
  using SweepingBiased::RingById::RingById;
};
struct SweepingShared : Sweeping<whorl::Shared> {
  static constexpr const char* kName = "whorl/shared";
  using SweepingShared::RingById::RingById;
};

Scenario make() {
  Scenario scenario{.id = "sweep_2shards",
                    .summary = "1 producer -> 2 shards in turn -> 1 consumer, pinned, 8-byte items, single pushes",
                    .entries = {},
                    .missing = {}};
  for (const WhenEmpty when_empty : {WhenEmpty::kGentle, WhenEmpty::kGreedy}) {
    add_hand_offs<1>(scenario, Roster<SweepingBiased, SweepingShared>{},
                     {.capacity = 65536, .when_empty = when_empty, .pinned = true, .window_ns = 5'000'000});
  }
  return scenario;
}

}  // namespace

Listing sweep_2shards() { return {{"sweep_2shards", make}}; }

}  // namespace bench
