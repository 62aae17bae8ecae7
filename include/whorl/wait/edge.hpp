#pragma once
// Edge: how a consumer that keeps catching up with its producers holds back a little.

#include <algorithm>
#include <cstddef>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A consumer at the empty edge reads each line the moment it is written, and so takes it away from the producer that
/// is about to write its neighbour: both then work at the speed of a line transfer an item. When the last reads kept
/// ending early after a handful of items, before_look() pauses for a fraction of a microsecond, and the next read finds
/// a longer run. A single item that arrives now and then never makes it pause: latency is not traded away.
///
/// Threads:  one, the consumer.
/// Units:    `pauses` in pause instructions (10 to 40 ns each on x86); 0 turns it off.
class Edge {
 public:
  explicit Edge(unsigned pauses) noexcept : pauses_(pauses) {}

  /// Before the consumer looks for items.
  void before_look() const noexcept {
    if (hurried_ < kHurried) [[likely]]
      return;
    for (unsigned i = 0; i < pauses_; ++i) sync::pause();
  }

  /// After it found `used` of the `wanted` items it would have taken.
  void after_look(std::size_t used, std::size_t wanted) noexcept {
    if (used == wanted || used == 1 || used >= kLongRun) [[likely]] {
      hurried_ = 0;
    } else if (used != 0) {
      hurried_ = std::min(hurried_ + 1, kHurried);
    } else {
      hurried_ = std::max(hurried_, 1u) - 1;  // the stream may have ended: patience runs out step by step
    }
  }

 private:
  static constexpr unsigned kHurried = 3;      // so many short runs in a row are a stream that we follow too closely
  static constexpr std::size_t kLongRun = 64;  // a run of this length has paid for its line transfers

  unsigned pauses_;
  unsigned hurried_ = 0;
};

}  // namespace whorl::inline WHORL_ABI_TAG
