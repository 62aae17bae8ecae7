#pragma once
// SequencerView: what anybody can see of a sequencer.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <whorl/disruptor/sequencer_options.hpp>
#include <whorl/handoff/group_gate.hpp>
#include <whorl/handoff/hand_off.hpp>
#include <whorl/sync/contract.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// The part of a sequencer that only looks, and what it looks at. Claimed and published are different: what is claimed is
/// not seen before it is published.
///
/// Threads:   any.
/// Progress:  wait-free, but for cursor(), which looks again when claims have overtaken it.
template <Claim C, Marks Memory, class News = detail::OwnNews>
class SequencerView {
 public:
  /// How many sequences from p on are published, one after the other, at most `most`.
  std::size_t ready(Position p, std::size_t most) const noexcept { return hand_off_.cells().ready(p, most); }

  /// The last of low .. high up to which all are published; low - 1 if low is not. None of them may be claimed anew
  /// meanwhile.
  SequenceNumber highest_published(SequenceNumber low, SequenceNumber high) const noexcept {
    const auto p = static_cast<Position>(low);
    const std::int64_t most = distance(p, next_after(high));
    return last_before(p + (most > 0 ? ready(p, static_cast<std::size_t>(most)) : 0));
  }

  /// `sequence` is published, and its cell has not been claimed for a later one.
  bool is_available(SequenceNumber sequence) const noexcept {
    const auto p = static_cast<Position>(sequence);
    if (ready(p, 1) == 0) return false;
    // Marks say what lap was there last, and nothing of one so far away that its mark looks the same.
    const std::int64_t ahead = distance(claimed(), p);
    const auto lap = static_cast<std::int64_t>(capacity_);
    return -lap <= ahead && ahead < lap;
  }

  /// The last sequence up to which all are published, looked for in the last lap.
  SequenceNumber cursor() const noexcept {
    for (Position end = claimed();;) {
      const std::size_t lap = std::min(capacity_, static_cast<std::size_t>(end - first_));
      const std::size_t published = ready(end - lap, lap);
      const Position now = claimed();
      const Position next = end - lap + published;
      // What stopped it was not published, unless it has been claimed anew meanwhile: then it may be of another lap.
      if (published == lap || distance(next + capacity_, now) <= 0) return last_before(next);
      end = now;
    }
  }
  /// The slowest member's sequence; the last one claimed is the most it says.
  SequenceNumber minimum_sequence() const noexcept { return last_before(hand_off_.gate().passed(claimed())); }

  /// News, where others claim or release meanwhile: in [0, capacity()].
  std::size_t remaining_capacity() const noexcept {
    const Position end = claimed();
    return capacity_ - std::min(capacity_, static_cast<std::size_t>(end - hand_off_.gate().passed(end)));
  }
  bool has_available_capacity(std::size_t n) const noexcept { return n <= remaining_capacity(); }
  std::size_t capacity() const noexcept { return capacity_; }
  /// The position after the last one claimed; and how many sequences were given up so far.
  Position claimed() const noexcept { return hand_off_.claim().claimed(); }
  std::uint64_t buried() const noexcept { return hand_off_.buried(); }
  /// `sequence` is available and was given up.
  bool is_buried(SequenceNumber sequence) const noexcept {
    if constexpr (Memory::kInOrder)
      return false;
    else
      return hand_off_.cells().is_buried(static_cast<Position>(sequence));
  }

  bool is_closed() const noexcept {
    // (33) acquire pairs with release (32).
    return closed_.load(sync::acquire);
  }
  /// Nothing will ever be published at p or beyond.
  bool ends_before(Position p) const noexcept {
    return is_closed() && hand_off_.claim().is_final() && distance(claimed(), p) >= 0;
  }

 protected:
  template <class... CellsOptions>
  SequencerView(std::size_t capacity, const typename News::Options& options, CellsOptions&&... cells)
      : first_(options.first_position),
        capacity_(detail::require_power_of_two("Sequencer", "capacity", capacity)),
        published_(options),
        hand_off_(first_, capacity_, options.without_consumers, std::forward<CellsOptions>(cells)...) {}
  ~SequencerView() = default;

  const Position first_;
  const std::size_t capacity_;
  sync::Atomic<bool> closed_{false};  // whoever closes; quiet
  News published_;                    // consumers that sleep; quiet otherwise
  HandOff<C, Memory, GroupGate> hand_off_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
