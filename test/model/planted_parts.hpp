#pragma once
// Parts of a hand-off with a mistake in each, and, where it shows that nothing else is wrong, without.

#include <algorithm>
#include <whorl/handoff/array.hpp>
#include <whorl/handoff/cells.hpp>
#include <whorl/handoff/claim.hpp>

#include "model.hpp"

/// Takes a position first and gives it back by moving the counter when there is no room for it: what it gives back is
/// whatever position came last, perhaps another producer's.
class AddThenUndoClaim {
 public:
  static constexpr bool kShared = true;

  AddThenUndoClaim(whorl::Position first, std::size_t capacity) : next_(first), capacity_(capacity) {}

  template <whorl::Gate G>
  whorl::Claimed try_claim(std::size_t /*least*/, std::size_t most, const G& gate) noexcept {
    const whorl::Position first = next_.fetch_add(most, model::Order::acq_rel);
    if (whorl::distance(gate.passed(first), first + most) <= static_cast<std::int64_t>(capacity_)) return {first, most};
    next_.fetch_sub(most, model::Order::acq_rel);
    return {};
  }
  whorl::Position claimed() const noexcept { return next_.load(model::Order::relaxed); }
  void close() noexcept {}
  bool is_closed() const noexcept { return false; }
  bool is_final() const noexcept { return false; }

 private:
  model::Atomic<whorl::Position> next_;
  whorl::Position capacity_;
};

/// Space is proven against a limit that producers share; the limit is handed on with these orders.
template <model::Order kLoad, model::Order kStore>
class LimitClaim {
 public:
  static constexpr bool kShared = true;

  LimitClaim(whorl::Position first, std::size_t capacity)
      : next_(first, "next"), limit_(first + capacity, "limit"), capacity_(capacity) {}

  template <whorl::Gate G>
  whorl::Claimed try_claim(std::size_t /*least*/, std::size_t /*most*/, const G& gate) noexcept {
    whorl::Position first = next_.load(model::Order::relaxed);
    for (;;) {
      if (whorl::distance(first, limit_.load(kLoad)) < 1) {
        const whorl::Position limit = gate.passed(first) + capacity_;
        const bool room = whorl::distance(first, limit) >= 1;
        if (room) limit_.store(limit, kStore);
        const whorl::Position now = next_.load(model::Order::relaxed);
        if (!room && now == first) return {};
        first = now;
      }
      if (whorl::distance(first, limit_.load(kLoad)) >= 1 &&
          next_.compare_exchange_weak(first, first + 1, model::Order::relaxed, model::Order::relaxed)) {
        return {first, 1};
      }
    }
  }
  whorl::Position claimed() const noexcept { return next_.load(model::Order::relaxed); }
  void close() noexcept {}
  bool is_closed() const noexcept { return false; }
  bool is_final() const noexcept { return false; }

 private:
  model::Atomic<whorl::Position> next_;
  model::Atomic<whorl::Position> limit_;
  whorl::Position capacity_;
};

enum class CellBug { none, published_before_it_is_built, tombstone_is_the_complement };

/// Stamped cells as they are, or not quite.
template <class T, CellBug kBug>
class PlantedCells {
 public:
  using Value = T;
  static constexpr bool kInOrder = false;

  PlantedCells(whorl::Position first, std::size_t capacity)
      : cells_(capacity, [&](std::size_t i) { return first + ((i - first) & (capacity - 1)) + 1 - capacity; }),
        mask_(capacity - 1) {}

  template <class Fill>
  void write(whorl::Position p, std::size_t n, Fill&& fill) noexcept(noexcept(T(fill(n)))) {
    for (std::size_t k = 0; k < n; ++k, ++p) {
      Cell& cell = at(p);
      if (kBug == CellBug::published_before_it_is_built) cell.stamp.store(p + 1, model::Order::release);
      cell.storage.build(fill, k);
      if (kBug != CellBug::published_before_it_is_built) cell.stamp.store(p + 1, model::Order::release);
    }
  }
  void bury(whorl::Position p, std::size_t n) noexcept {
    for (; n != 0; --n, ++p) at(p).stamp.store(tombstone(p), model::Order::release);
  }
  template <bool /*kFollow*/, class Use>
  std::size_t visit(whorl::Position& position, std::size_t most, Use&& use, std::size_t& buried) {
    std::size_t used = 0;
    while (used < most) {
      const whorl::Position p = position;
      const whorl::Position stamp = at(p).stamp.load(model::Order::acquire);
      if (stamp != p + 1 && stamp != tombstone(p)) break;
      ++position;
      ++(stamp == p + 1 ? used : buried);
      if (stamp == p + 1) at(p).storage.consume(use);
    }
    return used;
  }

 private:
  static constexpr whorl::Position tombstone(whorl::Position p) noexcept {
    return kBug == CellBug::tombstone_is_the_complement ? ~(p + 1) : p + 1 + (whorl::Position{1} << 63);
  }
  struct Cell {
    explicit Cell(whorl::Position first) noexcept : stamp(first) {}
    model::Atomic<whorl::Position> stamp;
    whorl::detail::Storage<T> storage;
  };
  Cell& at(whorl::Position p) noexcept { return cells_[whorl::index(p, mask_)]; }

  whorl::Array<Cell> cells_;
  std::size_t mask_;
};

enum class ReaderBug { none, keeps_room_at_the_end, gives_room_back_first };

/// A reader that gives room back two items at a time, and at the end of a visit, as it should.
template <ReaderBug kBug>
class PlantedReader {
 public:
  PlantedReader(whorl::Position first, std::size_t /*capacity*/) : next_(first), released_(first) {}

  template <whorl::Cells Memory, class Use>
  std::size_t visit(Memory& cells, whorl::ConsumerCursor& cursor, std::size_t most, Use&& use) {
    std::size_t used = 0;
    std::size_t buried = 0;
    const auto use_and_release = [&](auto& item) {
      if (kBug == ReaderBug::gives_room_back_first) cursor.release(next_);
      use(item);
    };
    while (used < most && cells.template visit<true>(next_, 1, use_and_release, buried) != 0) {
      ++used;
      if (next_ - released_ == 2) release(cursor);
    }
    if (kBug != ReaderBug::keeps_room_at_the_end && next_ != released_) release(cursor);
    return used;
  }
  std::uint64_t skipped() const noexcept { return 0; }

 private:
  void release(whorl::ConsumerCursor& cursor) noexcept { cursor.release(released_ = next_); }

  whorl::Position next_;
  whorl::Position released_;
};
