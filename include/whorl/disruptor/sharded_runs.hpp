#pragma once
// ShardedRunsLoop: how processors of many shards hand the runs of a batch to their handlers.

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/processor_loop.hpp>
#include <whorl/disruptor/sharded_hooks.hpp>
#include <whorl/disruptor/sharded_reader.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// A batch is runs of events, each of one shard, whoever has chosen them. It has runs(), run(r), is_buried(r, p) and
// is_over(r) to be read by; and, for a handler that fails, cut(r, p, stay), after which it ends at p of run r, and rewind(),
// after which nothing of it counts as handled.
template <class Self, class S, class Handler>
class ShardedRunsLoop : public ProcessorLoop<Self, typename S::Event, ShardPlace, Handler> {
 protected:
  using Loop = ProcessorLoop<Self, typename S::Event, ShardPlace, Handler>;
  using E = typename S::Event;
  using Context = ShardedEventContext<S>;
  using Loop::call, Loop::handler_, Loop::judge;
  static_assert(require_sharded_hooks<Handler, E>());

  static ShardPlace now() noexcept { return {}; }

  // Hands over a batch of n, where behind() are available in all. What the batch then is has been handled. False: the run is
  // over.
  template <class Batch, class Behind>
  bool hand_over(Shards<S>& shards, Batch& batch, ShardedSequence<S>& progress, [[maybe_unused]] std::size_t n,
                 [[maybe_unused]] Behind&& behind) {
    if constexpr (requires { handler_.on_batch_start(n, n); }) {
      const ErrorAction action = call([&] { handler_.on_batch_start(n, behind()); });
      if (action == ErrorAction::rewind || action == ErrorAction::halt) {
        batch.rewind();
        return action == ErrorAction::rewind;
      }
    }
    return handle_batch(shards, batch, progress);
  }

 private:
  friend Self;
  explicit ShardedRunsLoop(Handler&& handler) : Loop(std::forward<Handler>(handler)) {}
  ~ShardedRunsLoop() = default;

  template <class Batch>
  bool handle_batch(Shards<S>& shards, Batch& batch, ShardedSequence<S>& progress) {
    bool go_on = true;
    std::size_t r = 0;
    Position p = 0;
    std::size_t size = 1;  // of what the handler is at
    attempt<kNothrow>(
        [&] {
          for (; r != batch.runs(); ++r) {
            // Copies: as far as the compiler knows, a handler might change what lies in memory.
            const auto run = batch.run(r);
            S& shard = shards.shard(run.shard);
            for (p = run.begin; p != run.last; p += size) {
              size = 1;
              if (!batch.is_buried(r, p)) handle(shard, batch, run, progress, r, p, size);
            }
          }
        },
        [&] {
          const ShardPlace place{batch.run(r).shard, static_cast<SequenceNumber>(p)};
          // One that was released early may be a producer's by now.
          const bool is_ours = distance(p, progress.passed(place.shard)) <= 0;
          E* const event = is_ours ? &shards.shard(place.shard).get(place.sequence) : nullptr;
          const ErrorAction action = judge(event, place);
          if (action == ErrorAction::skip) p += size;
          batch.cut(r, p, action == ErrorAction::retry);
          if (action == ErrorAction::rewind) batch.rewind();
          go_on = action != ErrorAction::halt;
        });
    return go_on;
  }

  // Calls the handler with the event of p, which is in run r, or with `size` events side by side from there on.
  template <class Batch, class Run>
  void handle(S& shard, const Batch& batch, const Run& run, ShardedSequence<S>& progress, std::size_t r, Position p,
              [[maybe_unused]] std::size_t& size) {
    const ShardPlace place{run.shard, static_cast<SequenceNumber>(p)};
    if constexpr (kRuns) {
      std::span<E> events = shard.span(place.sequence, static_cast<std::size_t>(run.last - p));
      for (size = 1; size < events.size() && !batch.is_buried(r, p + size);) ++size;
      const bool is_end = p + size == run.last;
      handler_(events.first(size), Context(place, is_end, is_end && batch.is_over(r + 1), progress, size));
    } else {
      const bool is_end = p + 1 == run.last;
      const Context context(place, is_end, is_end && batch.is_over(r + 1), progress);
      call_handler(handler_, shard.get(place.sequence), context);
    }
  }

  static constexpr bool kRuns = HandlesShardedRuns<Handler, S>;
  static constexpr bool kNothrow = [] {
    if constexpr (kRuns) {
      return std::is_nothrow_invocable_v<Handler&, std::span<E>, const Context&>;
    } else {
      return kNothrowHandler<Handler, E, Context>;
    }
  }();
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
