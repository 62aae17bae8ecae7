#pragma once
// A paced run: one item every so often, and how long each was on its way.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../contenders/contender.hpp"
#include "clock.hpp"
#include "ledger.hpp"
#include "roster.hpp"
#include "scenario.hpp"
#include "team.hpp"

namespace bench {

struct PacedPlan {
  std::size_t capacity;
  std::int64_t interval_ns;
  std::size_t warm_up;  // items, not measured
  std::size_t measured;
};

namespace detail {

// The item below which a share of them lies, of a sorted row.
inline double percentile(const std::vector<std::int64_t>& sorted, double share) {
  const auto place = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return static_cast<double>(sorted[place]);
}

inline constexpr std::uint64_t kGiveUp = 300'000'000;  // tries: an item has been lost, for nothing takes that long

template <class Item, class Producer>
Sent send_on_schedule(Producer& producer, std::int64_t interval_ns, std::vector<std::int64_t>& sent_at) {
  Sent sent;
  std::int64_t due = now_ns();
  for (std::int64_t& at : sent_at) {
    const Item item = make_item<Item>(first_tag(0) + sent.accepted);
    do {
      at = now_ns();
    } while (at < due);
    while (!producer.try_push(item) && ++sent.refused < kGiveUp) {
    }
    if (sent.refused == kGiveUp) break;
    ++sent.accepted;
    due += interval_ns;
  }
  return sent;
}

}  // namespace detail

/// One sample: the median of the times from just before the push to the consumer's handler, in ns; then p99, p99.9 and the
/// longest. Each thread writes down its own times, so that the clock's reading goes with no item. The producer keeps to a
/// schedule: what holds it up makes the next items late, and not less frequent.
///
/// Errors:  VerificationError.
template <Contender Queue>
Outcome run_paced(const PacedPlan& plan, const Stage& stage) {
  const std::size_t all = plan.warm_up + plan.measured;
  Queue queue(Shape{plan.capacity, 1});
  std::vector<std::int64_t> sent_at(all);
  std::vector<std::int64_t> taken_at(all);
  std::array<Sent, 1> sent;
  Ledger<1> ledger;

  const auto send = [&] {
    auto producer = queue.producer(0);
    sent[0] = detail::send_on_schedule<typename Queue::Item>(producer, plan.interval_ns, sent_at);
  };
  const auto receive = [&] {
    std::uint64_t polls = 0;
    for (std::size_t i = 0; i < all && polls < detail::kGiveUp; ++polls) {
      queue.consume(
          [&](const typename Queue::Item& item) {
            const std::int64_t now = now_ns();
            if (i < all) taken_at[i++] = now;
            ledger.enter(item);
            polls = 0;
          },
          1);
    }
  };
  run_team({{stage.cpus.first, receive}, {stage.cpus.second, send}}, stage.real_time);

  ledger.verify(sent);
  std::vector<std::int64_t> times;
  for (std::size_t i = plan.warm_up; i < all; ++i) times.push_back(taken_at[i] - sent_at[i]);
  std::sort(times.begin(), times.end());
  return {.figure = detail::percentile(times, 0.5),
          .accepted = sent[0].accepted,
          .delivered = ledger.count(),
          .refused = sent[0].refused,
          .others = {detail::percentile(times, 0.99), detail::percentile(times, 0.999), detail::percentile(times, 1)}};
}

/// Enters every contender of the roster into the scenario.
template <class... Queues>
void add_paced(Scenario& scenario, Roster<Queues...> roster, const PacedPlan& plan) {
  for_each_contender(scenario, roster, [&]<class Queue>() {
    scenario.entries.push_back(Entry{
        .contender = Queue::kName,
        .producers = Queue::kProducers,
        .parameters = {{"figure", "p50"}},
        .unit = Unit::kNanoseconds,
        .capacity = Queue(Shape{plan.capacity, 1}).capacity(),
        .pinned = true,
        .threads = 2,
        .sample = [plan](const Stage& stage) { return run_paced<Queue>(plan, stage); },
        .cost_ms = 2e-6 * static_cast<double>(plan.warm_up + plan.measured) * static_cast<double>(plan.interval_ns) + 4,
    });
    for (const char* figure : {"p99", "p99.9", "max"}) scenario.also_reports(figure, Unit::kNanoseconds);
  });
}

}  // namespace bench
