// unicast_u64_b1_c65536: one producer, one consumer, single pushes of 8 bytes.
//
//     +----------+   push(u64), one by one    +--------------+   take up to 64    +----------+
//     | producer | -------------------------> | 65,536 items | -----------------> | consumer |
//     |  CPU 2   |                            +--------------+                    |  CPU 1   |
//     +----------+                                                                +----------+
//
// A producer that finds no room backs off (pauses, then yields). A consumer that finds nothing asks again at once
// (greedy) or backs off likewise (gentle): both are measured, for a greedy consumer disturbs the producer.

#include <cstdint>

#include "../contenders/contenders.hpp"
#include "../driver/hand_off_run.hpp"
#include "scenarios.hpp"

namespace bench {

Scenario unicast_u64_b1_c65536() {
  constexpr std::size_t kCapacity = 65536;
  using Item = std::uint64_t;
  using Contenders =
      Roster<WhorlLeased<Item>, WhorlDense<Item>, WhorlInline<Item>, WhorlShared1<Item>,                //
             BoostQueue<Item>, BoostSpsc<Item>,                                                         //
             MoodycamelTokens<Item, kCapacity>, MoodycamelPlain<Item, kCapacity>, MoodycamelRwq<Item>,  //
             DpdkMpSc<Item>, DpdkHts<Item>, DpdkRts<Item>, DpdkSpSc<Item>>;

  Scenario scenario{.id = "unicast_u64_b1_c65536",
                    .summary = "1 producer -> 1 consumer, pinned, 8-byte items, single pushes",
                    .entries = {},
                    .missing = {}};
  for (const WhenEmpty when_empty : {WhenEmpty::kGreedy, WhenEmpty::kGentle}) {
    add_hand_offs<1>(scenario, Contenders{},
                     {.capacity = kCapacity, .when_empty = when_empty, .pinned = true, .window_ns = 5'000'000});
  }
  return scenario;
}

}  // namespace bench
