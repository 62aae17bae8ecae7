#pragma once
// Order out of disorder: a sharded ring keeps the order of each shard and none across them.

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/container/btree_map.h"
#include "fate.hpp"
#include "frame.hpp"

namespace packets {

struct ReorderOptions {
  bool dense = true;             ///< every order comes, unless it is lost; false: orders only tell which is first
  std::size_t window = 8192;     ///< frames that may wait
  std::int64_t deadline_ns = 0;  ///< how long they may, from Frame::read_ns on; 0: as long as it takes
};

/// Delivers frames by their order, each once. Where orders are dense a frame whose turn it is passes straight through.
/// Any other waits in a map until those before it have come. When more than `window` wait, or the first of them has
/// waited for `deadline_ns`, those before it are given up.
///
/// Every frame goes to out(Frame&, Fate), sooner or later, and is not looked at after that.
///
/// Threads:  one.
class Reorder {
 public:
  explicit Reorder(const ReorderOptions& options) : options_(options) {}

  /// A frame has come.
  template <class Out>
  void take(Frame& frame, Out&& out) {
    if (options_.dense && frame.order == next_) {
      pass_on(frame, out);
      pass_on_waiting(out);
    } else if (frame.order < next_) {
      refuse(frame, out);
    } else if (!waiting_.emplace(frame.order, &frame).second) {
      ++duplicate_;
      out(frame, Fate::duplicate);
    } else if (waiting_.size() > options_.window) {
      give_up_on_first(out);
    }
  }

  /// It is `now_ns`: what the first frame has waited for too long is given up.
  template <class Out>
  void expire(std::int64_t now_ns, Out&& out) {
    while (!waiting_.empty() && due_ns() <= now_ns) give_up_on_first(out);
  }
  /// When the next frame will have waited too long; the greatest number if none will.
  std::int64_t due_ns() const {
    if (waiting_.empty() || options_.deadline_ns == 0) return std::numeric_limits<std::int64_t>::max();
    return waiting_.begin()->second->read_ns + options_.deadline_ns;
  }

  /// Nothing comes any more; where orders are dense, those before `end` should have come.
  template <class Out>
  void finish(std::uint64_t end, Out&& out) {
    while (!waiting_.empty()) give_up_on_first(out);
    if (options_.dense && end > next_) skip_to(end);
  }

  std::uint64_t next() const { return next_; }  ///< the order that is waited for
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t late() const { return late_; }
  std::uint64_t duplicate() const { return duplicate_; }
  std::uint64_t gaps() const { return gaps_; }  ///< orders that were given up; 0 where they are not dense

 private:
  // Ranges of orders that were given up, so that a frame that is late can be told from one that comes again. As many as
  // are remembered; of older ones every frame counts as a duplicate.
  static constexpr std::size_t kRemembered = 65'536;

  template <class Out>
  void pass_on(Frame& frame, Out&& out) {
    next_ = frame.order + 1;
    ++delivered_;
    out(frame, Fate::delivered);
  }
  template <class Out>
  void pass_on_waiting(Out&& out) {
    auto first = waiting_.begin();
    for (; first != waiting_.end() && options_.dense && first->first == next_; ++first) pass_on(*first->second, out);
    waiting_.erase(waiting_.begin(), first);
  }
  template <class Out>
  void give_up_on_first(Out&& out) {
    const auto first = waiting_.begin();
    if (options_.dense) skip_to(first->first);
    Frame& frame = *first->second;
    waiting_.erase(first);
    pass_on(frame, out);
    pass_on_waiting(out);
  }
  template <class Out>
  void refuse(Frame& frame, Out&& out) {
    const bool late = !options_.dense || remember_that_it_came(frame.order);
    ++(late ? late_ : duplicate_);
    out(frame, late ? Fate::late : Fate::duplicate);
  }

  void skip_to(std::uint64_t order) {
    if (order == next_) return;
    gaps_ += order - next_;
    skipped_.emplace(next_, order);
    if (skipped_.size() > kRemembered) skipped_.erase(skipped_.begin());
    next_ = order;
  }
  // True: it had been given up and comes now, for the first time.
  bool remember_that_it_came(std::uint64_t order) {
    auto range = skipped_.upper_bound(order);
    if (range == skipped_.begin() || (--range)->second <= order) return false;
    const auto [begin, end] = *range;
    skipped_.erase(range);
    if (begin < order) skipped_.emplace(begin, order);
    if (order + 1 < end) skipped_.emplace(order + 1, end);
    return true;
  }

  const ReorderOptions options_;
  absl::btree_map<std::uint64_t, Frame*> waiting_;
  absl::btree_map<std::uint64_t, std::uint64_t> skipped_;
  std::uint64_t next_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t duplicate_ = 0;
  std::uint64_t gaps_ = 0;
};

}  // namespace packets
