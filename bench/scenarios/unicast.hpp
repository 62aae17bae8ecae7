#pragma once
// Unicast: what the scenarios with one producer and one consumer have in common.

#include "../contenders/contenders.hpp"
#include "../driver/hand_off_run.hpp"

namespace bench {

/// Every contender that can carry Item from one thread to another, in both regimes of an empty queue.
template <class Item>
Scenario unicast(const char* id, const char* summary) {
  constexpr std::size_t kCapacity = 65536;
  using Contenders =
      Roster<WhorlLeased<Item>, WhorlDense<Item>, WhorlInline<Item>,                                    //
             WhorlShared1<Item>, WhorlBiased<Item>, WhorlBiased1<Item>,                                 //
             BoostQueue<Item>, BoostSpsc<Item>,                                                         //
             MoodycamelTokens<Item, kCapacity>, MoodycamelPlain<Item, kCapacity>, MoodycamelRwq<Item>,  //
             DpdkMpSc<Item>, DpdkHts<Item>, DpdkRts<Item>, DpdkSpSc<Item>>;

  Scenario scenario{.id = id, .summary = summary, .entries = {}, .missing = {}};
  for (const WhenEmpty when_empty : {WhenEmpty::kGreedy, WhenEmpty::kGentle}) {
    add_hand_offs<1>(scenario, Contenders{},
                     {.capacity = kCapacity, .when_empty = when_empty, .pinned = true, .window_ns = 5'000'000});
  }
  return scenario;
}

}  // namespace bench
