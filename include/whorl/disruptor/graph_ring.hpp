#pragma once
// GraphRing: all that a Disruptor asks of its ring. Here of one ring; sharded_graph.hpp: of shards.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/batch_event_processor.hpp>
#include <whorl/disruptor/disruptor_options.hpp>
#include <whorl/disruptor/event_poller.hpp>
#include <whorl/disruptor/producer.hpp>
#include <whorl/disruptor/ring_buffer.hpp>
#include <whorl/ring/kinds.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

template <class Ring>
inline constexpr bool kIsSharded = requires { typename Ring::Shard; };

// The graph is the same for one ring and for shards: what differs is how far "far" is. Whoever specialises this says it.
template <class Ring>
struct GraphRing {
  using Cells = Ring;  // what events lie in
  using Progress = Sequence;
  using Context = EventContext;
  using Place = SequenceNumber;  // of an event, for on_error
  using Entrance = detail::Entrance<Ring>;
  using Poller = EventPoller<Ring>;
  using Producer = std::conditional_t<Ring::kShared, SharedProducer<Ring>, SingleProducer<Ring>>;
  using End = Position;  // where it ends that is claimed now
  struct Part {};        // which part of the ring a node handles: all of it

  template <class E, class Make>
  static constexpr bool kMakes = std::is_invocable_r_v<E, Make&, std::size_t>;

  // The ring, of what it is made from besides its options.
  template <class W, class... Make>
  static Ring ring(const DisruptorOptions& options, W wait, Make... make) {
    if (options.shards > 1) {
      refuse("Disruptor: shards " + std::to_string(options.shards) +
             " of one ring: leave it 0, or make a Disruptor<E, Sharded<Exclusive>> or Disruptor<E, Sharded<Shared>>");
    }
    return Ring(options.capacity, std::move(make)..., std::move(wait),
                SequencerOptions{options.without_consumers, options.first_position});
  }
  template <class Handler, class W>
  static auto processor(Ring& ring, std::span<Sequence* const> upstream, Handler&& handler,
                        const HandlerOptions& options, const W& wait) {
    check_quota(options);
    const std::size_t most = options.max_batch.value_or(std::max<std::size_t>(1, ring.capacity() / 4));
    return std::make_unique<BatchEventProcessor<Ring, Handler, W>>(
        ring, upstream, std::forward<Handler>(handler), ProcessorOptions{.max_batch = most, .timeout = options.timeout},
        wait);
  }
  static std::unique_ptr<Poller> poller(Ring& ring, std::span<Sequence* const> upstream,
                                        const HandlerOptions& options) {
    check_quota(options);
    return std::make_unique<Poller>(ring, upstream);
  }
  // A right to publish that is nobody's yet.
  static std::optional<Producer> try_take(Ring& ring, Entrance& entrance)
    requires(!Ring::kShared)
  {
    if (!ring.try_own()) return std::nullopt;
    return std::optional<Producer>(std::in_place, entrance);
  }

  // A node is one worker of several that have one progress; the first of them, which stands for them all.
  static constexpr bool is_worker(const Part&) noexcept { return false; }
  static constexpr bool is_first(const Part&) noexcept { return true; }

  static End claimed(const Ring& ring) noexcept { return ring.claimed(); }
  static bool has_passed(const Ring& ring, const Sequence& sequence, const Part&, End end) noexcept {
    const Position at = sequence.passed();
    // A single producer's claim that was dropped is claimed no more.
    return distance(end, at) >= 0 || distance(ring.claimed(), at) >= 0;
  }
  // What those sleep on that wait for a consumer to pass something. It may not outlive the consumer.
  static EventCount& waiting(Ring&, Sequence& sequence) noexcept { return sequence.waiting(); }
  static Place place(const Sequence& sequence) noexcept { return sequence.get(); }

  static std::uint64_t sleeps(const Sequence& sequence, const Part&) noexcept { return sequence.waiting().sleeps(); }
  static std::size_t remaining_capacity(const Ring& ring) noexcept { return ring.remaining_capacity(); }
  static DisruptorStats stats(Ring& ring, const Entrance& entrance, Position first, End claimed) {
    DisruptorStats stats;
    stats.claimed = claimed - first;
    stats.full_waits = entrance.full_waits();
    stats.parks = ring.published().sleeps() + ring.gate().changed().sleeps();
    return stats;
  }
  // How far it is behind.
  static void tell(NodeStats& stats, const Sequence& sequence, const Part&, End claimed) {
    stats.sequence = sequence.get();
    stats.lag = static_cast<std::uint64_t>(std::max<std::int64_t>(0, distance(sequence.passed(), claimed)));
  }

 private:
  static void check_quota(const HandlerOptions& options) {
    if (options.quota) {
      refuse("Disruptor: quota " + std::to_string(*options.quota) +
             " is what one shard gives to a batch, and one ring has no shards: set max_batch instead");
    }
  }
};

// What a Disruptor's ring is.
template <class E, class Kind, class Layout, class W>
struct DisruptorRing {
  using Type = RingBuffer<E, Kind, Layout, W>;
};

// Forgotten: Sharded<>. The rest of what is written for it is compiled with the ring that is likest, so that this is all
// that is said.
template <class E, class Layout, class W>
struct DisruptorRing<E, Exclusive, Layout, W> {
  static_assert(sizeof(E) == 0,
                "whorl: Exclusive is what a shard can be: Disruptor<E, Sharded<Exclusive>> for shards, or "
                "Disruptor<E, Single> for one ring with one producer");
  using Type = RingBuffer<E, Single, Layout, W>;
};
template <class E, class Layout, class W>
struct DisruptorRing<E, Shared, Layout, W> {
  static_assert(sizeof(E) == 0,
                "whorl: Shared is what a shard can be: Disruptor<E, Sharded<Shared>> for shards, or "
                "Disruptor<E, Multi> for one ring with many producers");
  using Type = RingBuffer<E, Multi, Layout, W>;
};

// What can be a node's handler.
template <class H, class Ring>
concept NodeHandles = HandlesEvents<H, typename Ring::Event, typename GraphRing<Ring>::Context> ||
                      HandlesRuns<H, typename GraphRing<Ring>::Cells, typename GraphRing<Ring>::Context>;

}  // namespace whorl::inline WHORL_ABI_TAG::detail
