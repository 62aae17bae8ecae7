// oversubscribed_16p: sixteen producers and one consumer; items per second, and the CPU time that each item takes.
//
//     +-------------+
//     | producer 0  | --push(u64)--+
//     +-------------+              |     +------------------------+   take up to 64    +----------+
//     |     ...     | -------------+---> | 65,536 items together  | -----------------> | consumer |
//     +-------------+              |     +------------------------+                    +----------+
//     | producer 15 | -------------+
//     +-------------+
//
// The threads of mpsc_u64_p16, and everybody backs off as there. CPU time is that of the whole program during the window:
// waiting costs, too. dpdk/mp_sc does not take part, for the reason that mpsc_u64.cpp gives.

#include <cstdint>

#include "../driver/hand_off_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {

Listing oversubscribed_16p() {
  using Item = std::uint64_t;
  constexpr std::size_t kCapacity = 65536;
  constexpr std::size_t kProducers = 16;
  using Contenders = Joined<Roster<WhorlLeased<Item>, WhorlBiased<Item>, WhorlShared1<Item>, WhorlShared4<Item>>,
                            PeersForMany<Item, kCapacity, kProducers>, Roster<DpdkHts<Item>, DpdkRts<Item>>>;
  constexpr const char* kId = "oversubscribed_16p";

  return {{kId, [] {
             Scenario scenario{.id = kId,
                               .summary = "16 producers -> 1 consumer, unpinned; items, and CPU time of an item",
                               .entries = {},
                               .missing = {}};
             add_hand_offs<kProducers>(scenario, Contenders{},
                                       {.capacity = kCapacity,
                                        .when_empty = WhenEmpty::kGentle,
                                        .pinned = false,
                                        .window_ns = 60'000'000,
                                        .cpu_time = true});
             return scenario;
           }}};
}

}  // namespace bench
