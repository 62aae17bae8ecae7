#pragma once
// The cells of a ring buffer: events that live as long as the ring and are filled anew each lap, and their marks.

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <whorl/handoff/array.hpp>
#include <whorl/handoff/cursor.hpp>
#include <whorl/handoff/lap_flags.hpp>
#include <whorl/handoff/marks.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A stamp beside each event, so that as a rule one cache line carries both. A stamp of p + 1 says that position p is
/// complete, one of p + 1 + 2^63 that it was given up; anything else is another lap.
///
/// Threads:  at: who may touch that event, the producer that has claimed it or a consumer that waits for it. publish,
///           bury: that producer. ready, is_buried: any number of readers.
/// Order:    what a producer did before publishing p is visible to whoever then finds p ready.
template <class E>
class StampedEvents {
 public:
  using Event = E;
  static constexpr bool kInOrder = false;

  /// Event i is made from make(i), i in [0, capacity).
  template <class Make>
  StampedEvents(Position first, std::size_t capacity, Make&& make)
      : cells_(capacity,
               [&](std::size_t i) {
                 return Init<Make>{first + ((Position{i} - first) & (capacity - 1)) + 1 - capacity, make, i};
               }),
        mask_(capacity - 1) {}

  E& at(Position p) noexcept { return cells_[index(p, mask_)].event; }

  void publish(Position p, std::size_t n) noexcept {
    for (const View view = this->view(); n != 0; --n, ++p) {
      // (36) release pairs with acquire (37): the event is complete before a reader sees its stamp.
      view.cell(p).stamp.store(p + 1, sync::release);
    }
  }
  void bury(Position p, std::size_t n) noexcept {
    for (; n != 0; --n, ++p) {
      // (38) release pairs with acquire (37): what was begun there is over before the cell goes to the next lap.
      cells_[index(p, mask_)].stamp.store(tombstone(p), sync::release);
    }
  }
  std::size_t ready(Position p, std::size_t most) const noexcept {
    const View view = this->view();
    std::size_t n = 0;
    for (; n < most; ++n, ++p) {
      const Position stamp = view.stamp(p);
      if (stamp != p + 1 && stamp != tombstone(p)) break;
    }
    return n;
  }
  bool is_buried(Position p) const noexcept { return view().stamp(p) == tombstone(p); }

 private:
  static constexpr Position tombstone(Position p) noexcept { return p + 1 + (Position{1} << 63); }

  template <class Make>
  struct Init {
    Position stamp;
    Make& make;
    std::size_t i;
  };
  struct Cell {
    template <class Make>
    explicit Cell(Init<Make> init) : stamp(init.stamp), event(init.make(init.i)) {}
    sync::Atomic<Position> stamp;
    E event;
  };

  // A copy of the members for a loop: as far as the compiler knows, each access to a stamp might change them.
  struct View {
    Cell* cells;
    std::size_t mask;

    Cell& cell(Position p) const noexcept { return cells[index(p, mask)]; }
    Position stamp(Position p) const noexcept {
      // (37) acquire pairs with release (36) and (38).
      return cell(p).stamp.load(sync::acquire);
    }
  };
  View view() const noexcept { return {cells_.data(), mask_}; }

  Array<Cell> cells_;
  std::size_t mask_;
};

/// E[capacity] and marks apart from it, a Cursor or LapFlags: batches cost a store, and runs are spans.
///
/// Threads, order: as StampedEvents.
template <class E, Marks M>
class DenseEvents {
 public:
  using Event = E;
  static constexpr bool kInOrder = M::kInOrder;

  template <class Make>
  DenseEvents(Position first, std::size_t capacity, Make&& make)
      : events_(capacity, [&](std::size_t i) { return Init<Make>{make, i}; }),
        mask_(capacity - 1),
        marks_(first, capacity) {}

  E& at(Position p) noexcept { return events_[index(p, mask_)].event; }
  /// As many of the n events from p on as lie side by side: up to the end of the ring.
  std::span<E> run(Position p, std::size_t n) noexcept {
    static_assert(sizeof(Cell) == sizeof(E), "an event alone in its cell");
    const std::size_t at = index(p, mask_);
    return {&events_[at].event, std::min(n, mask_ + 1 - at)};
  }

  void publish(Position p, std::size_t n) noexcept { marks_.publish(p, n); }
  std::size_t ready(Position p, std::size_t most) const noexcept { return marks_.ready(p, most); }
  void bury(Position p, std::size_t n) noexcept
    requires(!kInOrder)
  {
    marks_.bury(p, n);
  }
  bool is_buried(Position p) const noexcept
    requires(!kInOrder)
  {
    return marks_.is_buried(p);
  }

 private:
  template <class Make>
  struct Init {
    Make& make;
    std::size_t i;
  };
  struct Cell {
    template <class Make>
    explicit Cell(Init<Make> init) : event(init.make(init.i)) {}
    E event;
  };

  Array<Cell> events_;
  std::size_t mask_;
  M marks_;
};

static_assert(Marks<StampedEvents<int>> && Marks<DenseEvents<int, Cursor>> && Marks<DenseEvents<int, LapFlags>>);

}  // namespace whorl::inline WHORL_ABI_TAG
