// fairness_p4: what the slowest of four producers gets through in a second, as a share of what the fastest does.
//
//     +------------+
//     | producer 0 | --push(u64)--+
//     +------------+              |     +------------------------+   take up to 64    +----------+
//     |    ...     | -------------+---> | 65,536 items together  | -----------------> | consumer |
//     +------------+              |     +------------------------+                    +----------+
//     | producer 3 | -------------+
//     +------------+
//
// No thread is pinned. With fewer than five CPUs the scheduler has its say; a second is many of its turns. 1: all got
// through the same number of items; 0: one got nothing through.

#include <algorithm>
#include <array>
#include <cstdint>

#include "../driver/hand_off_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;
constexpr std::size_t kProducers = 4;
constexpr HandOffPlan kPlan{
    .capacity = 65536, .when_empty = WhenEmpty::kGentle, .pinned = false, .window_ns = 1'000'000'000};

// What came of each producer in the window.
class Shares {
 public:
  template <class Books>
  void at_edge(const Books& ledger) {
    for (std::size_t id = 0; id < kProducers; ++id) counts_[id] = ledger.count_of(id) - counts_[id];
  }
  double least_over_most() const {
    const auto [least, most] = std::minmax_element(counts_.begin(), counts_.end());
    return static_cast<double>(*least) / static_cast<double>(std::max(*most, std::uint64_t{1}));
  }

 private:
  std::array<std::uint64_t, kProducers> counts_{};
};

template <class Queue>
Outcome sample(const Stage& /*stage*/) {
  Queue queue(Shape{kPlan.capacity, kProducers});
  detail::StopSign sign{.producers_left = kProducers};
  std::array<Sent, kProducers> sent;
  Ledger<kProducers, kLanesOf<Queue>> ledger;
  Outcome outcome;
  const auto consume = [&] {
    detail::Course course(kPlan, sign);
    Shares shares;
    detail::receive(queue, kPlan, course, ledger, [&](const auto& books) { shares.at_edge(books); });
    outcome.figure = shares.least_over_most();
  };
  const auto produce = [&](std::size_t id) {
    auto producer = queue.producer(id);
    return detail::produce<Item>(producer, id, sign);
  };
  detail::run_against(sent, sign, {}, false, consume, produce);
  verify(outcome, ledger, sent);
  return outcome;
}

Scenario make() {
  using Contenders = Roster<WhorlLeased<Item>, WhorlShared1<Item>, BoostQueue<Item>,
                            MoodycamelTokens<Item, kPlan.capacity / kProducers>>;
  Scenario scenario{.id = "fairness_p4",
                    .summary = "4 producers -> 1 consumer, unpinned; the smallest share of a second over the largest",
                    .entries = {},
                    .missing = {}};
  for_each_contender(scenario, Contenders{}, [&]<class Queue>() {
    scenario.entries.push_back({.contender = Queue::kName,
                                .producers = Queue::kProducers,
                                .parameters = {{"load", load_of(kProducers + 1)}},
                                .unit = Unit::kRatio,
                                .capacity = Queue(Shape{kPlan.capacity, kProducers}).capacity(),
                                .pinned = false,
                                .threads = kProducers + 1,
                                .sample = sample<Queue>,
                                .placed = false,
                                .cost_ms = 1015,
                                .least_samples = 2,
                                .most_samples = 20});
  });
  return scenario;
}

}  // namespace

Listing fairness_p4() { return {{"fairness_p4", make}}; }

}  // namespace bench
