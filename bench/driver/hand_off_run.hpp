#pragma once
// A hand-off run: producers push as fast as they can, one consumer takes, for a few milliseconds.

#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include <whorl/sync/topology.hpp>
#include <whorl/wait/backoff.hpp>

#include "../contenders/contender.hpp"
#include "course.hpp"
#include "ledger.hpp"
#include "roster.hpp"
#include "scenario.hpp"
#include "team.hpp"

namespace bench {

namespace detail {

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

// The same in batches, by the library's own call where it has one. What does not find room at once is offered again.
template <class Queue>
Sent produce_batches(typename Queue::Producer& to, std::size_t id, const HandOffPlan& plan, const StopSign& sign) {
  using Item = typename Queue::Item;
  const std::uint64_t most = plan.items != 0 ? plan.items : ~std::uint64_t{0};
  std::vector<Item> items(plan.batch);
  Sent sent;
  for (Tag tag = first_tag(id); sent.accepted < most && !sign.stop.load(std::memory_order_relaxed);) {
    for (Item& item : items) item = make_item<Item>(tag++);
    std::span<const Item> left(items);
    for (whorl::Backoff wait; !left.empty();) {
      const std::size_t accepted = push_some<Queue>(to, left);
      sent.accepted += accepted;
      left = left.subspan(accepted);
      if (accepted != 0) {
        wait.reset();
        continue;
      }
      ++sent.refused;
      if (sign.stop.load(std::memory_order_relaxed)) return sent;
      wait.snooze();
    }
  }
  return sent;
}

// The consumer's thread. There is one call of consume() in it, so that the compiler can inline it and keep the ledger in
// registers: the books must cost less than the queue. at_edge(books): when the window begins, and when it ends.
template <class Queue, class Books, class AtEdge>
void receive(Queue& queue, const HandOffPlan& plan, Course& course, Books& books, AtEdge&& at_edge) {
  constexpr std::size_t kWorkPerLook = 1024;
  constexpr std::size_t kWorkOfEmptyCall = 16;
  const bool gentle = plan.when_empty == WhenEmpty::kGentle;
  Books ledger;
  whorl::Backoff wait;
  for (std::size_t work = 0;;) {
    const std::size_t got =
        queue.consume([&ledger](const typename Queue::Item& item) { ledger.enter(item); }, plan.most);
    if (got != 0) {
      work += got;
      wait.reset();
    } else {
      work += kWorkOfEmptyCall;
      if (gentle) wait.snooze();
    }
    if (work < kWorkPerLook && !course.is_draining()) continue;
    work = 0;
    const bool was_measuring = course.is_measuring();
    if (!course.goes_on(ledger.count(), got)) break;
    if (was_measuring != course.is_measuring()) at_edge(std::as_const(ledger));
  }
  books = ledger;
}
template <class Queue, class Books>
void receive(Queue& queue, const HandOffPlan& plan, Course& course, Books& books) {
  receive(queue, plan, course, books, [](const Books&) {});
}

// Where the two sides run.
struct Seats {
  int consumer = kAnyCpu;
  int producers = kAnyCpu;
};

// consume() on a thread, and on another for each producer produce(id), which returns what it has sent; and what else there
// is to do meanwhile. Returns when all have.
template <std::size_t kProducers, class Consume, class Produce>
void run_against(std::array<Sent, kProducers>& sent, StopSign& sign, const Seats& seats, bool real_time,
                 Consume&& consume, Produce&& produce, std::vector<Task> others = {}) {
  std::vector<Task> tasks{{seats.consumer, consume}};
  for (std::size_t id = 0; id < kProducers; ++id) {
    tasks.push_back({seats.producers, [&, id] {
                       sent[id] = produce(id);
                       sign.producers_left.fetch_sub(1, std::memory_order_release);
                     }});
  }
  tasks.insert(tasks.end(), others.begin(), others.end());
  run_team(std::move(tasks), real_time);
}

}  // namespace detail

/// Sums the books up.
///
/// Errors:  VerificationError.
template <class Books, std::size_t kProducers>
void verify(Outcome& outcome, const Books& books, const std::array<Sent, kProducers>& sent) {
  books.verify(sent);
  for (const Sent& one : sent) {
    outcome.accepted += one.accepted;
    outcome.refused += one.refused;
  }
  outcome.delivered = books.count();
}

/// One sample. The figure is in items per second, as the consumer saw them after a lap of warming up. kBatches: the
/// producers push plan.batch items a call.
///
/// Errors:  VerificationError.
template <Contender Queue, std::size_t kProducers, bool kBatches = false>
Outcome run_hand_off(const HandOffPlan& plan, const Stage& stage) {
  Queue queue(Shape{plan.capacity, kProducers});
  detail::StopSign sign{.producers_left = kProducers};
  std::array<Sent, kProducers> sent;
  Ledger<kProducers, kLanesOf<Queue>> ledger;
  Outcome outcome;

  const auto consume = [&] {
    detail::Course course(plan, sign);
    detail::receive(queue, plan, course, ledger);
    outcome.figure = course.items_per_second();
    if (plan.cpu_time) outcome.others = {course.cpu_ns_per_item()};
  };
  const auto produce = [&](std::size_t id) {
    auto producer = queue.producer(id);
    if constexpr (kBatches) {
      return detail::produce_batches<Queue>(producer, id, plan, sign);
    } else {
      return detail::produce<typename Queue::Item>(producer, id, sign);
    }
  };
  const auto seats = plan.pinned ? detail::Seats{stage.cpus.first, stage.cpus.second} : detail::Seats{};
  detail::run_against(sent, sign, seats, plan.pinned && stage.real_time, consume, produce);
  verify(outcome, ledger, sent);
  return outcome;
}

/// "parallel" when each of so many threads can have a CPU, else "oversubscribed".
inline const char* load_of(std::size_t threads) {
  return threads <= whorl::allowed_cpus().size() ? "parallel" : "oversubscribed";
}

/// Enters every contender of the roster into the scenario. kBatches: plan.batch items a push, else single ones.
template <std::size_t kProducers, bool kBatches = false, class... Queues>
void add_hand_offs(Scenario& scenario, Roster<Queues...> roster, const HandOffPlan& plan) {
  for_each_contender(scenario, roster, [&]<class Queue>() {
    static_assert(kProducers == 1 || Queue::kProducers != Producers::kOne, "this queue is for one producer only");
    scenario.entries.push_back(Entry{
        .contender = Queue::kName,
        .producers = Queue::kProducers,
        .parameters = {{"empty", plan.when_empty == WhenEmpty::kGreedy ? "greedy" : "gentle"},
                       {"consumer", Queue::kBulk ? "up to " + std::to_string(plan.most) + " a call" : "one by one"}},
        .unit = Unit::kItemsPerSecond,
        .capacity = Queue(Shape{plan.capacity, kProducers}).capacity(),
        .pinned = plan.pinned,
        .threads = kProducers + 1,
        .sample = [plan](const Stage& stage) { return run_hand_off<Queue, kProducers, kBatches>(plan, stage); },
        .cost_ms = cost_ms_of(plan),
    });
    Parameters& parameters = scenario.entries.back().parameters;
    if (kBatches) parameters.emplace_back("producer", PushesSome<Queue> ? "a batch a call" : "one by one");
    parameters.emplace_back("load", plan.pinned ? "pinned" : load_of(kProducers + 1));
    if (plan.cpu_time) scenario.also_reports("cpu_ns_per_item", Unit::kNanoseconds);
  });
}

}  // namespace bench
