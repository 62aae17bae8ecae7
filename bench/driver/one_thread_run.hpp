#pragma once
// A one-thread run: the same thread pushes and takes, so that nothing is measured but instructions.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "clock.hpp"
#include "instructions.hpp"
#include "ledger.hpp"
#include "roster.hpp"
#include "scenario.hpp"
#include "team.hpp"

namespace bench {

struct OneThreadPlan {
  std::size_t capacity;
  std::size_t burst;    // so many are pushed, then taken
  std::size_t bursts;   // of a timed sample
  std::size_t counted;  // bursts whose instructions are counted, once and twice
};

namespace detail {

// A queue, and the books of the thread that uses it.
template <class Queue>
class OneThread {
 public:
  explicit OneThread(const OneThreadPlan& plan)
      : queue_(Shape{plan.capacity, 1}), producer_(queue_.producer(0)), burst_(plan.burst) {}

  [[gnu::noinline]] void run(std::uint64_t bursts) {
    Ledger<1> ledger = ledger_;
    Tag tag = first_tag(0) + sent_.accepted;
    for (; bursts != 0; --bursts) {
      for (std::size_t i = 0; i < burst_; ++i) {
        const auto item = make_item<typename Queue::Item>(tag);
        if (producer_.try_push(item)) {
          ++tag;
        } else {
          ++sent_.refused;
        }
      }
      for (std::size_t left = burst_; left != 0;) {
        const std::size_t got =
            queue_.consume([&ledger](const typename Queue::Item& item) { ledger.enter(item); }, left);
        if (got == 0) break;
        left -= got;
      }
    }
    ledger_ = ledger;
    sent_.accepted = tag - first_tag(0);
  }

  /// Errors:  VerificationError, also when an item found no room.
  void verify(Outcome& outcome) const {
    ledger_.verify({sent_});
    if (sent_.refused != 0) throw VerificationError(std::to_string(sent_.refused) + " pushes found no room");
    outcome.accepted = sent_.accepted;
    outcome.delivered = ledger_.count();
  }

 private:
  Queue queue_;
  typename Queue::Producer producer_;
  const std::size_t burst_;
  Sent sent_;
  Ledger<1> ledger_;
};

}  // namespace detail

/// One sample: the time of an item that is pushed and taken, in ns.
///
/// Errors:  VerificationError.
template <Contender Queue>
Outcome run_one_thread(const OneThreadPlan& plan, const Stage& stage) {
  std::optional<detail::OneThread<Queue>> thread;
  Outcome outcome;
  const auto work = [&] {
    thread.emplace(plan);
    thread->run(plan.bursts / 8 + 1);  // touches the memory
    const std::int64_t begin = now_ns();
    thread->run(plan.bursts);
    outcome.figure = static_cast<double>(now_ns() - begin) / static_cast<double>(plan.bursts * plan.burst);
  };
  run_team({{stage.cpus.first, work}}, stage.real_time);
  thread->verify(outcome);
  return outcome;
}

/// One sample: the instructions of an item that is pushed and taken. The same every time.
///
/// Errors:  VerificationError; those of instructions_each().
template <Contender Queue>
Outcome count_one_thread(const OneThreadPlan& plan) {
  Outcome outcome;
  {
    detail::OneThread<Queue> proof(plan);  // what is counted may run in another process: this one is verified
    proof.run(4 * plan.counted);
    proof.verify(outcome);
  }
  std::unique_ptr<detail::OneThread<Queue>> thread;
  outcome.figure = instructions_each([&] { thread = std::make_unique<detail::OneThread<Queue>>(plan); },
                                     [&](std::uint64_t bursts) { thread->run(bursts); }, plan.counted) /
                   static_cast<double>(plan.burst);
  return outcome;
}

/// Enters every contender of the roster twice: its time, and its instructions.
template <class... Queues>
void add_one_thread(Scenario& scenario, Roster<Queues...> roster, const OneThreadPlan& plan) {
  for_each_contender(scenario, roster, [&]<class Queue>() {
    Entry entry{.contender = Queue::kName,
                .producers = Queue::kProducers,
                .parameters = {{"burst", std::to_string(plan.burst)}},
                .unit = Unit::kNanoseconds,
                .capacity = Queue(Shape{plan.capacity, 1}).capacity(),
                .pinned = true,
                .threads = 1,
                .sample = [plan](const Stage& stage) { return run_one_thread<Queue>(plan, stage); },
                .placed = false,
                .cost_ms = 8};
    scenario.entries.push_back(entry);
    entry.parameters.emplace_back("figure", "instructions");
    entry.parameters.emplace_back("counted_by", how_instructions_are_counted());
    entry.unit = Unit::kInstructions;
    entry.sample = [plan](const Stage&) { return count_one_thread<Queue>(plan); };
    entry.cost_ms = 200;
    entry.least_samples = entry.most_samples = 1;
    scenario.entries.push_back(std::move(entry));
  });
}

}  // namespace bench
