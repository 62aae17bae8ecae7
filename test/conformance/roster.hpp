#pragma once
// What the conformance list is run over, in one place: who adds a sequencer adds it here.

#include <cstdint>

#include "../support/ring_buffers.hpp"
#include "one_shard.hpp"

namespace whorl_test {

/// A ring buffer is a sequencer, with other marks than one that stands alone.
using SingleRing = SingleInline::Of<std::uint64_t>;
using MultiRing = MultiInline::Of<std::uint64_t>;

/// A shard of several, or of one, is a sequencer: bare ones, and ring buffers.
template <class Kind, std::size_t kN>
using BareShard = OneShard<whorl::ShardedSequencer<Kind, SleepAtOnce>, kN>;
using ExclusiveOfOne = BareShard<whorl::Exclusive, 1>;
using ExclusiveOfFour = BareShard<whorl::Exclusive, 4>;
using SharedOfOne = BareShard<whorl::Shared, 1>;
using SharedOfFour = BareShard<whorl::Shared, 4>;

template <class Kind, class Layout, std::size_t kN>
struct BufferShard {
  static constexpr bool kShared = Kind::Claim::kShared;
  template <class E>
  using Of = OneBuffer<whorl::ShardedRingBuffer<E, Kind, Layout, SleepAtOnce>, kN>;
};
/// Layouts and numbers of shards know nothing of each other: each is there with each kind.
using ExclusiveBufferOfOne = BufferShard<whorl::Exclusive, whorl::Inline, 1>;
using SharedBufferOfOne = BufferShard<whorl::Shared, whorl::Dense, 1>;
using ExclusiveBufferOfFour = BufferShard<whorl::Exclusive, whorl::Dense, 4>;
using SharedBufferOfFour = BufferShard<whorl::Shared, whorl::Inline, 4>;
using ExclusiveRingOfFour = ExclusiveBufferOfFour::Of<std::uint64_t>;
using SharedRingOfFour = SharedBufferOfFour::Of<std::uint64_t>;

#define WHORL_CONFORMANCE_SHARED_SHARDS whorl_test::SharedOfOne, whorl_test::SharedOfFour, whorl_test::SharedRingOfFour
#define WHORL_CONFORMANCE_SHARDS                                                            \
  whorl_test::ExclusiveOfOne, whorl_test::ExclusiveOfFour, whorl_test::ExclusiveRingOfFour, \
      WHORL_CONFORMANCE_SHARED_SHARDS

/// Those that stand alone, and those that are shards.
#define WHORL_CONFORMANCE_ALONE whorl_test::Single, whorl_test::SingleRing, whorl_test::Multi, whorl_test::MultiRing
#define WHORL_CONFORMANCE_SEQUENCERS WHORL_CONFORMANCE_ALONE, WHORL_CONFORMANCE_SHARDS
/// Those that any number of producers may share.
#define WHORL_CONFORMANCE_SHARED whorl_test::Multi, whorl_test::MultiRing, WHORL_CONFORMANCE_SHARED_SHARDS

/// Ring buffers: B::Of<E> is one of events E.
#define WHORL_CONFORMANCE_BUFFERS_ALONE WHORL_TEST_BUFFERS
#define WHORL_CONFORMANCE_BUFFERS                                                                       \
  WHORL_CONFORMANCE_BUFFERS_ALONE, whorl_test::ExclusiveBufferOfOne, whorl_test::ExclusiveBufferOfFour, \
      whorl_test::SharedBufferOfOne, whorl_test::SharedBufferOfFour
/// Those that any number of producers may share.
#define WHORL_CONFORMANCE_SHARED_BUFFERS \
  whorl_test::MultiInline, whorl_test::MultiDense, whorl_test::SharedBufferOfOne, whorl_test::SharedBufferOfFour

}  // namespace whorl_test

/// Disruptors: F::Of<E> is one of events E.
#define WHORL_CONFORMANCE_DISRUPTORS WHORL_TEST_FLOWS

/// Ring buffers of several shards.
#define WHORL_CONFORMANCE_SHARDED WHORL_TEST_SHARDED_BUFFERS
