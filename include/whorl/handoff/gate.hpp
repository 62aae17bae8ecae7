#pragma once
// Gate: what a producer may not overtake.

#include <concepts>
#include <whorl/handoff/sequence.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A gate answers one question: below which position is every slot free? A claimer passes the claim position it has
/// read, for gates whose members may change: such a gate never answers above it.
template <class G>
concept Gate = requires(const G& gate, Position claimed) {
  { gate.passed(claimed) } noexcept -> std::same_as<Position>;
};

/// The gate of a ring with one consumer: that consumer's own sequence. It needs no cap at `claimed`: the consumer is
/// there from the start, so no answer can be given without it. Producers may sleep until room comes back.
class ConsumerCursor {
 public:
  explicit ConsumerCursor(Position first) noexcept : sequence_(first) {}

  /// Producers: every slot below the answer is free.
  Position passed(Position /*claimed*/) const noexcept { return sequence_.passed(); }

  /// The consumer: it has finished with everything below `next`.
  void release(Position next) noexcept { sequence_.release(next); }

  /// What producers sleep on that find no room.
  EventCount& room() noexcept { return sequence_.waiting(); }
  const EventCount& room() const noexcept { return sequence_.waiting(); }

 private:
  Sequence sequence_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
