// pingpong: the mean of 100,000 round trips of one item between two threads.
//
//     +-------+   one item   +-------------+
//     | CPU 1 | -----------> | 1,024 items | ------------> +-------+
//     |       |              +-------------+               | CPU 2 |
//     |       | <----------- | 1,024 items | <------------ +-------+
//     +-------+              +-------------+
//
// Both ends ask again at once. limit/pingpong does the same with two cache lines and nothing else, once asking again at once
// and once with pauses, and the faster counts: a queue may have a pause inside.

#include <cstdint>

#include "../contenders/disruptor.hpp"
#include "../driver/round_trip_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {

Listing pingpong() {
  using Item = std::uint64_t;
  constexpr std::size_t kCapacity = 1024;
  constexpr int kRoundTrips = 100'000;
  using Contenders = Joined<Roster<WhorlDisruptorSingle<Item>>, MainForUnicast<Item, kCapacity>>;
  constexpr const char* kId = "pingpong";

  return {{kId, [] {
             Scenario scenario{.id = kId,
                               .summary = "2 threads, pinned, hand one 8-byte item to and fro; ns of a round trip",
                               .entries = {},
                               .missing = {}};
             scenario.entries.push_back(
                 {.contender = "limit/pingpong",
                  .producers = std::nullopt,
                  .parameters = {},
                  .unit = Unit::kNanoseconds,
                  .capacity = 0,
                  .pinned = true,
                  .threads = 2,
                  .sample =
                      [](const Stage& stage) {
                        return Outcome{.figure = best_line_round_trip_ns(stage.cpus, stage.real_time, kRoundTrips)};
                      },
                  .cost_ms = 80});
             add_round_trips(scenario, Contenders{},
                             {.capacity = kCapacity, .warm_up = 1'000, .measured = kRoundTrips});
             return scenario;
           }}};
}

}  // namespace bench
