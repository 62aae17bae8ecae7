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
#include <vector>

#include "../driver/hand_off_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;
constexpr std::size_t kProducers = 4;
constexpr HandOffPlan kPlan{
    .capacity = 65536, .when_empty = WhenEmpty::kGentle, .pinned = false, .window_ns = 1'000'000'000};

using Counts = std::array<std::uint64_t, kProducers>;

template <class Books>
Counts counts_of(const Books& ledger) {
  Counts counts{};
  for (std::size_t id = 0; id < kProducers; ++id) counts[id] = ledger.count_of(id);
  return counts;
}

// Returns what came of each producer in the window.
template <class Queue, class Books>
Counts receive_and_count(Queue& queue, detail::Course& course, Books& ledger) {
  constexpr std::size_t kWorkPerLook = 1024;
  constexpr std::size_t kWorkOfEmptyCall = 16;
  Counts begin{};
  Counts end{};
  whorl::Backoff wait;
  for (std::size_t work = 0;;) {
    const std::size_t got = queue.consume([&](Item item) { ledger.enter(item); }, kPlan.most);
    got != 0 ? wait.reset() : wait.snooze();
    work += std::max(got, kWorkOfEmptyCall);
    if (work < kWorkPerLook && !course.is_draining()) continue;
    work = 0;
    const bool was_measuring = course.is_measuring();
    if (!course.goes_on(ledger.count(), got)) break;
    if (was_measuring != course.is_measuring()) (was_measuring ? end : begin) = counts_of(ledger);
  }
  for (std::size_t id = 0; id < kProducers; ++id) end[id] -= begin[id];
  return end;
}

template <class Queue>
Outcome sample(const Stage& /*stage*/) {
  Queue queue(Shape{kPlan.capacity, kProducers});
  detail::StopSign sign{.producers_left = kProducers};
  std::array<Sent, kProducers> sent;
  Ledger<kProducers, kLanesOf<Queue>> ledger;
  Outcome outcome;
  std::vector<Task> tasks;
  tasks.push_back({kAnyCpu, [&] {
                     detail::Course course(kPlan, sign);
                     const Counts counts = receive_and_count(queue, course, ledger);
                     const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
                     outcome.figure = static_cast<double>(*least) / static_cast<double>(std::max(*most, Tag{1}));
                   }});
  for (std::size_t id = 0; id < kProducers; ++id) {
    tasks.push_back({kAnyCpu, [&, id] {
                       auto producer = queue.producer(id);
                       sent[id] = detail::produce<Item>(producer, id, sign);
                       sign.producers_left.fetch_sub(1, std::memory_order_release);
                     }});
  }
  run_team(std::move(tasks), false);
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
