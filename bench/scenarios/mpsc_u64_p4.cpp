// mpsc_u64_p4: four producers, one consumer, single pushes of 8 bytes; no thread pinned.
//
//     +------------+
//     | producer 0 | --push(u64)--+
//     +------------+              |
//     | producer 1 | -------------+---> +------------------------+   take up to 64    +----------+
//     +------------+              |     | 65,536 items together  | -----------------> | consumer |
//     | producer 2 | -------------+     +------------------------+                    +----------+
//     +------------+              |
//     | producer 3 | -------------+
//     +------------+
//
// Five threads: with fewer CPUs than that the scenario is OVERSUBSCRIBED, the scheduler takes part, and a producer may
// lose its CPU in the middle of a push. Whoever finds no room, or nothing to take, backs off: pauses, then yields. The
// window is long enough for many turns of the scheduler.

#include <cstdint>

#include "../contenders/contenders.hpp"
#include "../driver/hand_off_run.hpp"
#include "scenarios.hpp"

namespace bench {

Scenario mpsc_u64_p4() {
  constexpr std::size_t kProducers = 4;
  constexpr std::size_t kCapacity = 65536;
  constexpr std::size_t kEach = kCapacity / kProducers;
  using Item = std::uint64_t;
  using Contenders = Roster<WhorlLeased<Item>, WhorlDense<Item>, WhorlInline<Item>,           //
                            WhorlShared1<Item>, WhorlShared4<Item>,                           //
                            WhorlBiased<Item>, WhorlBiased1<Item>, BoostQueue<Item>,          //
                            MoodycamelTokens<Item, kEach>, MoodycamelPlain<Item, kCapacity>,  //
                            DpdkMpSc<Item>, DpdkHts<Item>, DpdkRts<Item>>;

  Scenario scenario{.id = "mpsc_u64_p4",
                    .summary =
                        "4 producers -> 1 consumer, unpinned, 8-byte items, single pushes; oversubscribed when "
                        "there are fewer than 5 CPUs",
                    .entries = {},
                    .missing = {}};
  add_hand_offs<kProducers>(
      scenario, Contenders{},
      {.capacity = kCapacity, .when_empty = WhenEmpty::kGentle, .pinned = false, .window_ns = 60'000'000});
  return scenario;
}

}  // namespace bench
