#pragma once
// HandOff: the producers' half of every ring.

#include <utility>
#include <whorl/handoff/claim.hpp>
#include <whorl/handoff/marks.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Claim x cells x gate: who may write which position, where the datum lies and how it is known to be complete, and
/// what may not be overtaken. It knows nothing of its readers but what the gate tells. Cells may be bare marks, where the
/// datum lies elsewhere or there is none; then it is written in steps.
///
/// Threads:   write: one producer for an exclusive claim, any number for a shared one. Everything else: see the parts.
/// Progress:  that of the claim; writing itself never waits.
template <Claim C, class Memory, Gate G>
  requires Cells<Memory> || Marks<Memory>
class HandOff {
  static_assert(!(C::kShared && Memory::kInOrder),
                "whorl: a cursor publishes in order, which producers that share a claim do not: use stamped cells");

 public:
  HandOff(Position first, std::size_t capacity) : cells_(first, capacity), claim_(first, capacity), gate_(first) {}
  /// `gate` is what the gate is told besides; `cells` the same of the cells.
  template <class GateOption, class... CellsOptions>
  HandOff(Position first, std::size_t capacity, GateOption gate, CellsOptions&&... cells)
      : cells_(first, capacity, std::forward<CellsOptions>(cells)...), claim_(first, capacity), gate_(first, gate) {}

  /// Writes between `least` and `most` items, item k built from fill(k), or none when there is no room for `least`.
  ///
  /// Returns:  how many were written. They are published in order.
  /// Errors:   what fill or T's constructor throws, at item k: items before k are published, the others never will be
  ///           (positions of a shared claim become tombstones, those of an exclusive one are forgotten); the ring goes
  ///           on.
  ///
  /// Inline, that a single item's write is what it comes to: some twenty instructions.
  template <class Fill>
  [[gnu::always_inline]] std::size_t write(std::size_t least, std::size_t most, Fill&& fill) {
    using T = typename Memory::Value;
    Claimed claimed = claim_.try_claim(least, most, gate_);
    if (!claimed) [[unlikely]]
      return 0;
    if (least == most) claimed.count = most;  // as it is: but now the compiler knows, and a single item needs no loop
    if constexpr (noexcept(T(fill(most)))) {
      cells_.write(claimed.first, claimed.count, fill);
    } else {
      Rest rest{*this, claimed};
      cells_.write(claimed.first, claimed.count, [&](std::size_t k) -> decltype(auto) {
        rest.building(claimed, k);
        return fill(k);
      });
      rest.positions = {};
    }
    return claimed.count;
  }

  /// A write in steps: claim; then the cells' build and publish; what is left over is abandoned.
  [[gnu::always_inline]] Claimed try_claim(std::size_t least, std::size_t most) noexcept {
    return claim_.try_claim(least, most, gate_);
  }

  /// Gives up claimed positions that nothing will be published in: of an exclusive claim, its last ones.
  void abandon(Claimed rest) noexcept {
    if constexpr (C::kShared) {
      // (25) release pairs with acquire (26): who sees the count sees that these positions were claimed.
      buried_.fetch_add(rest.count, sync::release);
      cells_.bury(rest.first, rest.count);
    } else {
      claim_.forget(rest);
    }
  }

  const C& claim() const noexcept { return claim_; }
  C& claim() noexcept { return claim_; }
  const Memory& cells() const noexcept { return cells_; }
  Memory& cells() noexcept { return cells_; }
  const G& gate() const noexcept { return gate_; }
  G& gate() noexcept { return gate_; }
  /// Tombstones among the claimed positions.
  std::uint64_t buried() const noexcept {
    // (26) acquire pairs with release (25).
    return buried_.load(sync::acquire);
  }

 private:
  // What of a claim is not built yet; given up when an exception leaves it behind.
  struct Rest {
    HandOff& hand_off;
    Claimed positions;
    void building(Claimed claimed, std::size_t k) noexcept { positions = {claimed.first + k, claimed.count - k}; }
    ~Rest() {
      if (positions) hand_off.abandon(positions);
    }
  };

  Memory cells_;                                               // producers and reader, each by its own marks
  C claim_;                                                    // producers
  G gate_;                                                     // readers
  alignas(kCacheLine) sync::Atomic<std::uint64_t> buried_{0};  // producers, when an element throws
};

}  // namespace whorl::inline WHORL_ABI_TAG
