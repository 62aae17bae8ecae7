// unicast_u64_b1_c1024, unicast_u64_b1_c65536: one producer, one consumer, single pushes of 8 bytes; the ring holds 1,024
// or 65,536 items.
//
//     +----------+   push(u64), one by one    +---------+   take up to 64    +----------+
//     | producer | -------------------------> | c items | -----------------> | consumer |
//     |  CPU 2   |                            +---------+                    |  CPU 1   |
//     +----------+                                                           +----------+
//
// A producer that finds no room backs off (pauses, then yields). A consumer that finds nothing asks again at once
// (greedy) or backs off likewise (gentle): both are measured, for a greedy consumer disturbs the producer.
//
// unicast_u64_shared: the same on 65,536 items, and only what any number of producers may write to.

#include "unicast.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;

Scenario unicast_u64_shared() {
  constexpr std::size_t kCapacity = 65536;
  using Contenders = Joined<Roster<WhorlShared1<Item>, WhorlBiased1<Item>>,                    //
                            Roster<BoostQueue<Item>, MoodycamelPlain<Item, kCapacity>>,        //
                            Roster<TbbBounded<Item>, UrcuWfcqueue<Item>, LibcdsVyukov<Item>>,  //
                            Roster<MutexRing<Item>, AbslMutexDeque<Item>>, DpdkForMany<Item>>;
  return unicast<kCapacity>("unicast_u64_shared",
                            "1 producer -> 1 consumer, pinned, 8-byte items, single pushes; others might push, too",
                            Contenders{}, {.regimes = {WhenEmpty::kGentle, WhenEmpty::kGreedy}});
}

}  // namespace

Listing unicast_u64() {
  return {{"unicast_u64_b1_c1024", [] { return unicast_single<Item, 1024>("unicast_u64_b1_c1024", "8-byte"); }},
          {"unicast_u64_b1_c65536", [] { return unicast_single<Item, 65536>("unicast_u64_b1_c65536", "8-byte"); }},
          {"unicast_u64_shared", unicast_u64_shared}};
}

}  // namespace bench
