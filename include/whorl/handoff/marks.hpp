#pragma once
// Marks: what says which positions are complete, seen by readers that leave the data where they are.

#include <concepts>
#include <whorl/handoff/cells.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// `p` is a position, `n` a count that the claim has granted. Any number of readers may ask about positions that no
/// producer can claim anew meanwhile.
///
/// publish(p, n)   producer: these are complete
/// ready(p, most)  reader: how many positions from p on are complete, one after the other, at most `most`
/// kInOrder        positions must be published in order; if not, also:
/// bury(p, n)      producer: these are given up: complete, and tombstones
/// is_buried(p)    reader: the complete position p is a tombstone
template <class M>
concept Marks = requires(M& marks, const M& view, Position p, std::size_t n) {
  { M::kInOrder } -> std::convertible_to<bool>;
  { marks.publish(p, n) } noexcept;
  { view.ready(p, n) } noexcept -> std::same_as<std::size_t>;
} && (M::kInOrder || requires(M& marks, const M& view, Position p, std::size_t n) {
                  { marks.bury(p, n) } noexcept;
                  { view.is_buried(p) } noexcept -> std::same_as<bool>;
                });

}  // namespace whorl::inline WHORL_ABI_TAG
