#pragma once
// A paced run: one item every so often, and how long each was on its way.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
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
  std::uint64_t give_up = 300'000'000;  // tries: an item has been lost, for nothing takes that long
};

namespace detail {

// The item below which a share of them lies, of a sorted row.
inline double percentile(const std::vector<std::int64_t>& sorted, double share) {
  const auto place = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return static_cast<double>(sorted[place]);
}

inline std::vector<double> percentiles(std::vector<std::int64_t> times) {
  std::sort(times.begin(), times.end());
  return {percentile(times, 0.5), percentile(times, 0.99), percentile(times, 0.999), percentile(times, 1)};
}

// When the items were due, were sent and arrived.
struct Timetable {
  explicit Timetable(std::size_t items) : sent_at(items), taken_at(items) {}
  std::int64_t begin = 0;              // when the first was due; the others follow at the plan's interval
  std::vector<std::int64_t> sent_at;   // by the producer, just before the push
  std::vector<std::int64_t> taken_at;  // by the consumer
};

template <class Item, class Producer>
Sent send_on_schedule(Producer& producer, const PacedPlan& plan, Timetable& times) {
  Sent sent;
  std::int64_t due = times.begin = now_ns();
  for (std::int64_t& at : times.sent_at) {
    const Item item = make_item<Item>(first_tag(0) + sent.accepted);
    do {
      at = now_ns();
    } while (at < due);
    while (!producer.try_push(item) && ++sent.refused < plan.give_up) {
    }
    if (sent.refused == plan.give_up) break;
    ++sent.accepted;
    due += plan.interval_ns;
  }
  return sent;
}

// From when each measured item was due, and from when it was sent, until it arrived.
inline std::vector<double> percentiles_from_due_and_push(const PacedPlan& plan, const Timetable& times) {
  std::vector<std::int64_t> from_due;
  std::vector<std::int64_t> from_push;
  for (std::size_t i = plan.warm_up; i < times.sent_at.size(); ++i) {
    from_due.push_back(times.taken_at[i] - times.begin - static_cast<std::int64_t>(i) * plan.interval_ns);
    from_push.push_back(times.taken_at[i] - times.sent_at[i]);
  }
  std::vector<double> all = percentiles(std::move(from_due));
  const std::vector<double> more = percentiles(std::move(from_push));
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace detail

/// One sample: p50, p99, p99.9 and the longest of the times from when an item was DUE to the consumer's handler, in ns; then
/// the same from just before its push. The producer keeps to a schedule: what holds it up makes the next items late, and not
/// less frequent, and that they wait counts only from when they were due. Each thread writes down its own times, so that the
/// clock's reading goes with no item.
///
/// Errors:  VerificationError.
template <Contender Queue>
Outcome run_paced(const PacedPlan& plan, const Stage& stage) {
  const std::size_t all = plan.warm_up + plan.measured;
  Queue queue(Shape{plan.capacity, 1});
  detail::Timetable times(all);
  std::array<Sent, 1> sent;
  Ledger<1> ledger;

  const auto send = [&] {
    auto producer = queue.producer(0);
    sent[0] = detail::send_on_schedule<typename Queue::Item>(producer, plan, times);
  };
  const auto receive = [&] {
    std::uint64_t polls = 0;
    for (std::size_t i = 0; i < all && polls < plan.give_up; ++polls) {
      queue.consume(
          [&](const typename Queue::Item& item) {
            const std::int64_t now = now_ns();
            if (i < all) times.taken_at[i++] = now;
            ledger.enter(item);
            polls = 0;
          },
          1);
    }
  };
  run_team({{stage.cpus.first, receive}, {stage.cpus.second, send}}, stage.real_time);

  ledger.verify(sent);
  std::vector<double> figures = detail::percentiles_from_due_and_push(plan, times);
  const double p50 = figures.front();
  figures.erase(figures.begin());
  return {.figure = p50,
          .accepted = sent[0].accepted,
          .delivered = ledger.count(),
          .refused = sent[0].refused,
          .others = std::move(figures)};
}

/// Enters every contender of the roster into the scenario.
template <class... Queues>
void add_paced(Scenario& scenario, Roster<Queues...> roster, const PacedPlan& plan) {
  for_each_contender(scenario, roster, [&]<class Queue>() {
    scenario.entries.push_back(Entry{
        .contender = Queue::kName,
        .producers = Queue::kProducers,
        .parameters = {{"from", "due"}, {"figure", "p50"}},
        .unit = Unit::kNanoseconds,
        .capacity = Queue(Shape{plan.capacity, 1}).capacity(),
        .pinned = true,
        .threads = 2,
        .sample = [plan](const Stage& stage) { return run_paced<Queue>(plan, stage); },
        .cost_ms = 2e-6 * static_cast<double>(plan.warm_up + plan.measured) * static_cast<double>(plan.interval_ns) + 4,
    });
    for (const char* figure : {"p99", "p99.9", "max"}) scenario.also_reports(figure, Unit::kNanoseconds);
    for (const char* figure : {"p50", "p99", "p99.9", "max"}) {
      scenario.also_reports(figure, Unit::kNanoseconds);
      scenario.entries.back().parameters.front().second = "push";
    }
  });
}

}  // namespace bench
