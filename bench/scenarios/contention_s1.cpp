// contention_p1_s1, _p2_s1, _p4_s1, _p8_s1, _p16_s1: so many producers, all to one place; no thread pinned.
//
//     +------------+
//     | producer 0 | --push(u64)--+
//     +------------+              |     +------------------------+   take up to 64    +----------+
//     |    ...     | -------------+---> | 65,536 items, one ring | -----------------> | consumer |
//     +------------+              |     +------------------------+                    +----------+
//     | producer n | -------------+
//     +------------+
//
// What shards spare: here there is one. Beside Boost's queue for many producers stands its queue for one, where there is one;
// everybody backs off as in mpsc_*.

#include <cstdint>

#include "../driver/hand_off_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;

template <std::size_t kProducers>
Scenario contention(const std::string& id) {
  using Many = Roster<WhorlShared1<Item>, WhorlBiased1<Item>, BoostQueue<Item>>;
  using Contenders = std::conditional_t<kProducers == 1, Joined<Many, Roster<BoostSpsc<Item>>>, Many>;
  Scenario scenario{.id = id,
                    .summary = counted(kProducers, "producer") + " -> one ring -> 1 consumer, unpinned (" +
                               load_of(kProducers + 1) + "), 8-byte items, single pushes",
                    .entries = {},
                    .missing = {}};
  add_hand_offs<kProducers>(
      scenario, Contenders{},
      {.capacity = 65536, .when_empty = WhenEmpty::kGentle, .pinned = false, .window_ns = 60'000'000});
  return scenario;
}

template <std::size_t kProducers>
Listed listed() {
  const std::string id = "contention_p" + std::to_string(kProducers) + "_s1";
  return {id, [=] { return contention<kProducers>(id); }};
}

}  // namespace

Listing contention_s1() { return {listed<1>(), listed<2>(), listed<4>(), listed<8>(), listed<16>()}; }

}  // namespace bench
