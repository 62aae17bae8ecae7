// padding_0_p1, _64_p1, _128_p1, and the same with p2 and p4: so many bytes between the words of different writers.
//
//     a shard:   | producer's words | padding | consumer's words | padding | the next shard's ...
//
//     +------------+
//     | producer 0 | --push(u64)--+
//     +------------+              |     +------------------------+   take up to 64    +----------+
//     |    ...     | -------------+---> | 65,536 items together  | -----------------> | consumer |
//     +------------+              |     +------------------------+                    +----------+
//     | producer n | -------------+
//     +------------+
//
// What whorl's distance of 128 bytes is worth, on this machine: with 0 such words lie in one cache line, with 64 in
// neighbouring ones. Each producer has a shard to itself. One producer and the consumer are pinned; more are not, as in
// mpsc_*. Boost's queues have the distance that Boost gives them, whatever the scenario is called.

#include "../contenders/padding.hpp"

#include <cstdint>

#include "../driver/hand_off_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;

template <std::size_t kBytes, std::size_t kProducers>
Scenario padded(const std::string& id) {
  constexpr bool kPinned = kProducers == 1;
  using Many =
      Roster<WhorlLeasedPadded<Item, kBytes>, WhorlBiasedPadded<Item, kBytes>, WhorlSharedPadded<Item, kBytes>,  //
             BoostQueue<Item>>;
  using Contenders = std::conditional_t<kProducers == 1, Joined<Many, Roster<BoostSpsc<Item>>>, Many>;
  Scenario scenario{.id = id,
                    .summary = counted(kProducers, "producer") + " -> 1 consumer, 8-byte items; " +
                               std::to_string(kBytes) + " bytes between the words of different writers",
                    .entries = {},
                    .missing = {}};
  add_hand_offs<kProducers>(scenario, Contenders{},
                            {.capacity = 65536,
                             .when_empty = WhenEmpty::kGentle,
                             .pinned = kPinned,
                             .window_ns = kPinned ? 5'000'000 : 60'000'000});
  return scenario;
}

template <std::size_t kBytes, std::size_t kProducers>
Listed listed() {
  const std::string id = "padding_" + std::to_string(kBytes) + "_p" + std::to_string(kProducers);
  return {id, [=] { return padded<kBytes, kProducers>(id); }};
}

}  // namespace

Listing padding() {
  return {listed<0, 1>(),  listed<0, 2>(),   listed<0, 4>(),   listed<64, 1>(), listed<64, 2>(),
          listed<64, 4>(), listed<128, 1>(), listed<128, 2>(), listed<128, 4>()};
}

}  // namespace bench
