#pragma once
// What the conformance list is run over, in one place: who adds a sequencer adds it here.

#include <cstdint>

#include "../support/ring_buffers.hpp"

namespace whorl_test {

/// A ring buffer is a sequencer, with other marks than one that stands alone.
using SingleRing = SingleInline::Of<std::uint64_t>;
using MultiRing = MultiInline::Of<std::uint64_t>;

#define WHORL_CONFORMANCE_SEQUENCERS \
  whorl_test::Single, whorl_test::SingleRing, whorl_test::Multi, whorl_test::MultiRing
/// Those that any number of producers may share.
#define WHORL_CONFORMANCE_SHARED whorl_test::Multi, whorl_test::MultiRing

/// Ring buffers: B::Of<E> is one of events E.
#define WHORL_CONFORMANCE_BUFFERS WHORL_TEST_BUFFERS

}  // namespace whorl_test

/// Disruptors: F::Of<E> is one of events E.
#define WHORL_CONFORMANCE_DISRUPTORS WHORL_TEST_FLOWS

/// Ring buffers of several shards.
#define WHORL_CONFORMANCE_SHARDED WHORL_TEST_SHARDED_BUFFERS
