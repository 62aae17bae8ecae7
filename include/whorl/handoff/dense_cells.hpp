#pragma once
// Dense cells: the data side by side, and a cursor for all of it.

#include <algorithm>
#include <whorl/handoff/array.hpp>
#include <whorl/handoff/cells.hpp>
#include <whorl/handoff/cursor.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// T[capacity] and one cursor: no mark between the data, one store for a batch. For exclusive claims; what an exclusive
/// claimer gives up it forgets, so there are no tombstones.
///
/// Threads:  visit and peek: the only reader. Everything else: the one producer.
/// Order:    what the producer did before a write returned is visible to the reader when it uses those cells.
template <class T>
class DenseCells {
  static_assert(detail::require_element<T>());

 public:
  using Value = T;
  static constexpr bool kInOrder = Cursor::kInOrder;

  DenseCells(Position first, std::size_t capacity)
      : cells_(capacity, [](std::size_t) { return Empty{}; }), mask_(capacity - 1), cursor_(first), known_(first) {}

  template <class Fill>
  void write(Position p, std::size_t n, Fill&& fill) noexcept(noexcept(T(fill(n)))) {
    struct Publish {  // also when fill throws: the cells built so far are complete
      Cursor& cursor;
      Position next;
      ~Publish() { cursor.publish(next); }
    } done{cursor_, p};
    if (n == 1) {  // no loop: a value that is in registers then goes straight to its cell, and not by the stack
      cells_[index(p, mask_)].storage.build(fill, std::size_t{0});
      ++done.next;
      return;
    }
    std::size_t k = 0;
    for_runs(p, n, [&](Cell* cell, std::size_t run) {
      for (Cell* const end = cell + run; cell != end; ++cell, ++k, ++done.next) cell->storage.build(fill, k);
    });
  }

  /// The steps of a write one by one: build; look or change; then publish, or destroy and forget.
  template <class... Args>
  T& build(Position p, Args&&... args) noexcept(noexcept(T(std::forward<Args>(args)...))) {
    return cells_[index(p, mask_)].storage.emplace(std::forward<Args>(args)...);
  }
  T& at(Position p) noexcept { return cells_[index(p, mask_)].storage.value; }
  void publish(Position p, std::size_t n) noexcept { cursor_.publish(p + n); }
  void destroy(Position p, std::size_t n) noexcept {
    for (; n != 0; --n, ++p) cells_[index(p, mask_)].storage.destroy();
  }

  /// True: p is complete. There are no tombstones.
  bool peek(Position& p, std::size_t& /*buried*/) noexcept {
    if (known_ == p) known_ = cursor_.published();
    return known_ != p;
  }

  // `known_` spares the producer: its cursor is looked at only when what it said last is not enough.
  template <bool /*kFollow*/, class Use>
  std::size_t visit(Position& position, std::size_t most, Use&& use, std::size_t& /*buried*/) {
    sync::plain_write(&known_);
    if (known_ - position < most) known_ = cursor_.published();
    const std::size_t n = std::min(most, static_cast<std::size_t>(known_ - position));
    if (most == 1) {  // no loop, as in write()
      if (n != 0) cells_[index(position++, mask_)].storage.consume(use);
      return n;
    }
    for_runs(position, n, [&](Cell* cell, std::size_t run) {
      for (Cell* const end = cell + run; cell != end; ++cell) {
        ++position;
        cell->storage.consume(use);
      }
    });
    return n;
  }

 private:
  struct Empty {};
  struct Cell {
    explicit Cell(Empty) noexcept {}
    detail::Storage<T> storage;
  };

  // The cells of n positions from p on, as one run, or two where the ring wraps.
  template <class F>
  void for_runs(Position p, std::size_t n, F&& f) {
    const std::size_t at = index(p, mask_);
    const std::size_t head = std::min(n, mask_ + 1 - at);
    f(cells_.data() + at, head);
    if (n > head) f(cells_.data(), n - head);
  }

  Array<Cell> cells_;
  std::size_t mask_;
  Cursor cursor_;                       // the producer writes, the reader reads
  alignas(kCacheLine) Position known_;  // the reader: the cursor as it saw it last
};

}  // namespace whorl::inline WHORL_ABI_TAG
