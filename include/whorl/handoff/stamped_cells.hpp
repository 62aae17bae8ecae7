#pragma once
// Stamped cells: the stamp lies beside the datum, so that as a rule one cache line carries both.

#include <whorl/handoff/array.hpp>
#include <whorl/handoff/cells.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A stamp of p + 1 says that position p is complete, a stamp of p + 1 + 2^63 that p was given up (a tombstone).
/// Anything else is an earlier lap: the cell is free, or its producer is at work. Only producers write stamps, and
/// whether a cell may be overwritten is the gate's business: hence a capacity of 1 is as good as any.
///
/// Threads:  visit and peek: the only reader. Everything else: the producer that claimed the positions.
/// Order:    what a producer did before publishing p is visible to the reader when it uses p.
/// Source:   per-slot sequences are D. Vyukov's; that the reader never writes them is JCTools' and FastForward's.
template <class T>
class StampedCells {
  static_assert(detail::require_element<T>());

 public:
  using Value = T;
  static constexpr bool kInOrder = false;

  StampedCells(Position first, std::size_t capacity)
      : cells_(capacity, [&](std::size_t i) { return FirstStamp{lap_before(first, i, capacity)}; }),
        mask_(capacity - 1) {}

  template <class Fill>
  void write(Position p, std::size_t n, Fill&& fill) noexcept(noexcept(T(fill(n)))) {
    Cell* const cells = cells_.data();  // locals: for all the compiler knows, building a T may change our members
    const std::size_t mask = mask_;
    for (std::size_t k = 0; k < n; ++k, ++p) {
      Cell& cell = cells[index(p, mask)];
      cell.storage.build(fill, k);
      // (11) release pairs with acquire (12) and (20): the datum is complete before the reader sees its stamp.
      cell.stamp.store(p + 1, sync::release);
    }
  }

  /// The steps of a write one by one: build; look or change; then publish, or destroy and bury.
  template <class... Args>
  T& build(Position p, Args&&... args) noexcept(noexcept(T(std::forward<Args>(args)...))) {
    return cells_[index(p, mask_)].storage.emplace(std::forward<Args>(args)...);
  }
  T& at(Position p) noexcept { return cells_[index(p, mask_)].storage.value; }
  void publish(Position p, std::size_t n) noexcept {
    for (; n != 0; --n, ++p) {
      // (19) release pairs with acquire (12) and (20): as (11).
      cells_[index(p, mask_)].stamp.store(p + 1, sync::release);
    }
  }
  void destroy(Position p, std::size_t n) noexcept {
    for (; n != 0; --n, ++p) cells_[index(p, mask_)].storage.destroy();
  }

  void bury(Position p, std::size_t n) noexcept {
    for (; n != 0; --n, ++p) {
      // (13) release pairs with acquire (12) and (20): an element that threw while being built has left the cell for
      // good before the reader hands it to the next lap.
      cells_[index(p, mask_)].stamp.store(tombstone(p), sync::release);
    }
  }

  // The next position comes either from the stamp just loaded (kFollow: the core cannot run ahead of the producer and
  // pull away lines it is about to write: right for slow, shared producers) or from the reader's own count (it may run
  // ahead: right for a fast one). The two are equal, and worth a factor of two either way, so the choice is hidden from
  // the compiler, before the comparison that would tell it so.
  template <bool kFollow, class Use>
  std::size_t visit(Position& position, std::size_t most, Use&& use, std::size_t& buried) {
    Cell* const cells = cells_.data();
    const std::size_t mask = mask_;
    std::size_t used = 0;
    while (used < most) {
      const Position p = position;
      Cell& cell = cells[index(p, mask)];
      // (12) acquire pairs with release (11), (13) and (19).
      const Position stamp = cell.stamp.load(sync::acquire);
      const Position next = kFollow ? sync::opaque(stamp) : sync::opaque(p) + 1;
      if (stamp == p + 1) [[likely]] {
        position = next;
        ++used;
        cell.storage.consume(use);
      } else if (stamp == tombstone(p)) {
        position = p + 1;
        ++buried;
      } else {
        break;
      }
    }
    return used;
  }

  /// True: p is complete. Passes tombstones on the way.
  bool peek(Position& p, std::size_t& buried) noexcept {
    for (;; ++p, ++buried) {
      // (20) acquire pairs with release (11), (13) and (19): a tombstone's cell goes to the next lap.
      const Position stamp = cells_[index(p, mask_)].stamp.load(sync::acquire);
      if (stamp != tombstone(p)) return stamp == p + 1;
    }
  }

 private:
  // Half the number circle away from p + 1, so that it is never the stamp of a neighbouring lap, whatever the capacity.
  static constexpr Position tombstone(Position p) noexcept { return p + 1 + (Position{1} << 63); }

  // What the lap before would have left in slot i: the ring starts as one that has been read to its end.
  struct FirstStamp {
    Position value;
  };
  static constexpr Position lap_before(Position first, std::size_t i, std::size_t capacity) noexcept {
    return first + ((Position{i} - first) & (capacity - 1)) + 1 - capacity;
  }
  struct Cell {
    explicit Cell(FirstStamp first) noexcept : stamp(first.value) {}
    sync::Atomic<Position> stamp;
    detail::Storage<T> storage;
  };

  Array<Cell> cells_;
  std::size_t mask_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
