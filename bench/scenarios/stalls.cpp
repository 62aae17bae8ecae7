// stall_p16, preempted_2p: how long a consumer is kept from items whose pushes have returned, by a producer that lost its
// CPU in the middle of another push.
//
//     +-------------+
//     | producer 0  | --push(u64)--+     preempted_2p: loses its CPU for 1 ms, every 3 ms, at any instruction
//     +-------------+              |     +------------------------+   take up to 64    +----------+
//     |     ...     | -------------+---> | 65,536 items together  | -----------------> | consumer |
//     +-------------+              |     +------------------------+                    |  CPU 1   |
//     | producer n  | -------------+                                                   +----------+
//     |    CPU 2    |
//     +-------------+
//
// stall_p16: sixteen producers take turns on their CPU, as the scheduler likes. preempted_2p: two producers, of which one is
// interrupted by a signal whose handler sleeps. The consumer has its CPU to itself, so that what it waits for is the queue.
// A sample is of a window of 50 ms; there are 20 windows of stall_p16 and 10 of preempted_2p at least.
//
//     longest_stall     from asking, when it was known that a push had returned whose item had not come, to the return of a
//                       call with items: a call takes some hundred ns, more is what the queue hid, or waited for inside
//     longest_gap       from one call with items to the next, whatever was known
//
// Where producers share, what lies before an unfinished item can still be taken: a slow consumer, with a full ring before
// it, sees fewer stalls.

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
  Scenario scenario{
      .id = "stall_p16",
      .summary = "16 producers on one CPU -> 1 consumer on another; the longest time it lacks a finished item",
      .entries = {},
      .missing = {}};
  add_stalls<16>(scenario, Contenders<16>{}, {.capacity = kCapacity, .window_ns = 50'000'000}, kWindows);
  return scenario;
}

Scenario preempted_2p() {
  Scenario scenario{
      .id = "preempted_2p",
      .summary = "2 producers on one CPU, one interrupted for 1 ms now and then -> 1 consumer; the longest stall",
      .entries = {},
      .missing = {}};
  add_stalls<2>(scenario, Contenders<2>{}, {.capacity = kCapacity, .window_ns = 50'000'000, .interrupts = true},
                kWindows / 2);
  return scenario;
}

}  // namespace

Listing stalls() { return {{"stall_p16", stall_p16}, {"preempted_2p", preempted_2p}}; }

}  // namespace bench
