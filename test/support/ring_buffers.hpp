#pragma once
// Ring buffers of every kind and layout, as types for TEST_CASE_TEMPLATE.

#include <whorl/disruptor/ring_buffer.hpp>

#include "sequencers.hpp"

namespace whorl_test {

template <class Kind, class Layout>
struct Buffer {
  static constexpr bool kShared = Kind::Claim::kShared;
  static constexpr bool kDense = std::is_same_v<Layout, whorl::Dense>;
  template <class E>
  using Of = whorl::RingBuffer<E, Kind, Layout, SleepAtOnce>;
};

using SingleInline = Buffer<whorl::Single, whorl::Inline>;
using SingleDense = Buffer<whorl::Single, whorl::Dense>;
using MultiInline = Buffer<whorl::Multi, whorl::Inline>;
using MultiDense = Buffer<whorl::Multi, whorl::Dense>;

#define WHORL_TEST_BUFFERS \
  whorl_test::SingleInline, whorl_test::SingleDense, whorl_test::MultiInline, whorl_test::MultiDense

/// No claim of the ring succeeds any more, and everybody knows where it ends.
template <class Ring>
void end(Ring& ring) {
  ring.close();
  if constexpr (!Ring::kShared) ring.disown();
}

}  // namespace whorl_test
