#pragma once
// ShardedEventPoller: a consumer of many shards without a thread of its own.

#include <cstddef>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <whorl/disruptor/event_poller.hpp>
#include <whorl/disruptor/sharded_hooks.hpp>
#include <whorl/disruptor/sharded_reader.hpp>
#include <whorl/ring/options.hpp>
#include <whorl/sync/alone.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Reads what is there in any shard when it is asked to, and never waits. Whoever builds the graph makes its sequence a
/// member of the gates, or not.
///
/// Threads:   poll: one at a time. sequence(): any.
/// Order:     per shard that of its sequences; across shards none.
/// Progress:  wait-free but for what the handler does, and for producers that give up as fast as it passes over that.
template <class S>
class ShardedEventPoller {
  using Context = ShardedEventContext<S>;

 public:
  using Progress = ShardedSequence<S>;

  /// Reads in each shard what is claimed from now on, after all of `upstream` have; at most `quota` of one shard a poll.
  explicit ShardedEventPoller(detail::Shards<S>& shards, std::initializer_list<Progress*> upstream = {},
                              std::size_t quota = 256)
      : ShardedEventPoller(shards, std::span(upstream.begin(), upstream.size()), quota) {}
  ShardedEventPoller(detail::Shards<S>& shards, std::span<Progress* const> upstream, std::size_t quota = 256)
      : shards_(shards),
        sweep_(shards, detail::checked_quota(quota, "ShardedEventPoller")),
        barrier_(shards, upstream, shards.wait_strategy()),
        sequence_(shards) {}
  ShardedEventPoller(const ShardedEventPoller&) = delete;
  ShardedEventPoller& operator=(const ShardedEventPoller&) = delete;

  /// Hands `handler` a sweep of what is available, at most `most` events. A handler that returns false ends the poll after
  /// its event, and the next one begins with the next shard.
  ///
  /// Errors:  what the handler throws; that event, if it was not released early, will be read again, those before it not.
  template <class Handler>
    requires HandlesShardedEvents<Handler, S>
  PollState poll(Handler&& handler, std::size_t most = ~std::size_t{0}) {
    const detail::Alone alone(polling_, "a poller is polled by one thread at a time, and not inside its handler");
    while (most != 0 && sweep_.look(barrier_, sequence_, most) != 0) {
      const bool has_events = !sweep_.is_over(0);
      read(handler);
      if (has_events) return PollState::processing;
    }
    return nothing();
  }

  /// How far it has come.
  Progress& sequence() noexcept { return sequence_; }
  const Progress& sequence() const noexcept { return sequence_; }

 private:
  // What has been read counts, however the poll ends.
  struct Reading {
    ShardedEventPoller& poller;
    std::size_t run = 0;
    Position next = 0;
    bool stay = true;  // with this event: until it has been handled
    ~Reading() {
      if (run != poller.sweep_.runs()) poller.sweep_.cut(run, next, stay);
      poller.sweep_.release(poller.sequence_);
    }
  };

  template <class Handler>
  void read(Handler& handler) {
    Reading reading{*this};
    for (; reading.run != sweep_.runs(); ++reading.run) {
      // Copies: as far as the compiler knows, a handler might change what lies in memory.
      const auto run = sweep_.run(reading.run);
      S& shard = shards_.shard(run.shard);
      for (reading.next = run.begin; reading.next != run.last; ++reading.next) {
        if (sweep_.is_buried(reading.run, reading.next)) continue;
        if (call(handler, shard, reading.run, run, reading.next)) continue;
        ++reading.next;
        reading.stay = false;
        return;
      }
    }
  }
  template <class Handler>
  bool call(Handler& handler, S& shard, std::size_t r, const typename detail::ShardedSweep<S>::Run& run, Position p) {
    const bool is_end = p + 1 == run.last;
    const ShardPlace place{run.shard, static_cast<SequenceNumber>(p)};
    const Context context(place, is_end, is_end && sweep_.is_over(r + 1), sequence_);
    return detail::wants_more(handler, shard.get(place.sequence), context);
  }

  PollState nothing() noexcept {
    if (barrier_.ends_at(sequence_)) return PollState::closed;
    bool any = false;
    for (std::size_t i = 0; barrier_.has_upstream() && i < shards_.shard_count(); ++i) {
      any |= shards_.shard(i).ready(sequence_.passed(i), 1) != 0;
    }
    return any ? PollState::gating : PollState::idle;
  }

  detail::Shards<S>& shards_;
  detail::ShardedSweep<S> sweep_;
  ShardedBarrier<S> barrier_;
  Progress sequence_;                  // lent when nothing can fail any more
  sync::Atomic<bool> polling_{false};  // where checks are on
};

template <class Ring>
ShardedEventPoller(Ring&) -> ShardedEventPoller<typename Ring::Shard>;
template <class Ring>
ShardedEventPoller(Ring&, std::initializer_list<typename Ring::Progress*>) -> ShardedEventPoller<typename Ring::Shard>;
template <class Ring>
ShardedEventPoller(Ring&, std::initializer_list<typename Ring::Progress*>, std::size_t)
    -> ShardedEventPoller<typename Ring::Shard>;

}  // namespace whorl::inline WHORL_ABI_TAG
