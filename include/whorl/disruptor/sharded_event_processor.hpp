#pragma once
// ShardedEventProcessor: the loop of a consumer of many shards.

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/processor_loop.hpp>
#include <whorl/disruptor/sharded_hooks.hpp>
#include <whorl/disruptor/sharded_reader.hpp>
#include <whorl/ring/options.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Waits at its barrier, hands its handler batch after batch, and says after each how far it has come. A batch is one sweep
/// over what the shards had when it began. The handler is called with events (sharded_reader.hpp), and may have the hooks of
/// BatchEventProcessor, of which two differ, for there is no one sequence to tell (sharded_hooks.hpp):
///
///     on_timeout()                                nothing has come in any shard for so long
///     ErrorAction on_error(std::exception_ptr, E*, ShardPlace) noexcept
///                                                 as there; after `retry` the next batch begins with that event, after
///                                                 `rewind` with the shard that this one began with. E* is nullptr and
///                                                 the sequence -1 where another hook has thrown
///
/// Ends, errors and halts are those of BatchEventProcessor, for all shards at once.
///
/// Threads:   run: one at a time. halt, is_running, sequence: any. error: after run.
/// Order:     per shard that of its sequences; across shards none. What the handler did with an event is visible to whoever
///            then sees sequence() pass it.
template <class S, ShardedEventHandler<S> Handler, WaitStrategy W = typename S::Wait>
class ShardedEventProcessor
    : public detail::ProcessorLoop<ShardedEventProcessor<S, Handler, W>, typename S::Event, ShardPlace, Handler> {
  using E = typename S::Event;
  using Base = detail::ProcessorLoop<ShardedEventProcessor, E, ShardPlace, Handler>;
  using Base::call;
  using Base::handler_;
  using Base::judge;
  using Context = ShardedEventContext<S>;
  static_assert(detail::require_sharded_hooks<Handler, E>());

 public:
  using Progress = ShardedSequence<S>;

  /// Reads in each shard what is claimed from now on, after all of `upstream` have. Whoever builds the graph makes its
  /// sequence a member of the gates. Handler may be a reference.
  ShardedEventProcessor(detail::Shards<S>& shards, std::initializer_list<Progress*> upstream, Handler handler,
                        ShardedProcessorOptions options = {})
      : ShardedEventProcessor(shards, std::span(upstream.begin(), upstream.size()), std::forward<Handler>(handler),
                              options, shards.wait_strategy()) {}
  ShardedEventProcessor(detail::Shards<S>& shards, std::span<Progress* const> upstream, Handler handler,
                        ShardedProcessorOptions options, W wait)
      : ShardedEventProcessor(shards, upstream, std::forward<Handler>(handler), options, std::move(wait), nullptr) {}
  /// One worker of a group that divides the shards (options.stripe): each event comes to one of them, and those of a shard,
  /// and so of a producer, to the same. `group` is the sequence of all, made before them; others follow it, and gates have it.
  ShardedEventProcessor(detail::Shards<S>& shards, Progress& group, std::initializer_list<Progress*> upstream,
                        Handler handler, ShardedProcessorOptions options)
      : ShardedEventProcessor(shards, group, std::span(upstream.begin(), upstream.size()),
                              std::forward<Handler>(handler), options, shards.wait_strategy()) {}
  ShardedEventProcessor(detail::Shards<S>& shards, Progress& group, std::span<Progress* const> upstream,
                        Handler handler, ShardedProcessorOptions options, W wait)
      : ShardedEventProcessor(shards, upstream, std::forward<Handler>(handler), options, std::move(wait), &group) {}
  /// Its sequence leaves the gates if it is a member, and no group's. It must not be running.
  ~ShardedEventProcessor() { this->require_stopped(); }

  /// How far it, or its group, has come.
  Progress& sequence() noexcept { return sequence_; }
  const Progress& sequence() const noexcept { return sequence_; }

 private:
  friend Base;

  ShardedEventProcessor(detail::Shards<S>& shards, std::span<Progress* const> upstream, Handler&& handler,
                        ShardedProcessorOptions options, W wait, Progress* group)
      : Base(std::forward<Handler>(handler)),
        options_(options),
        shards_(shards),
        sweep_(shards, detail::checked_quota(options.quota, "ShardedEventProcessor"),
               detail::checked_group(options.stripe, group != nullptr)),
        barrier_(shards, upstream, std::move(wait), options.stripe),
        own_(group == nullptr ? std::make_unique<Progress>(shards) : nullptr),
        sequence_(group == nullptr ? *own_ : *group) {}

  void begin() noexcept { sequence_.go_on(options_.stripe); }
  void finish() noexcept { sequence_.end(options_.stripe); }
  static ShardPlace now() noexcept { return {}; }
  void close() noexcept { shards_.close(); }

  // One batch, or one wait for it. False: the run is over.
  bool step(const std::stop_token& stop) {
    const std::size_t n = sweep_.look(barrier_, sequence_, options_.max_batch == 0 ? kAll : options_.max_batch);
    if (n == 0) return wait(stop);
    if constexpr (requires { handler_.on_batch_start(n, n); }) {
      const ErrorAction action = call([&] { handler_.on_batch_start(n, behind()); });
      if (action == ErrorAction::rewind) sweep_.rewind();
      if (action == ErrorAction::rewind || action == ErrorAction::halt) return action == ErrorAction::rewind;
    }
    return handle_batch();
  }

  bool wait(const std::stop_token& stop) {
    const Until until = options_.timeout == kForever ? Until(stop) : Until(options_.timeout, stop);
    const BarrierEnd end = barrier_.wait_for_any(sequence_, until);
    return this->go_on_after(end, [&] {
      if constexpr (requires { handler_.on_timeout(); }) handler_.on_timeout();
    });
  }

  // How many are available in all.
  std::size_t behind() noexcept {
    std::size_t n = 0;
    for (std::size_t k = 0; k < barrier_.shard_count(); ++k) {
      n += barrier_.look(barrier_.shard(k), sequence_.passed(barrier_.shard(k)));
    }
    return n;
  }

  // False: the run is over.
  bool handle_batch() {
    bool go_on = true;
    std::size_t r = 0;
    Position p = 0;
    std::size_t size = 1;  // of what the handler is at
    detail::attempt<kNothrow>(
        [&] {
          for (; r != sweep_.runs(); ++r) {
            // Copies: as far as the compiler knows, a handler might change what lies in memory.
            const auto run = sweep_.run(r);
            S& shard = shards_.shard(run.shard);
            for (p = run.begin; p != run.last; p += size) {
              size = 1;
              if (!sweep_.is_buried(r, p)) handle(shard, r, run, p, size);
            }
          }
        },
        [&] {
          const ShardPlace place{sweep_.run(r).shard, static_cast<SequenceNumber>(p)};
          // One that was released early may be a producer's by now.
          const bool is_ours = distance(p, sequence_.passed(place.shard)) <= 0;
          const ErrorAction action = judge(is_ours ? &event_at(place) : nullptr, place);
          if (action == ErrorAction::skip) p += size;
          sweep_.cut(r, p, action == ErrorAction::retry);
          if (action == ErrorAction::rewind) sweep_.rewind();
          go_on = action != ErrorAction::halt;
        });
    sweep_.release(sequence_);
    return go_on;
  }

  // Calls the handler with the event of p, which is in run r, or with `size` events side by side from there on.
  void handle(S& shard, std::size_t r, const typename detail::ShardedSweep<S>::Run& run, Position p,
              [[maybe_unused]] std::size_t& size) {
    const ShardPlace place{run.shard, static_cast<SequenceNumber>(p)};
    if constexpr (kRuns) {
      std::span<E> events = shard.span(place.sequence, static_cast<std::size_t>(run.last - p));
      for (size = 1; size < events.size() && !sweep_.is_buried(r, p + size);) ++size;
      const bool is_end = p + size == run.last;
      handler_(events.first(size), Context(place, is_end, is_end && sweep_.is_over(r + 1), sequence_, size));
    } else {
      const bool is_end = p + 1 == run.last;
      const Context context(place, is_end, is_end && sweep_.is_over(r + 1), sequence_);
      detail::call_handler(handler_, shard.get(place.sequence), context);
    }
  }
  E& event_at(ShardPlace place) noexcept { return shards_.shard(place.shard).get(place.sequence); }

  static constexpr std::size_t kAll = ~std::size_t{0};
  static constexpr bool kRuns = HandlesShardedRuns<Handler, S>;
  static constexpr bool kNothrow = [] {
    if constexpr (kRuns) {
      return std::is_nothrow_invocable_v<Handler&, std::span<E>, const Context&>;
    } else {
      return detail::kNothrowHandler<Handler, E, Context>;
    }
  }();

  const ShardedProcessorOptions options_;
  detail::Shards<S>& shards_;
  detail::ShardedSweep<S> sweep_;
  ShardedBarrier<S, W> barrier_;
  const std::unique_ptr<Progress> own_;  // lent when nothing else can fail any more
  Progress& sequence_;                   // the same, or the group's
};

template <class Ring, class Handler>
ShardedEventProcessor(Ring&, std::initializer_list<typename Ring::Progress*>, Handler)
    -> ShardedEventProcessor<typename Ring::Shard, Handler>;
template <class Ring, class Handler>
ShardedEventProcessor(Ring&, std::initializer_list<typename Ring::Progress*>, Handler, ShardedProcessorOptions)
    -> ShardedEventProcessor<typename Ring::Shard, Handler>;
template <class Ring, class Handler>
ShardedEventProcessor(Ring&, typename Ring::Progress&, std::initializer_list<typename Ring::Progress*>, Handler,
                      ShardedProcessorOptions) -> ShardedEventProcessor<typename Ring::Shard, Handler>;

}  // namespace whorl::inline WHORL_ABI_TAG
