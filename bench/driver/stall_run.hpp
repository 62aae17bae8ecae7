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

// The longest stall of the window, and the one that is going on.
class Stall {
 public:
  // The queue was empty though, as one knew before asking it at `asked_ns`, there were items.
  void goes_on(std::int64_t asked_ns) {
    if (begin_ns_ == 0) begin_ns_ = asked_ns;
    longest_ns_ = std::max(longest_ns_, now_ns() - begin_ns_);
  }
  void ends() {
    if (begin_ns_ != 0) goes_on(0);
    begin_ns_ = 0;
  }
  std::int64_t longest_ns() const noexcept { return longest_ns_; }

 private:
  std::int64_t begin_ns_ = 0;
  std::int64_t longest_ns_ = 0;
};

// The consumer's thread; returns the longest stall of the window.
template <class Queue, std::size_t kProducers>
std::int64_t receive_and_watch(Queue& queue, Course& course, const std::array<Completed, kProducers>& completed,
                               Ledger<kProducers, kLanesOf<Queue>>& ledger) {
  constexpr std::size_t kWorkPerLook = 1024;
  constexpr std::size_t kWorkOfEmptyCall = 64;
  Stall stall;
  whorl::Backoff wait;
  std::size_t got = 0;
  for (std::size_t work = 0;;) {
    std::uint64_t there = 0;
    std::int64_t asked_ns = 0;
    if (got == 0) {  // only then: reading these takes the lines from the producers
      for (const Completed& one : completed) there += one.count.load(std::memory_order_acquire);
      asked_ns = now_ns();
    }
    got = queue.consume([&](const typename Queue::Item& item) { ledger.enter(item); }, kMostPerCall);
    if (got == 0 && there > ledger.count() && course.is_measuring()) {
      stall.goes_on(asked_ns);
    } else if (course.is_measuring()) {
      stall.ends();
    }
    got != 0 ? wait.reset() : wait.snooze();
    work += std::max(got, kWorkOfEmptyCall);
    if (work < kWorkPerLook && !course.is_draining()) continue;
    work = 0;
    if (!course.goes_on(ledger.count(), got)) return stall.longest_ns();
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

/// One sample: the longest stall in the window, in ns, and the items per second of that window. A stall begins when the
/// consumer, knowing of a push that has returned and whose item it does not have, finds nothing; it ends when it finds
/// something. The consumer backs off meanwhile, or the one it waits for might never get a CPU.
///
/// Errors:  VerificationError.
template <Contender Queue, std::size_t kProducers>
Outcome run_stalls(const StallPlan& plan, const Stage& /*stage*/) {
  const HandOffPlan hand_off{
      .capacity = plan.capacity, .when_empty = WhenEmpty::kGentle, .pinned = false, .window_ns = plan.window_ns};
  Queue queue(Shape{plan.capacity, kProducers});
  detail::StopSign sign{.producers_left = kProducers};
  std::array<detail::Completed, kProducers> completed;
  std::array<Sent, kProducers> sent;
  Ledger<kProducers, kLanesOf<Queue>> ledger;
  detail::Interrupter interrupter;
  Outcome outcome;

  std::vector<Task> tasks;
  tasks.push_back({kAnyCpu, [&] {
                     detail::Course course(hand_off, sign);
                     outcome.figure = static_cast<double>(detail::receive_and_watch(queue, course, completed, ledger));
                     outcome.others = {course.items_per_second()};
                   }});
  for (std::size_t id = 0; id < kProducers; ++id) {
    tasks.push_back({kAnyCpu, [&, id] {
                       auto producer = queue.producer(id);
                       const bool interrupted = plan.interrupts && id == 0;
                       if (interrupted) interrupter.begins();
                       sent[id] = detail::produce_and_tell<Queue>(producer, id, sign, completed[id]);
                       if (interrupted) interrupter.ends();
                       sign.producers_left.fetch_sub(1, std::memory_order_release);
                     }});
  }
  if (plan.interrupts) tasks.push_back({kAnyCpu, [&] { interrupter.interrupt(sign); }});
  run_team(std::move(tasks), false);
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
        .parameters = {{"load", load_of(kProducers + 1)}, {"figure", "longest_stall"}},
        .unit = Unit::kNanoseconds,
        .capacity = Queue(Shape{plan.capacity, kProducers}).capacity(),
        .pinned = false,
        .threads = kProducers + 1,
        .sample = [plan](const Stage& stage) { return run_stalls<Queue, kProducers>(plan, stage); },
        .placed = false,
        .cost_ms = static_cast<double>(plan.window_ns) / 1e6 + 10,
        .least_samples = samples,
    });
    scenario.also_reports("items_per_second", Unit::kItemsPerSecond);
  });
}

}  // namespace bench
