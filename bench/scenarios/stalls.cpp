// stall_p16, preempted_2p: how long a consumer is kept from items whose pushes have returned, by a producer that lost its
// CPU in the middle of another push.
//
//     +-------------+
//     | producer 0  | --push(u64)--+     preempted_2p: loses its CPU for 1 ms, every 3 ms, at any instruction
//     +-------------+              |     +------------------------+   take up to 64    +----------+
//     |     ...     | -------------+---> | 65,536 items together  | -----------------> | consumer |
//     +-------------+              |     +------------------------+                    +----------+
//     | producer n  | -------------+
//     +-------------+
//
// stall_p16: sixteen producers, and the scheduler takes CPUs away. preempted_2p: two producers, of which one is interrupted
// by a signal whose handler sleeps. A sample is the longest stall of a window of 50 ms; there are 20 windows of stall_p16 and
// 10 of preempted_2p at least. 0: there was none, as with a lane for each producer there cannot be. Where producers share,
// what lies before an unfinished item can still be taken: a slow consumer, with a full ring before it, sees fewer stalls.

#include <cstdint>

#include "../driver/stall_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;
constexpr std::size_t kCapacity = 65536;
constexpr std::size_t kWindows = 20;

template <std::size_t kProducers>
using Contenders = Roster<WhorlLeased<Item>, WhorlBiased<Item>, WhorlShared1<Item>, WhorlShared4<Item>,  //
                          BoostQueue<Item>, MoodycamelTokens<Item, kCapacity / kProducers>, LibcdsVyukov<Item>>;

Scenario stall_p16() {
  Scenario scenario{.id = "stall_p16",
                    .summary = "16 producers -> 1 consumer, unpinned; the longest time it lacks a finished item",
                    .entries = {},
                    .missing = {}};
  add_stalls<16>(scenario, Contenders<16>{}, {.capacity = kCapacity, .window_ns = 50'000'000}, kWindows);
  return scenario;
}

Scenario preempted_2p() {
  Scenario scenario{.id = "preempted_2p",
                    .summary = "2 producers -> 1 consumer, one interrupted for 1 ms now and then; the longest stall",
                    .entries = {},
                    .missing = {}};
  add_stalls<2>(scenario, Contenders<2>{}, {.capacity = kCapacity, .window_ns = 50'000'000, .interrupts = true},
                kWindows / 2);
  return scenario;
}

}  // namespace

Listing stalls() { return {{"stall_p16", stall_p16}, {"preempted_2p", preempted_2p}}; }

}  // namespace bench
