#pragma once
// LapFlags: marks of positions that are published in any order.

#include <bit>
#include <cstdint>
#include <whorl/handoff/array.hpp>
#include <whorl/handoff/marks.hpp>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A word for each cell: the lap of the position that was published there last. No producer is ever more than a lap ahead
/// of the slowest reader, so a reader finds the lap it expects or the one before, and 31 bits of it are plenty. The
/// highest bit says that the position was given up.
///
/// Threads:  publish and bury: the producer that claimed the positions. Everything else: any number of readers.
/// Order:    what a producer did before publishing p is visible to whoever then finds p ready.
/// Source:   the available buffer of the LMAX Disruptor's multi-producer sequencer.
class LapFlags {
 public:
  static constexpr bool kInOrder = false;

  LapFlags(Position first, std::size_t capacity)
      : shift_(std::countr_zero(capacity)), mask_(capacity - 1), flags_(capacity, [&](std::size_t i) {
          return lap(first + ((Position{i} - first) & mask_) - capacity, shift_);
        }) {}

  void publish(Position p, std::size_t n) noexcept {
    for (const View view = this->view(); n != 0; --n, ++p) {
      // (27) release pairs with acquire (28): the datum is complete before a reader sees its flag.
      view.at(p).store(view.lap(p), sync::release);
    }
  }
  void bury(Position p, std::size_t n) noexcept {
    for (const View view = this->view(); n != 0; --n, ++p) {
      // (29) release pairs with acquire (28): what was begun there is over before the cell goes to the next lap.
      view.at(p).store(view.lap(p) | kBuried, sync::release);
    }
  }

  std::size_t ready(Position p, std::size_t most) const noexcept {
    const View view = this->view();
    std::size_t n = 0;
    while (n < most && (view.flag(p + n) & ~kBuried) == view.lap(p + n)) ++n;
    return n;
  }
  bool is_buried(Position p) const noexcept { return view().flag(p) == (view().lap(p) | kBuried); }

 private:
  static constexpr std::uint32_t kBuried = std::uint32_t{1} << 31;
  static constexpr std::uint32_t lap(Position p, int shift) noexcept {
    return static_cast<std::uint32_t>(p >> shift) & ~kBuried;
  }

  // A copy of the members for a loop: as far as the compiler knows, each access to a flag might change them.
  struct View {
    sync::Atomic<std::uint32_t>* flags;
    std::size_t mask;
    int shift;

    sync::Atomic<std::uint32_t>& at(Position p) const noexcept { return flags[index(p, mask)]; }
    std::uint32_t flag(Position p) const noexcept {
      // (28) acquire pairs with release (27) and (29).
      return at(p).load(sync::acquire);
    }
    std::uint32_t lap(Position p) const noexcept { return LapFlags::lap(p, shift); }
  };
  View view() const noexcept { return {flags_.data(), mask_, shift_}; }

  const int shift_;
  const std::size_t mask_;
  Array<sync::Atomic<std::uint32_t>> flags_;
};

static_assert(Marks<LapFlags>);

}  // namespace whorl::inline WHORL_ABI_TAG
