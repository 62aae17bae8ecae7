#pragma once
// What a Disruptor asks of shards: GraphRing, for N rings.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>
#include <whorl/disruptor/graph_ring.hpp>
#include <whorl/disruptor/sharded_entrance.hpp>
#include <whorl/disruptor/sharded_event_poller.hpp>
#include <whorl/disruptor/sharded_event_processor.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

template <class Ring>
  requires kIsSharded<Ring>
struct GraphRing<Ring> {
  using Cells = typename Ring::Shard;
  using Progress = ShardedSequence<Cells>;
  using Context = ShardedEventContext<Cells>;
  using Place = ShardPlace;
  using Entrance = ShardedEntrance<Cells>;
  using Poller = ShardedEventPoller<Cells>;
  using Producer = ShardProducer<std::conditional_t<Ring::kShared, SharedProducer<Cells>, SingleProducer<Cells>>>;
  using End = std::vector<Position>;
  // The shards that a node handles. The first worker of a group has the progress of all.
  struct Part {
    ShardStripe stripe = {};
    std::unique_ptr<Progress> group = {};
  };

  template <class E, class Make>
  static constexpr bool kMakes = std::is_invocable_r_v<E, const Make&, std::size_t>;

  template <class W, class... Make>
  static Ring ring(const DisruptorOptions& options, W wait, const Make&... make) {
    if (options.shards == 0)
      refuse("Disruptor: shards is 0: say how many, a power of two, as a rule one for each producer: 1 or more");
    return Ring(options.capacity, options.shards, make..., std::move(wait),
                SequencerOptions{options.without_consumers, options.first_position});
  }
  template <class Handler, class W>
  static auto processor(Ring& ring, std::span<Progress* const> upstream, Handler&& handler,
                        const HandlerOptions& options, const W& wait) {
    return std::make_unique<ShardedEventProcessor<Cells, Handler, W>>(ring, upstream, std::forward<Handler>(handler),
                                                                      for_processor(ring, options, {}), wait);
  }
  // A worker of a group, which has one progress.
  template <class Handler, class W>
  static auto worker(Ring& ring, Progress& group, std::span<Progress* const> upstream, Handler&& handler,
                     const HandlerOptions& options, ShardStripe stripe, const W& wait) {
    return std::make_unique<ShardedEventProcessor<Cells, Handler, W>>(
        ring, group, upstream, std::forward<Handler>(handler), for_processor(ring, options, stripe), wait);
  }
  static std::unique_ptr<Poller> poller(Ring& ring, std::span<Progress* const> upstream,
                                        const HandlerOptions& options) {
    return std::make_unique<Poller>(ring, upstream, for_processor(ring, options, {}).quota);
  }
  static std::optional<Producer> try_take(Ring& ring, Entrance& entrance)
    requires(!Ring::kShared)
  {
    const std::optional<std::size_t> shard = ring.try_own_any();
    return shard ? std::optional<Producer>(std::in_place, entrance.at(*shard), *shard) : std::nullopt;
  }

  static bool is_worker(const Part& part) noexcept { return part.stripe.workers != 1; }
  static bool is_first(const Part& part) noexcept { return part.stripe.worker == 0; }

  static End claimed(const Ring& ring) {
    End end;
    for (std::size_t i = 0; i < ring.shard_count(); ++i) end.push_back(ring.shard(i).claimed());
    return end;
  }
  static bool has_passed(const Ring& ring, const Progress& progress, const Part& part, const End& end) noexcept {
    return all_of(ring, part, [&](std::size_t shard) {
      const Position at = progress.passed(shard);
      return distance(end[shard], at) >= 0 || distance(ring.shard(shard).claimed(), at) >= 0;  // see GraphRing
    });
  }
  static EventCount& waiting(Ring& ring, Progress&) noexcept { return ring.news(); }
  static Place place(const Progress&) noexcept { return {}; }

  static std::uint64_t sleeps(Progress& progress, const Part& part) noexcept {
    std::uint64_t sleeps = 0;
    for (std::size_t k = 0; k < part.stripe.count(progress.shard_count()); ++k)
      sleeps += progress.in(part.stripe.shard(k)).waiting().sleeps();
    return sleeps;
  }
  static std::size_t remaining_capacity(const Ring& ring) noexcept {
    std::size_t n = 0;
    for (std::size_t i = 0; i < ring.shard_count(); ++i) n += ring.shard(i).remaining_capacity();
    return n;
  }
  static DisruptorStats stats(Ring& ring, Entrance& entrance, Position first, const End& claimed) {
    DisruptorStats stats;
    stats.parks = ring.news().sleeps();
    for (std::size_t i = 0; i < ring.shard_count(); ++i) {
      stats.shards.push_back({.claimed = claimed[i] - first, .full_waits = entrance.at(i).full_waits()});
      stats.claimed += stats.shards.back().claimed;
      stats.full_waits += stats.shards.back().full_waits;
      stats.parks += ring.shard(i).gate().changed().sleeps();
    }
    return stats;
  }
  static void tell(NodeStats& stats, const Progress& progress, const Part& part, const End& claimed) {
    stats.lags.resize(progress.shard_count());
    for (std::size_t k = 0; k < part.stripe.count(progress.shard_count()); ++k) {
      const std::size_t shard = part.stripe.shard(k);
      const std::int64_t behind = distance(progress.passed(shard), claimed[shard]);
      stats.lags[shard] = static_cast<std::uint64_t>(std::max<std::int64_t>(0, behind));
      stats.lag += stats.lags[shard];
    }
  }

 private:
  template <class Is>
  static bool all_of(const Ring& ring, const Part& part, Is&& is) noexcept {
    for (std::size_t k = 0; k < part.stripe.count(ring.shard_count()); ++k)
      if (!is(part.stripe.shard(k))) return false;
    return true;
  }
  // If not said, a quarter of each shard, so that room comes back while producers go on.
  static ShardedProcessorOptions for_processor(const Ring& ring, const HandlerOptions& options, ShardStripe stripe) {
    const std::size_t quarter = std::max<std::size_t>(1, ring.shard(0).capacity() / 4);
    return {.max_batch = options.max_batch.value_or(0),
            .quota = options.quota.value_or(quarter),
            .timeout = options.timeout,
            .stripe = stripe};
  }
};

template <class E, class Kind, class Layout, class W>
struct DisruptorRing<E, Sharded<Kind>, Layout, W> {
  using Type = ShardedRingBuffer<E, Kind, Layout, W>;
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
