// latency_paced: one item each microsecond, and how long each took: p50, p99, p99.9 and the longest.
//
//     +----------+   one item each us   +-------------+   take 1    +----------+
//     | producer | -------------------> | 1,024 items | ----------> | consumer |
//     |  CPU 2   |                      +-------------+             |  CPU 1   |
//     +----------+                                                  +----------+
//
// To the consumer's handler from when the item was due: an item that waits because the one before it was late is late, too.
// And from just before its push, which leaves such waiting out. Both include a reading of the clock, some 20 to 50 ns. The
// consumer asks all the time. A sample has 10,000 items. Of each figure the report has the median over the samples, so that
// "max" is what the longest of 10,000 usually is, and not the longest of all; it is the machine's business rather than the
// queue's.

#include <cstdint>

#include "../contenders/disruptor.hpp"
#include "../driver/paced_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {

Listing latency_paced() {
  using Item = std::uint64_t;
  constexpr std::size_t kCapacity = 1024;
  using Contenders = Joined<Roster<WhorlDisruptorSingle<Item>>, MainForUnicast<Item, kCapacity>>;
  constexpr const char* kId = "latency_paced";

  return {{kId, [] {
             Scenario scenario{
                 .id = kId,
                 .summary = "1 producer -> 1 consumer, pinned, an 8-byte item each us; ns from when it was due",
                 .entries = {},
                 .missing = {}};
             add_paced(scenario, Contenders{},
                       {.capacity = kCapacity, .interval_ns = 1'000, .warm_up = 500, .measured = 10'000});
             return scenario;
           }}};
}

}  // namespace bench
