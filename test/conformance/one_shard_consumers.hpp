#pragma once
// Barriers, processors and pollers of a shard that looks like a sequencer: those of many shards, with the faces of the
// others. They are specialisations, so that the tests of the list need not know.

#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>
#include <whorl/disruptor/batch_event_processor.hpp>
#include <whorl/disruptor/event_poller.hpp>
#include <whorl/disruptor/sharded_event_poller.hpp>
#include <whorl/disruptor/sharded_event_processor.hpp>

#include "one_shard.hpp"

namespace whorl_test {

/// The consumers behind these sequences; empty if one of them is nobody's: a test made it, and moves it by hand.
template <class Face>
std::vector<typename Face::Progress*> consumers_of(Face& face, std::span<whorl::Sequence* const> sequences) {
  std::vector<typename Face::Progress*> found;
  for (const whorl::Sequence* sequence : sequences) {
    typename Face::Progress* const progress = face.progress_of(*sequence);
    if (progress == nullptr) return {};
    found.push_back(progress);
  }
  return found;
}

/// A sequence that a test moves, and the consumer that is where it is.
template <class Face>
struct ByHand {
  ByHand(const whorl::Sequence& s, Face& face) : sequence(s), progress(face.ring()) {}
  // Wakes nobody of those that wait for events of any shard.
  void follow() {
    const whorl::Position passed = sequence.passed();
    progress.in(Face::kIndex).release(passed);
    if (sequence.ends_before(passed)) progress.end();
  }
  const whorl::Sequence& sequence;
  typename Face::Progress progress;
};

/// The consumers behind these sequences. Those that a test moves are added to `by_hand`.
template <class Face>
std::vector<typename Face::Progress*> consumers_of(Face& face, std::span<whorl::Sequence* const> sequences,
                                                   std::deque<ByHand<Face>>& by_hand) {
  std::vector<typename Face::Progress*> found;
  for (const whorl::Sequence* sequence : sequences) {
    typename Face::Progress* const progress = face.progress_of(*sequence);
    found.push_back(progress != nullptr ? progress : &by_hand.emplace_back(*sequence, face).progress);
  }
  return found;
}

/// A handler of one ring's events, called with those of a shard.
template <class Face, class H>
class OfOneShard {
  using E = typename Face::Event;
  using Context = whorl::ShardedEventContext<typename Face::Shard>;

 public:
  explicit OfOneShard(H&& handler) : handler_(std::forward<H>(handler)) {}

  void operator()(E& event, const Context& context) {
    const whorl::EventContext one(context.sequence, context.end_of_batch, progress->in(context.shard));
    whorl::detail::call_handler(handler_, event, one);
  }
  void on_start() {
    if constexpr (requires { handler_.on_start(); }) handler_.on_start();
  }
  void on_stop() {
    if constexpr (requires { handler_.on_stop(); }) handler_.on_stop();
  }
  void on_batch_start(std::size_t events, std::size_t behind) {
    if constexpr (requires { handler_.on_batch_start(events, behind); }) handler_.on_batch_start(events, behind);
  }
  void on_timeout() {
    const whorl::SequenceNumber last = progress->get(Face::kIndex);
    if constexpr (requires { handler_.on_timeout(last); }) handler_.on_timeout(last);
  }
  whorl::ErrorAction on_error(const std::exception_ptr& error, E* event, whorl::ShardPlace place) noexcept {
    if constexpr (requires { handler_.on_error(error, event, place.sequence); }) {
      return handler_.on_error(error, event, place.sequence);
    } else {
      return whorl::ErrorAction::halt;
    }
  }

  typename Face::Progress* progress = nullptr;

 private:
  H handler_;
};

}  // namespace whorl_test

namespace whorl::inline WHORL_ABI_TAG {

template <class Face, WaitStrategy W>
  requires whorl_test::IsOneShard<Face>
class SequenceBarrier<Face, W> {
  using Shard = typename Face::Shard;

 public:
  explicit SequenceBarrier(Face& face, std::initializer_list<Sequence*> upstream = {})
      : SequenceBarrier(face, std::span(upstream.begin(), upstream.size()), face.wait_strategy()) {}
  SequenceBarrier(Face& face, std::span<Sequence* const> upstream, W strategy)
      : face_(face), upstream_(upstream.begin(), upstream.end()), place_(face.ring()) {
    const auto consumers = whorl_test::consumers_of(face, upstream, by_hand_);
    if (!by_hand_.empty()) sleeps_at_.emplace(face.shard(), upstream, strategy);
    barrier_.emplace(face.ring(), std::span(std::as_const(consumers)), std::move(strategy));
  }

  BarrierResult wait_for(SequenceNumber sequence, const Until& until = {}, std::size_t most = ~std::size_t{0}) {
    if (sleeps_at_) (void)sleeps_at_->wait_for(sequence, until, most);
    for (whorl_test::ByHand<Face>& one : by_hand_) one.follow();
    const auto p = static_cast<Position>(sequence);
    place_.in(Face::kIndex).release(p);
    const BarrierEnd end = barrier_->wait_for_any(place_, until);
    if (end != BarrierEnd::available) return {end, last_before(p)};
    return {end, last_before(p + barrier_->look(Face::kIndex, p, most))};
  }
  void alert() {
    barrier_->alert();
    if (sleeps_at_) sleeps_at_->alert();
  }
  void clear_alert() {
    barrier_->clear_alert();
    if (sleeps_at_) sleeps_at_->clear_alert();
  }
  bool is_alerted() const { return barrier_->is_alerted(); }
  SequenceNumber cursor() const {
    if (upstream_.empty()) return face_.cursor();
    SequenceNumber least = upstream_.front()->get();
    for (const Sequence* sequence : upstream_) least = std::min(least, sequence->get());
    return least;
  }

 private:
  Face& face_;
  const std::vector<Sequence*> upstream_;
  ShardedSequence<Shard> place_;  // who waits is there
  std::deque<whorl_test::ByHand<Face>> by_hand_;
  std::optional<ShardedBarrier<Shard, W>> barrier_;     // says how each wait ends
  std::optional<SequenceBarrier<Shard, W>> sleeps_at_;  // until then: who moves a sequence by hand wakes nobody else
};

template <class Face, EventHandler<Face> H, WaitStrategy W>
  requires whorl_test::IsOneShard<Face>
class BatchEventProcessor<Face, H, W> {
  using Shard = typename Face::Shard;
  using Handler = whorl_test::OfOneShard<Face, H>;

 public:
  BatchEventProcessor(Face& face, std::initializer_list<Sequence*> upstream, H handler, ProcessorOptions options = {})
      : face_(face), handler_(std::forward<H>(handler)) {
    const std::span<Sequence* const> sequences(upstream.begin(), upstream.size());
    const auto consumers = whorl_test::consumers_of(face, sequences);
    WHORL_ASSERT(consumers.size() == sequences.size(), "a processor of shards follows consumers of shards");
    const ShardedProcessorOptions sharded{.max_batch = options.max_batch, .timeout = options.timeout};
    processor_.emplace(face.ring(), std::span(consumers), handler_, sharded, face.wait_strategy());
    handler_.progress = &processor_->sequence();
    face.know(processor_->sequence());
  }
  ~BatchEventProcessor() { face_.forget(processor_->sequence()); }

  RunEnd run(const std::stop_token& stop = {}) { return processor_->run(stop); }
  void halt() { processor_->halt(); }
  bool is_running() const { return processor_->is_running(); }
  std::exception_ptr error() const { return processor_->error(); }
  Sequence& sequence() { return processor_->sequence().in(Face::kIndex); }

 private:
  Face& face_;
  Handler handler_;
  std::optional<ShardedEventProcessor<Shard, Handler&, W>> processor_;
};

template <class Face>
  requires whorl_test::IsOneShard<Face>
class EventPoller<Face> {
  using Shard = typename Face::Shard;
  using E = typename Face::Event;

 public:
  explicit EventPoller(Face& face, std::initializer_list<Sequence*> upstream = {}) : face_(face) {
    const auto consumers =
        whorl_test::consumers_of(face, std::span<Sequence* const>(upstream.begin(), upstream.size()), by_hand_);
    poller_.emplace(face.ring(), std::span(std::as_const(consumers)));
    face.know(poller_->sequence());
  }
  ~EventPoller() { face_.forget(poller_->sequence()); }

  template <class Handler>
  PollState poll(Handler&& handler, std::size_t most = ~std::size_t{0}) {
    for (whorl_test::ByHand<Face>& one : by_hand_) one.follow();
    return poller_->poll(
        [&](E& event, const ShardedEventContext<Shard>& context) {
          const EventContext one(context.sequence, context.end_of_batch, poller_->sequence().in(context.shard));
          return detail::wants_more(handler, event, one);
        },
        most);
  }
  Sequence& sequence() { return poller_->sequence().in(Face::kIndex); }

 private:
  Face& face_;
  std::deque<whorl_test::ByHand<Face>> by_hand_;
  std::optional<ShardedEventPoller<Shard>> poller_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
