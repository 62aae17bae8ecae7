#pragma once
// What a graph's run asks of a ring buffer: one for all producers, or a shard for each.

#include <bit>
#include <cstddef>
#include <span>
#include <whorl/disruptor/batch_event_processor.hpp>
#include <whorl/disruptor/ring_buffer.hpp>
#include <whorl/disruptor/sharded_event_processor.hpp>
#include <whorl/disruptor/sharded_sequencer.hpp>

namespace bench {

/// Of one ring, which all producers publish to.
template <class Ring>
struct RingOfGraph {
  using Progress = whorl::Sequence;  // of one consumer
  template <class Handler>
  using Processor = whorl::BatchEventProcessor<Ring, Handler>;

  static Ring make(std::size_t capacity, std::size_t /*producers*/) { return Ring(capacity); }
  static whorl::ProcessorOptions options(std::size_t most) { return {.max_batch = most}; }
  /// What a producer publishes with.
  static Ring& producer(Ring& ring) noexcept { return ring; }
  /// No producer is left: consumers handle what there is, and end.
  static void end(Ring& ring) {
    ring.close();
    if constexpr (!Ring::kShared) ring.disown();
  }
};

/// Of a ring in as many shards as there are producers, rounded up to a power of two. Each producer leases one; the capacity
/// is that of all of them together.
template <class E, class Layout, class W>
struct RingOfGraph<whorl::ShardedRingBuffer<E, whorl::Exclusive, Layout, W>> {
  using Ring = whorl::ShardedRingBuffer<E, whorl::Exclusive, Layout, W>;
  using Progress = typename Ring::Progress;
  // Of one shard in a batch. A single ring's consumer takes all there is; this is a quarter of a shard, so that producers get
  // room back before a sweep over four full shards is done.
  static constexpr std::size_t kQuota = 4096;
  template <class Handler>
  using Processor = whorl::ShardedEventProcessor<typename Ring::Shard, Handler>;

  static Ring make(std::size_t capacity, std::size_t producers) { return Ring(capacity, std::bit_ceil(producers)); }
  static whorl::ShardedProcessorOptions options(std::size_t most) { return {.max_batch = most, .quota = kQuota}; }
  static typename Ring::Lease producer(Ring& ring) { return ring.lease().value(); }
  static void end(Ring& ring) { ring.close(); }  // each shard when its lease is given back
};

}  // namespace bench
