#pragma once
// A round-trip run: one item goes to and fro between two threads, through a queue each way.

#include <array>
#include <cstddef>
#include <cstdint>

#include "../contenders/contender.hpp"
#include "clock.hpp"
#include "ledger.hpp"
#include "roster.hpp"
#include "scenario.hpp"
#include "team.hpp"

namespace bench {

struct RoundTripPlan {
  std::size_t capacity;
  std::uint64_t warm_up;  // round trips, not measured
  std::uint64_t measured;
  std::uint64_t give_up = 300'000'000;  // tries: an item has been lost, for nothing takes that long
};

namespace detail {

// One end: pushes to one queue, and asks the other until there is something.
template <class Queue>
class End {
 public:
  End(Queue& there, Queue& back, std::uint64_t give_up) : to_(there.producer(0)), from_(back), give_up_(give_up) {}

  // False: an item has been lost.
  bool push() {
    return goes_well([this] { return to_.try_push(make_item<typename Queue::Item>(tag_)); }) && ++tag_ != 0;
  }
  bool take() {
    return goes_well(
        [this] { return from_.consume([this](const typename Queue::Item& item) { ledger_.enter(item); }, 1) != 0; });
  }
  const Ledger<1>& ledger() const noexcept { return ledger_; }

 private:
  template <class Try>
  bool goes_well(Try&& attempt) const {
    for (std::uint64_t tries = 0; tries < give_up_; ++tries) {
      if (attempt()) return true;
    }
    return false;
  }

  typename Queue::Producer to_;
  Queue& from_;
  const std::uint64_t give_up_;
  Ledger<1> ledger_;
  Tag tag_ = first_tag(0);
};

}  // namespace detail

/// One sample: the mean of the round trips, in ns. Both ends ask again at once.
///
/// Errors:  VerificationError.
template <Contender Queue>
Outcome run_round_trips(const RoundTripPlan& plan, const Stage& stage) {
  Queue ping(Shape{plan.capacity, 1});
  Queue pong(Shape{plan.capacity, 1});
  const std::uint64_t all = plan.warm_up + plan.measured;
  std::array<Ledger<1>, 2> ledgers;
  Outcome outcome;

  const auto ask = [&] {
    detail::End<Queue> end(ping, pong, plan.give_up);
    const auto round_trips = [&](std::uint64_t count) {
      for (; count != 0 && end.push() && end.take(); --count) {
      }
    };
    round_trips(plan.warm_up);
    const std::int64_t begin = now_ns();
    round_trips(plan.measured);
    outcome.figure = static_cast<double>(now_ns() - begin) / static_cast<double>(plan.measured);
    ledgers[0] = end.ledger();
  };
  const auto answer = [&] {
    detail::End<Queue> end(pong, ping, plan.give_up);
    for (std::uint64_t count = all; count != 0 && end.take() && end.push(); --count) {
    }
    ledgers[1] = end.ledger();
  };
  run_team({{stage.cpus.first, ask}, {stage.cpus.second, answer}}, stage.real_time);

  for (const Ledger<1>& ledger : ledgers) {
    ledger.verify({Sent{.accepted = all}});
    outcome.accepted += all;
    outcome.delivered += ledger.count();
  }
  return outcome;
}

/// Enters every contender of the roster into the scenario.
template <class... Queues>
void add_round_trips(Scenario& scenario, Roster<Queues...> roster, const RoundTripPlan& plan) {
  for_each_contender(scenario, roster, [&]<class Queue>() {
    scenario.entries.push_back(
        Entry{.contender = Queue::kName,
              .producers = Queue::kProducers,
              .parameters = {},
              .unit = Unit::kNanoseconds,
              .capacity = Queue(Shape{plan.capacity, 1}).capacity(),
              .pinned = true,
              .threads = 2,
              .sample = [plan](const Stage& stage) { return run_round_trips<Queue>(plan, stage); },
              .cost_ms = static_cast<double>(plan.warm_up + plan.measured) * 400e-6 + 4});
  });
}

}  // namespace bench
