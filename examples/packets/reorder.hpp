#pragma once
// Order out of disorder: a sharded ring keeps the order of each shard and none across them.

#include <cstdint>

#include "absl/container/btree_map.h"
#include "frame.hpp"

namespace packets {

/// Delivers frames by their order, each once. A frame whose turn it is passes straight through; any other waits in a
/// map until those before it have come, for as long as it takes.
class Reorder {
 public:
  /// Calls deliver(const Frame&) for every frame whose turn has come with this one, if any.
  template <class Deliver>
  void take(const Frame& frame, Deliver&& deliver) {
    if (frame.order == next_) {
      pass_on(frame, deliver);
      pass_on_waiting(deliver);
    } else if (frame.order < next_ || !waiting_.emplace(frame.order, frame).second) {
      ++duplicate_;
    }
  }

  /// Nothing comes any more, and `end` frames should have: delivers what still waits and counts what is missing.
  template <class Deliver>
  void finish(std::uint64_t end, Deliver&& deliver) {
    while (!waiting_.empty()) {
      skip_to(waiting_.begin()->first);
      pass_on_waiting(deliver);
    }
    skip_to(end);
  }

  std::uint64_t next() const { return next_; }  ///< the order that is waited for
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t duplicate() const { return duplicate_; }  ///< frames whose order had come before
  std::uint64_t gaps() const { return gaps_; }            ///< orders that never came

 private:
  template <class Deliver>
  void pass_on(const Frame& frame, Deliver&& deliver) {
    deliver(frame);
    ++delivered_;
    ++next_;
  }
  template <class Deliver>
  void pass_on_waiting(Deliver&& deliver) {
    auto frame = waiting_.begin();
    for (; frame != waiting_.end() && frame->first == next_; ++frame) pass_on(frame->second, deliver);
    waiting_.erase(waiting_.begin(), frame);
  }
  void skip_to(std::uint64_t order) {
    gaps_ += order - next_;
    next_ = order;
  }

  absl::btree_map<std::uint64_t, Frame> waiting_;
  std::uint64_t next_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t duplicate_ = 0;
  std::uint64_t gaps_ = 0;
};

}  // namespace packets
