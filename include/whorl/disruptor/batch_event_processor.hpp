#pragma once
// BatchEventProcessor: a consumer's loop.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/processor_loop.hpp>

namespace whorl::inline WHORL_ABI_TAG {

struct ProcessorOptions {
  /// The largest batch; 0: as large as the ring.
  std::size_t max_batch = 0;
  /// How long it waits before it calls on_timeout.
  std::chrono::nanoseconds timeout = kForever;
};

/// Waits at its barrier, hands its handler batch after batch, and says after each how far it has come. A batch is what was
/// available when it began. One of tombstones only has no end_of_batch, and one that a failure cut short gets none later.
/// Besides being called with events (event_reader.hpp) a handler may have any of
///
///     on_start(), on_stop()                       in the processor's thread, around everything else; each once a run
///     on_batch_start(std::size_t events, std::size_t behind)
///                                                 a batch of so many; so many are available in all
///     on_timeout(SequenceNumber)                  nothing has come for so long; the last sequence handled
///     ErrorAction on_error(std::exception_ptr, E*, SequenceNumber) noexcept
///                                                 it has thrown: at that event, or the run that begins there, which is
///                                                 nullptr if it was released early; or, nullptr, in another of these
///                                                 calls, where all but `halt` mean to go on, `rewind` of a batch's start
///                                                 to begin it again. Without it: halt.
///
/// A processor that has failed, or come to the end, ends its sequence: those that follow it handle what it has passed, and
/// then end as well. One that was halted does not: they wait until it runs again.
///
/// Threads:   run: one at a time. halt, is_running, sequence: any. error: after run.
/// Order:     what the handler did with an event is visible to whoever then sees sequence() pass it.
/// Source:    BatchEventProcessor of the LMAX Disruptor, whose handlers' exceptions end nothing and whose halt alerts
///            siblings.
template <class Ring, EventHandler<Ring> Handler, WaitStrategy W = typename Ring::Wait>
class BatchEventProcessor : public detail::ProcessorLoop<BatchEventProcessor<Ring, Handler, W>, typename Ring::Event,
                                                         SequenceNumber, Handler> {
  using E = typename Ring::Event;
  using Base = detail::ProcessorLoop<BatchEventProcessor, E, SequenceNumber, Handler>;
  using Base::call;
  using Base::handler_;
  using Base::judge;
  static_assert(detail::require_hooks<Handler, E>());

 public:
  /// Reads what is claimed from now on, after all of `upstream` have. The sequence is the ring's; whoever builds the graph
  /// makes it a member of the gate. Handler may be a reference.
  BatchEventProcessor(Ring& ring, std::initializer_list<Sequence*> upstream, Handler handler,
                      ProcessorOptions options = {})
      : BatchEventProcessor(ring, std::span(upstream.begin(), upstream.size()), std::forward<Handler>(handler), options,
                            ring.wait_strategy()) {}
  BatchEventProcessor(Ring& ring, std::span<Sequence* const> upstream, Handler handler, ProcessorOptions options,
                      W wait)
      : Base(std::forward<Handler>(handler)),
        ring_(ring),
        barrier_(ring, upstream, std::move(wait)),
        sequence_(ring.lend_sequence()),
        options_(options),
        most_(options.max_batch == 0 ? ring.capacity() : options.max_batch),
        tombstones_(ring) {}
  /// Leaves the gate if it is a member. It must not be running.
  ~BatchEventProcessor() {
    this->require_stopped();
    ring_.remove_gating(sequence_);
    ring_.take_back(sequence_);
  }

  /// How far it has come.
  Sequence& sequence() noexcept { return sequence_; }
  const Sequence& sequence() const noexcept { return sequence_; }
  SequenceBarrier<Ring, W>& barrier() noexcept { return barrier_; }

 private:
  friend Base;

  void begin() noexcept { sequence_.go_on(); }
  void finish() noexcept { sequence_.end(); }
  SequenceNumber now() const noexcept { return sequence_.get(); }
  void close() noexcept { ring_.close(); }

  // One batch, or one wait for it. False: the run is over.
  bool step(const std::stop_token& stop) {
    const Position begin = sequence_.passed();
    constexpr bool kTold = requires { handler_.on_batch_start(most_, most_); };
    const std::size_t behind = kTold ? barrier_.look(begin) : barrier_.look(begin, most_);
    if (behind == 0) return wait(begin, stop);
    const std::size_t n = std::min(behind, most_);
    if constexpr (kTold) {
      const ErrorAction action = call([&] { handler_.on_batch_start(n, behind); });
      if (action == ErrorAction::rewind) return true;
      if (action == ErrorAction::halt) return false;
    }
    return handle_batch(begin, begin + n);
  }

  bool wait(Position p, const std::stop_token& stop) {
    const Until until = options_.timeout == kForever ? Until(stop) : Until(options_.timeout, stop);
    const BarrierEnd end = barrier_.wait_for(static_cast<SequenceNumber>(p), until, 1).end;
    return this->go_on_after(end, [&] {
      if constexpr (requires { handler_.on_timeout(last_before(p)); }) handler_.on_timeout(last_before(p));
    });
  }

  // False: the run is over.
  bool handle_batch(const Position begin, const Position end) {
    const Position last = tombstones_.trim(begin, end);
    Position p = begin;
    bool go_on = true;
    std::size_t size = 1;  // of what the handler is at
    detail::attempt<kNothrow>(
        [&] {
          for (; p != last; p += size) {
            size = 1;
            if (!tombstones_.is_at(p)) handle(p, last, size);
          }
          p = end;
        },
        [&] {
          const auto sequence = static_cast<SequenceNumber>(p);
          // One that was released early may be a producer's by now.
          const bool is_ours = distance(p, sequence_.passed()) <= 0;
          const ErrorAction action = judge(is_ours ? &ring_.get(sequence) : nullptr, sequence);
          if (action == ErrorAction::skip) p += size;
          if (action == ErrorAction::rewind) p = begin;
          go_on = action != ErrorAction::halt;
        });
    if (distance(sequence_.passed(), p) > 0) sequence_.release(p);  // an early release may have come farther
    return go_on;
  }

  // Calls the handler with the event of p, or with a run of `size` from there on.
  void handle(Position p, Position end, [[maybe_unused]] std::size_t& size) {
    const auto sequence = static_cast<SequenceNumber>(p);
    if constexpr (kRuns) {
      std::span<E> run = ring_.span(sequence, static_cast<std::size_t>(end - p));
      for (size = 1; size < run.size() && !tombstones_.is_at(p + size);) ++size;
      handler_(run.first(size), EventContext(sequence, p + size == end, sequence_, size));
    } else {
      detail::call_handler(handler_, ring_.get(sequence), EventContext(sequence, p + 1 == end, sequence_));
    }
  }

  static constexpr bool kRuns = HandlesRuns<Handler, Ring>;
  static constexpr bool kNothrow = [] {
    if constexpr (kRuns) {
      return std::is_nothrow_invocable_v<Handler&, std::span<E>, const EventContext&>;
    } else {
      return detail::kNothrowHandler<Handler, E>;
    }
  }();

  Ring& ring_;
  SequenceBarrier<Ring, W> barrier_;
  Sequence& sequence_;  // lent when nothing can fail any more
  const ProcessorOptions options_;
  const std::size_t most_;
  detail::Tombstones<Ring> tombstones_;
};

template <class Ring, class Handler>
BatchEventProcessor(Ring&, std::initializer_list<Sequence*>, Handler) -> BatchEventProcessor<Ring, Handler>;
template <class Ring, class Handler>
BatchEventProcessor(Ring&, std::initializer_list<Sequence*>, Handler, ProcessorOptions)
    -> BatchEventProcessor<Ring, Handler>;

}  // namespace whorl::inline WHORL_ABI_TAG
