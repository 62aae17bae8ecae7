#pragma once
// A hand-off run: producers push as fast as they can, one consumer takes, for a few milliseconds.

#include <atomic>
#include <whorl/sync/config.hpp>
#include <whorl/wait/backoff.hpp>

#include "../contenders/contender.hpp"
#include "clock.hpp"
#include "ledger.hpp"
#include "scenario.hpp"
#include "team.hpp"

namespace bench {

/// What the consumer does when it finds nothing: ask again at once (greedy), which takes the line that the producer is
/// writing away from it, or wait a little, longer each time (gentle).
enum class WhenEmpty { kGreedy, kGentle };

struct HandOffPlan {
  std::size_t capacity;
  WhenEmpty when_empty;
  bool pinned;                          // consumer and producer on a CPU each; otherwise wherever the scheduler likes
  std::int64_t window_ns;               // measured
  std::int64_t warm_up_ns = 5'000'000;  // at most; one lap of the ring is enough
};

namespace detail {

// What the consumer tells the producers, and they it.
struct alignas(whorl::kCacheLine) StopSign {
  std::atomic<bool> stop{false};
  alignas(whorl::kCacheLine) std::atomic<std::size_t> producers_left;
};

// The slow half of a push, kept out of the fast one, and given a copy so that the fast one may keep its item in
// registers. False: the run is over and the item was not accepted.
template <class Producer, class Item>
[[gnu::noinline]] bool push_when_there_is_room(Producer& to, Item item, const StopSign& sign, Sent& sent) {
  whorl::Backoff wait;
  do {
    ++sent.refused;
    if (sign.stop.load(std::memory_order_relaxed)) return false;
    wait.snooze();
  } while (!to.try_push(item));
  return true;
}

template <class Item, class Producer>
Sent produce(Producer& to, std::size_t id, const StopSign& sign) {
  constexpr Tag kLookEvery = 16;  // even a queue that hands over a few hundred items a second then ends in time
  Sent sent;
  const Tag first = first_tag(id);
  Tag tag = first;
  for (;; ++tag) {
    if (tag % kLookEvery == 0 && sign.stop.load(std::memory_order_relaxed)) break;
    const Item item = make_item<Item>(tag);
    if (!to.try_push(item)) [[unlikely]] {
      if (!push_when_there_is_room(to, item, sign, sent)) break;
    }
  }
  sent.accepted = tag - first;
  return sent;
}

// The course of a run, kept out of the consumer's loop: warm up for a lap, measure for the window, stop the producers,
// take what is left.
class Course {
 public:
  Course(const HandOffPlan& plan, StopSign& sign) : plan_(plan), sign_(sign) {}

  bool is_draining() const noexcept { return step_ == Step::kDrain; }

  /// Looks at the clock. `count`: items so far; `got`: by the last call. False when everything has arrived.
  [[gnu::noinline]] bool goes_on(std::uint64_t count, std::size_t got) {
    const std::int64_t now = now_ns();
    switch (step_) {
      case Step::kWarmUp:
        if (count >= plan_.capacity || now - created_ >= plan_.warm_up_ns) begin(count, now);
        return true;
      case Step::kMeasure:
        if (now - begin_ >= plan_.window_ns) end(count, now);
        return true;
      case Step::kDrain:
        break;
    }
    // Nothing was found after the last producer had returned: nothing is left.
    if (got == 0 && all_sent_) return false;
    all_sent_ = sign_.producers_left.load(std::memory_order_acquire) == 0;
    if (got == 0) whorl::sync::yield();
    return true;
  }

  double items_per_second() const noexcept { return items_per_second_; }

 private:
  enum class Step { kWarmUp, kMeasure, kDrain };

  void begin(std::uint64_t count, std::int64_t now) {
    begin_ = now;
    count_at_begin_ = count;
    step_ = Step::kMeasure;
  }
  void end(std::uint64_t count, std::int64_t now) {
    items_per_second_ = static_cast<double>(count - count_at_begin_) * 1e9 / static_cast<double>(now - begin_);
    sign_.stop.store(true, std::memory_order_relaxed);
    step_ = Step::kDrain;
  }

  const HandOffPlan plan_;
  StopSign& sign_;
  Step step_ = Step::kWarmUp;
  const std::int64_t created_ = now_ns();
  std::int64_t begin_ = 0;
  std::uint64_t count_at_begin_ = 0;
  double items_per_second_ = 0;
  bool all_sent_ = false;
};

// The consumer's thread. Returns the items per second of the window. There is one call of consume() in it, so that the
// compiler can inline it and keep the ledger in registers: the books must cost less than the queue.
template <class Queue, std::size_t kProducers>
double receive(Queue& queue, const HandOffPlan& plan, StopSign& sign, Ledger<kProducers, kLanesOf<Queue>>& books) {
  constexpr std::size_t kWorkPerLook = 1024;
  constexpr std::size_t kWorkOfEmptyCall = 16;
  const bool gentle = plan.when_empty == WhenEmpty::kGentle;
  Course course(plan, sign);
  Ledger<kProducers, kLanesOf<Queue>> ledger;
  whorl::Backoff wait;
  for (std::size_t work = 0;;) {
    const std::size_t got =
        queue.consume([&ledger](const typename Queue::Item& item) { ledger.enter(item); }, kMostPerCall);
    if (got != 0) {
      work += got;
      wait.reset();
    } else {
      work += kWorkOfEmptyCall;
      if (gentle) wait.snooze();
    }
    if (work < kWorkPerLook && !course.is_draining()) continue;
    work = 0;
    if (!course.goes_on(ledger.count(), got)) break;
  }
  books = ledger;
  return course.items_per_second();
}

}  // namespace detail

/// One sample. The figure is in items per second, as the consumer saw them after a lap of warming up.
///
/// Errors:  VerificationError.
template <Contender Queue, std::size_t kProducers>
Outcome run_hand_off(const HandOffPlan& plan, const Stage& stage) {
  Queue queue(Shape{plan.capacity, kProducers});
  detail::StopSign sign{.producers_left = kProducers};
  std::array<Sent, kProducers> sent;
  Ledger<kProducers, kLanesOf<Queue>> ledger;
  Outcome outcome;

  std::vector<Task> tasks;
  tasks.push_back(
      {plan.pinned ? stage.cpus.first : kAnyCpu, [&] { outcome.figure = detail::receive(queue, plan, sign, ledger); }});
  for (std::size_t id = 0; id < kProducers; ++id) {
    tasks.push_back({plan.pinned ? stage.cpus.second : kAnyCpu, [&, id] {
                       auto producer = queue.producer(id);
                       sent[id] = detail::produce<typename Queue::Item>(producer, id, sign);
                       sign.producers_left.fetch_sub(1, std::memory_order_release);
                     }});
  }
  run_team(std::move(tasks), plan.pinned && stage.real_time);

  ledger.verify(sent);
  for (const Sent& one : sent) {
    outcome.accepted += one.accepted;
    outcome.refused += one.refused;
  }
  outcome.delivered = ledger.count();
  return outcome;
}

/// Enters every contender of the roster into the scenario.
template <std::size_t kProducers, class... Queues>
void add_hand_offs(Scenario& scenario, Roster<Queues...>, const HandOffPlan& plan) {
  const auto add = [&]<class Queue>() {
    if constexpr (std::derived_from<Queue, Absent>) {
      scenario.missing.emplace(Queue::kName);
    } else {
      static_assert(kProducers == 1 || Queue::kProducers != Producers::kOne, "this queue is for one producer only");
      scenario.entries.push_back(Entry{
          .contender = Queue::kName,
          .producers = Queue::kProducers,
          .parameters = {{"empty", plan.when_empty == WhenEmpty::kGreedy ? "greedy" : "gentle"},
                         {"consumer", Queue::kBulk ? "up to 64 a call" : "one by one"}},
          .unit = Unit::kItemsPerSecond,
          .capacity = Queue(Shape{plan.capacity, kProducers}).capacity(),
          .pinned = plan.pinned,
          .threads = kProducers + 1,
          .sample = [plan](const Stage& stage) { return run_hand_off<Queue, kProducers>(plan, stage); },
      });
    }
  };
  (add.template operator()<Queues>(), ...);
}

}  // namespace bench
