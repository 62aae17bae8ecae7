#pragma once
// A stall run: how long a consumer is kept waiting for items whose pushes have returned.

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <thread>
#include <vector>
#include <whorl/sync/config.hpp>
#include <whorl/wait/backoff.hpp>

#include "hand_off_run.hpp"

namespace bench {

struct StallPlan {
  std::size_t capacity;
  std::int64_t window_ns;
  std::int64_t warm_up_ns = 5'000'000;  // at most
  bool interrupts = false;  // producer 0 loses its CPU for a millisecond, wherever it is, every few milliseconds
};

namespace detail {

// Of the items of one producer, those whose pushes have returned.
struct alignas(whorl::kCacheLine) Completed {
  std::atomic<std::uint64_t> count{0};
};

template <class Queue>
Sent produce_and_tell(typename Queue::Producer& to, std::size_t id, const StopSign& sign, Completed& completed) {
  Sent sent;
  for (Tag tag = first_tag(id); !sign.stop.load(std::memory_order_relaxed); ++tag) {
    const auto item = make_item<typename Queue::Item>(tag);
    if (!to.try_push(item) && !push_when_there_is_room(to, item, sign, sent)) break;
    // Release: who sees the count finds the item, if the queue does not hide it.
    completed.count.store(++sent.accepted, std::memory_order_release);
  }
  return sent;
}

// The longest stall of the window, and the longest time from one call that brought items to the next.
class Stalls {
 public:
  // A call of the window, from `asked_ns` until now. `owed`: before it one knew of items that had not come.
  void enter(std::int64_t asked_ns, bool owed, std::size_t got) {
    const std::int64_t now = now_ns();
    if (owed) {
      if (begin_ns_ == 0) begin_ns_ = asked_ns;
      longest_ns_ = std::max(longest_ns_, now - begin_ns_);
    }
    if (got == 0) return;
    if (received_ns_ != 0) longest_gap_ns_ = std::max(longest_gap_ns_, now - received_ns_);
    received_ns_ = now;
    begin_ns_ = 0;
  }
  double longest_ns() const noexcept { return static_cast<double>(longest_ns_); }
  double longest_gap_ns() const noexcept { return static_cast<double>(longest_gap_ns_); }

 private:
  std::int64_t begin_ns_ = 0;  // of the stall that is going on
  std::int64_t longest_ns_ = 0;
  std::int64_t received_ns_ = 0;
  std::int64_t longest_gap_ns_ = 0;
};

// The consumer's thread.
template <class Queue, std::size_t kProducers>
Stalls receive_and_watch(Queue& queue, Course& course, const std::array<Completed, kProducers>& completed,
                         Ledger<kProducers, kLanesOf<Queue>>& ledger) {
  constexpr std::size_t kWorkPerLook = 1024;
  constexpr std::size_t kWorkOfEmptyCall = 64;
  Stalls stalls;
  whorl::Backoff wait;
  std::uint64_t there = 0;  // so many pushes have returned, as far as one knows
  for (std::size_t work = 0;;) {
    if (there <= ledger.count()) {  // only then: reading these takes the lines from the producers
      there = 0;
      for (const Completed& one : completed) there += one.count.load(std::memory_order_acquire);
    }
    const bool owed = there > ledger.count();
    const std::int64_t asked_ns = now_ns();
    const std::size_t got = queue.consume([&](const typename Queue::Item& item) { ledger.enter(item); }, kMostPerCall);
    if (course.is_measuring()) stalls.enter(asked_ns, owed, got);
    got != 0 ? wait.reset() : wait.snooze();
    work += std::max(got, kWorkOfEmptyCall);
    if (work < kWorkPerLook && !course.is_draining()) continue;
    work = 0;
    if (!course.goes_on(ledger.count(), got)) return stalls;
  }
}

// Takes a thread's CPU away for a millisecond, every three: a signal comes at any instruction, and its handler sleeps.
class Interrupter {
 public:
  Interrupter() {
    struct sigaction action{};
    action.sa_handler = [](int) {
      const int error = errno;
      const timespec time{.tv_sec = 0, .tv_nsec = 1'000'000};
      nanosleep(&time, nullptr);
      errno = error;
    };
    sigaction(SIGUSR1, &action, &before_);
  }
  Interrupter(const Interrupter&) = delete;
  Interrupter& operator=(const Interrupter&) = delete;
  ~Interrupter() { sigaction(SIGUSR1, &before_, nullptr); }

  /// The thread to interrupt, before and after it works.
  void begins() {
    thread_ = pthread_self();
    is_there_.store(true, std::memory_order_release);
  }
  void ends() const {
    while (!done_.load(std::memory_order_acquire)) whorl::sync::yield();
  }

  /// Another thread, until the run is over.
  void interrupt(const StopSign& sign) {
    while (!is_there_.load(std::memory_order_acquire)) whorl::sync::yield();
    while (!sign.stop.load(std::memory_order_relaxed)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      pthread_kill(thread_, SIGUSR1);
    }
    done_.store(true, std::memory_order_release);
  }

 private:
  struct sigaction before_{};
  pthread_t thread_{};
  std::atomic<bool> is_there_{false};
  std::atomic<bool> done_{false};
};

}  // namespace detail

/// One sample: the longest stall in the window, in ns; the longest time between two calls that brought items; and the items
/// per second of that window. A stall begins when the consumer asks, knowing of a push that has returned and whose item it
/// does not have; it ends when a call returns with items. So it is one call at least, and all the time that a library waits
/// inside it. After calls that brought nothing the consumer backs off, or the one it waits for might never get a CPU.
///
/// The consumer has a CPU to itself and the producers share the other one: what holds it up is the queue, and not that it
/// has lost its own CPU.
///
/// Errors:  VerificationError.
template <Contender Queue, std::size_t kProducers>
Outcome run_stalls(const StallPlan& plan, const Stage& stage) {
  const HandOffPlan hand_off{.capacity = plan.capacity,
                             .when_empty = WhenEmpty::kGentle,
                             .pinned = true,
                             .window_ns = plan.window_ns,
                             .warm_up_ns = plan.warm_up_ns};
  Queue queue(Shape{plan.capacity, kProducers});
  detail::StopSign sign{.producers_left = kProducers};
  std::array<detail::Completed, kProducers> completed;
  std::array<Sent, kProducers> sent;
  Ledger<kProducers, kLanesOf<Queue>> ledger;
  detail::Interrupter interrupter;
  Outcome outcome;

  const auto consume = [&] {
    detail::Course course(hand_off, sign);
    const detail::Stalls stalls = detail::receive_and_watch(queue, course, completed, ledger);
    outcome.figure = stalls.longest_ns();
    outcome.others = {stalls.longest_gap_ns(), course.items_per_second()};
  };
  const auto produce = [&](std::size_t id) {
    auto producer = queue.producer(id);
    const bool interrupted = plan.interrupts && id == 0;
    if (interrupted) interrupter.begins();
    const Sent done = detail::produce_and_tell<Queue>(producer, id, sign, completed[id]);
    if (interrupted) interrupter.ends();
    return done;
  };
  std::vector<Task> others;
  if (plan.interrupts) others.push_back({stage.cpus.second, [&] { interrupter.interrupt(sign); }});
  detail::run_against(sent, sign, {stage.cpus.first, stage.cpus.second}, false, consume, produce, std::move(others));
  verify(outcome, ledger, sent);
  return outcome;
}

/// Enters every contender of the roster into the scenario.
template <std::size_t kProducers, class... Queues>
void add_stalls(Scenario& scenario, Roster<Queues...> roster, const StallPlan& plan, std::size_t samples) {
  for_each_contender(scenario, roster, [&]<class Queue>() {
    scenario.entries.push_back(Entry{
        .contender = Queue::kName,
        .producers = Queue::kProducers,
        .parameters = {{"load", "oversubscribed"}, {"figure", "longest_stall"}},
        .unit = Unit::kNanoseconds,
        .capacity = Queue(Shape{plan.capacity, kProducers}).capacity(),
        .pinned = true,
        .threads = kProducers + 1,
        .sample = [plan](const Stage& stage) { return run_stalls<Queue, kProducers>(plan, stage); },
        .real_time = false,
        .placed = false,
        .cost_ms = static_cast<double>(plan.window_ns) / 1e6 + 10,
        .least_samples = samples,
    });
    scenario.also_reports("longest_gap", Unit::kNanoseconds);
    scenario.also_reports("items_per_second", Unit::kItemsPerSecond);
  });
}

}  // namespace bench
