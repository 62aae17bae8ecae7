#pragma once
// Cursor: the mark of cells that are published in order.

#include <algorithm>
#include <whorl/handoff/position.hpp>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// One word says that everything below it is complete: one store publishes a batch of any length. Positions must be
/// published in order, so only an exclusive claim may use it.
///
/// Threads:  the one producer publishes; any number of readers ask.
/// Order:    what the producer did before publish(next) is visible to whoever then sees published() >= next.
/// Source:   the cursor of the LMAX Disruptor's single-producer sequencer.
class alignas(kCacheLine) Cursor {
 public:
  static constexpr bool kInOrder = true;

  explicit Cursor(Position first) noexcept : next_(first) {}
  /// As marks of their own are made; the capacity is all the same to it.
  Cursor(Position first, std::size_t /*capacity*/) noexcept : Cursor(first) {}

  void publish(Position next) noexcept {
    // (14) release pairs with acquire (15): every cell below `next` is complete before a reader sees the cursor.
    next_.store(next, sync::release);
  }

  Position published() const noexcept {
    // (15) acquire pairs with release (14).
    return next_.load(sync::acquire);
  }

  /// The same as marks (marks.hpp).
  void publish(Position p, std::size_t n) noexcept { publish(p + n); }
  std::size_t ready(Position p, std::size_t most) const noexcept {
    const std::int64_t all = distance(p, published());
    return all <= 0 ? 0 : std::min(most, static_cast<std::size_t>(all));
  }

 private:
  sync::Atomic<Position> next_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
