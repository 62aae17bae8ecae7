#pragma once
// ShardedEventProcessor: the loop of a consumer of many shards.

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <stop_token>
#include <utility>
#include <whorl/disruptor/sharded_runs.hpp>
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
class ShardedEventProcessor : public detail::ShardedRunsLoop<ShardedEventProcessor<S, Handler, W>, S, Handler> {
  using Base = detail::ShardedRunsLoop<ShardedEventProcessor, S, Handler>;
  using Base::handler_;

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
  friend typename Base::Loop;

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
  void close() noexcept { shards_.close(); }

  // One batch, or one wait for it. False: the run is over.
  bool step(const std::stop_token& stop) {
    const std::size_t n = sweep_.look(barrier_, sequence_, options_.max_batch == 0 ? kAll : options_.max_batch);
    if (n == 0) return wait(stop);
    const bool go_on = this->hand_over(shards_, sweep_, sequence_, n, [&] { return behind(); });
    sweep_.release(sequence_);
    return go_on;
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

  static constexpr std::size_t kAll = ~std::size_t{0};

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
