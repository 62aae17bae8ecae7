#pragma once
// A run of a graph: producers publish into the ring of a Disruptor, or into its shards, as fast as they can, and every
// consumer handles every event, for some milliseconds.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "course.hpp"
#include "graph_rings.hpp"
#include "ledger.hpp"
#include "placement.hpp"
#include "scenario.hpp"
#include "stamped.hpp"
#include "team.hpp"

namespace bench {

/// A consumer's part in a graph.
struct Part {
  unsigned after = 0;   // a bit for each consumer, by its place in the graph, that each event passes first
  unsigned before = 0;  // the stamps it looks for
  unsigned stamp = 0;   // the one it leaves; 0: none
};

/// Producers and consumers of one ring; each consumer is listed after those that it follows. The last one measures.
template <std::size_t kProducersOf, Part... kParts>
struct Graph {
  static constexpr std::size_t kProducers = kProducersOf;
  static constexpr std::size_t kConsumers = sizeof...(kParts);
  static constexpr std::array<Part, kConsumers> kAll{kParts...};
  static constexpr unsigned kThreads = static_cast<unsigned>(kProducers + kConsumers);
};

namespace detail {

// One consumer: compares every word of every event with the one that its producer must have sent next, and with what those
// before it must have added.
template <class Event, Part kPart, std::size_t kProducers, bool kMeasures>
class Handling {
  static constexpr std::uint64_t kWorkPerLook = 1024;
  using Books = Ledger<std::bit_ceil(kProducers)>;

 public:
  Handling(const HandOffPlan& plan, StopSign& sign) : plan_(plan), sign_(&sign) {}

  void on_start() noexcept {
    if constexpr (kMeasures) course_.emplace(plan_, *sign_);
  }
  void operator()(Event& event) noexcept {
    handle(event, books_);
    done(1);
  }
  // Where events lie side by side.
  template <class Context>
  void operator()(std::span<Event> run, const Context& /*at*/) noexcept {
    {
      typename Books::Run books(books_);
      for (Event& event : run) handle(event, books);
    }
    done(run.size());
  }

  double items_per_second() const { return course_->items_per_second(); }
  std::uint64_t count() const noexcept { return books_.count(); }
  void verify(const std::array<Sent, std::bit_ceil(kProducers)>& sent) const { books_.verify(sent); }

 private:
  template <class Entry>
  static void handle(Event& event, Entry& books) noexcept {
    books.enter(Seen<kPart.before, Event>{event});
    if constexpr (kPart.stamp != 0) leave_stamp<kPart.stamp>(event);
  }
  void done(std::uint64_t events) noexcept {
    if constexpr (kMeasures) {
      if (events < left_) [[likely]] {
        left_ -= events;
      } else {
        look();
      }
    }
  }
  // Now and then, and at the last item of a run of so many.
  [[gnu::noinline]] void look() noexcept {
    const std::uint64_t count = books_.count();
    if (!course_->is_draining()) (void)course_->goes_on(count, kWorkPerLook);
    left_ = count < plan_.items ? std::min(kWorkPerLook, plan_.items - count) : kWorkPerLook;
  }

  Books books_;
  std::uint64_t left_ = kWorkPerLook;  // before it looks at the clock
  std::optional<Course> course_;
  HandOffPlan plan_;
  StopSign* sign_;
};

// A ring, and a processor for each consumer.
template <class Ring, class G, class Indices = std::make_index_sequence<G::kConsumers>>
class Consumers;
template <class Ring, class G, std::size_t... kAt>
class Consumers<Ring, G, std::index_sequence<kAt...>> {
  template <std::size_t kI>
  using Handler = Handling<typename Ring::Event, G::kAll[kI], G::kProducers, kI + 1 == G::kConsumers>;
  template <std::size_t kI>
  using Processor = typename RingOfGraph<Ring>::template Processor<Handler<kI>>;
  using Progress = typename RingOfGraph<Ring>::Progress;
  using Books = std::array<Sent, std::bit_ceil(G::kProducers)>;

 public:
  Consumers(Ring& ring, const HandOffPlan& plan, StopSign& sign) {
    (make<kAt>(ring, plan, sign), ...);
    // Those that nobody follows keep the producers from overwriting.
    for (std::size_t i = 0; i < G::kConsumers; ++i) {
      if (!is_followed(i) && !ring.add_gating(*sequences_[i]))
        throw std::logic_error("a consumer is in the gate twice");
    }
  }

  void add_tasks(std::vector<Task>& tasks, int cpu, const std::function<void()>& first) {
    (tasks.push_back({cpu, [this, first] { first(), ends_[kAt] = std::get<kAt>(processors_)->run(); }}), ...);
  }
  double items_per_second() const { return std::get<G::kConsumers - 1>(processors_)->handler().items_per_second(); }

  /// Errors:  VerificationError, naming the consumer.
  void verify(const Books& sent, Outcome& outcome) const {
    outcome.delivered = ~std::uint64_t{0};
    (verify_one<kAt>(sent, outcome), ...);
  }

 private:
  template <std::size_t kI>
  void make(Ring& ring, const HandOffPlan& plan, StopSign& sign) {
    std::vector<Progress*> upstream;
    for (std::size_t i = 0; i < kI; ++i) {
      if ((G::kAll[kI].after >> i & 1) != 0) upstream.push_back(sequences_[i]);
    }
    std::get<kI>(processors_) =
        std::make_unique<Processor<kI>>(ring, std::span<Progress* const>(upstream), Handler<kI>(plan, sign),
                                        RingOfGraph<Ring>::options(plan.most), ring.wait_strategy());
    sequences_[kI] = &std::get<kI>(processors_)->sequence();
  }
  static constexpr bool is_followed(std::size_t i) noexcept {
    bool is_followed = false;
    for (const Part& part : G::kAll) is_followed |= (part.after >> i & 1) != 0;
    return is_followed;
  }
  template <std::size_t kI>
  void verify_one(const Books& sent, Outcome& outcome) const {
    const auto& handler = std::get<kI>(processors_)->handler();
    outcome.delivered = std::min(outcome.delivered, handler.count());
    const std::string who = "consumer " + std::to_string(kI);
    if (ends_[kI] != whorl::RunEnd::closed) throw VerificationError(who + " ended early");
    try {
      handler.verify(sent);
    } catch (const VerificationError& error) {
      throw VerificationError(who + ": " + error.what());
    }
  }

  std::tuple<std::unique_ptr<Processor<kAt>>...> processors_;
  std::array<Progress*, G::kConsumers> sequences_{};
  std::array<whorl::RunEnd, G::kConsumers> ends_{};
};

// A Producer is the ring, or the lease of a shard.
template <class Event, class Producer>
Sent publish_singly(Producer& producer, std::size_t id, const StopSign& sign) {
  constexpr Tag kLookEvery = 16;
  Sent sent;
  const Tag first = first_tag(id);
  Tag tag = first;
  for (;; ++tag) {
    if (tag % kLookEvery == 0 && sign.stop.load(std::memory_order_relaxed)) break;
    const auto fill = [tag](Event& event) noexcept { write_event(event, tag); };
    if (producer.try_publish_event(fill)) [[likely]]
      continue;
    ++sent.refused;
    if (producer.publish_event(fill) != whorl::WriteResult::ok) break;
  }
  sent.accepted = tag - first;
  return sent;
}

// The events of a claim, where they lie.
template <class Producer>
void fill_claimed(Producer& producer, whorl::SequenceNumber first, std::size_t count, Tag tag) noexcept {
  if constexpr (requires { producer.span(first, count); }) {
    while (count != 0) {
      const auto run = producer.span(first, count);
      for (auto& event : run) write_event(event, tag++);
      first += static_cast<whorl::SequenceNumber>(run.size());
      count -= run.size();
    }
  } else {
    for (; count != 0; --count) write_event(producer.get(first++), tag++);
  }
}

template <class Producer>
Sent publish_batches(Producer& producer, std::size_t id, const HandOffPlan& plan, const StopSign& sign) {
  const std::uint64_t most = plan.items != 0 ? plan.items : ~std::uint64_t{0};
  const Tag begin = first_tag(id);
  Sent sent;
  while (sent.accepted < most && !sign.stop.load(std::memory_order_relaxed)) {
    const whorl::NextResult next = producer.next(plan.batch);
    if (!next) break;
    const auto first = next.sequence - static_cast<whorl::SequenceNumber>(plan.batch - 1);
    fill_claimed(producer, first, plan.batch, begin + sent.accepted);
    producer.publish(first, next.sequence);
    sent.accepted += plan.batch;
  }
  return sent;
}

}  // namespace detail

/// One sample of a graph on a ring, or shards, of type Ring (graph_rings.hpp). The figure is in events per second, as the
/// last consumer saw them. With one producer and one consumer each has a CPU; else all threads share the two CPUs of the
/// stage.
///
/// Errors:  VerificationError.
template <class Ring, class G>
Outcome run_graph(const HandOffPlan& plan, const Stage& stage) {
  using Kind = RingOfGraph<Ring>;
  Ring ring = Kind::make(plan.capacity, G::kProducers);
  detail::StopSign sign{.producers_left = G::kProducers};
  detail::Consumers<Ring, G> consumers(ring, plan, sign);
  std::array<Sent, std::bit_ceil(G::kProducers)> sent{};

  constexpr bool kOneEach = G::kThreads == 2;
  const auto settle = [&] {
    if (!kOneEach) stay_on(stage.cpus);
  };
  std::vector<Task> tasks;
  consumers.add_tasks(tasks, kOneEach ? stage.cpus.first : kAnyCpu, settle);
  for (std::size_t id = 0; id < G::kProducers; ++id) {
    tasks.push_back({kOneEach ? stage.cpus.second : kAnyCpu, [&, id] {
                       settle();
                       auto&& producer = Kind::producer(ring);
                       sent[id] = plan.batch == 1 ? detail::publish_singly<typename Ring::Event>(producer, id, sign)
                                                  : detail::publish_batches(producer, id, plan, sign);
                       if (sign.producers_left.fetch_sub(1, std::memory_order_acq_rel) == 1) Kind::end(ring);
                     }});
  }
  run_team(std::move(tasks), kOneEach && stage.real_time);

  Outcome outcome{.figure = consumers.items_per_second()};
  for (const Sent& one : sent) {
    outcome.accepted += one.accepted;
    outcome.refused += one.refused;
  }
  consumers.verify(sent, outcome);
  return outcome;
}

}  // namespace bench
