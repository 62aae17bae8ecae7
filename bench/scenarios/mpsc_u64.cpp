// mpsc_u64_p1, _p2, _p4, _p8, _p16: so many producers, one consumer, single pushes of 8 bytes; no thread pinned.
//
//     +------------+
//     | producer 0 | --push(u64)--+
//     +------------+              |
//     | producer 1 | -------------+---> +------------------------+   take up to 64    +----------+
//     +------------+              |     | 65,536 items together  | -----------------> | consumer |
//     |    ...     | -------------+     +------------------------+                    +----------+
//     +------------+
//
// With fewer CPUs than threads the scenario is OVERSUBSCRIBED, as "load" in its rows says: the scheduler takes part, and a
// producer may lose its CPU in the middle of a push. Whoever finds no room, or nothing to take, backs off: pauses, then
// yields. The window is long enough for many turns of the scheduler.
//
// dpdk/mp_sc, whose producers wait for each other without giving their CPU away, hands over a few hundred items a second
// when it is oversubscribed. A sample with 8 or 16 producers would take seconds, so it takes part with up to 4.

#include <cstdint>

#include "../driver/hand_off_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;
constexpr std::size_t kCapacity = 65536;

template <std::size_t kProducers>
Scenario mpsc(const std::string& id) {
  using Dpdk = std::conditional_t<kProducers <= 4, DpdkForMany<Item>, Roster<DpdkHts<Item>, DpdkRts<Item>>>;
  using Contenders = Joined<Roster<WhorlLeased<Item>, WhorlDense<Item>, WhorlBiased<Item>, WhorlBiased1<Item>,  //
                                   WhorlShared1<Item>, WhorlShared4<Item>>,
                            PeersForMany<Item, kCapacity, kProducers>, Dpdk>;
  Scenario scenario{.id = id,
                    .summary = counted(kProducers, "producer") + " -> 1 consumer, unpinned (" +
                               load_of(kProducers + 1) + "), 8-byte items, single pushes",
                    .entries = {},
                    .missing = {}};
  add_hand_offs<kProducers>(
      scenario, Contenders{},
      {.capacity = kCapacity, .when_empty = WhenEmpty::kGentle, .pinned = false, .window_ns = 60'000'000});
  return scenario;
}

template <std::size_t kProducers>
Listed listed() {
  const std::string id = "mpsc_u64_p" + std::to_string(kProducers);
  return {id, [=] { return mpsc<kProducers>(id); }};
}

}  // namespace

Listing mpsc_u64() { return {listed<1>(), listed<2>(), listed<4>(), listed<8>(), listed<16>()}; }

}  // namespace bench
