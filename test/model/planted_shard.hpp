#pragma once
// A shard put together by hand from the parts of a hand-off, so that one of them can be a wrong one.

#include <whorl/handoff/hand_off.hpp>
#include <whorl/handoff/reader.hpp>
#include <whorl/handoff/stamped_cells.hpp>
#include <whorl/ring/stats.hpp>

#include "elements.hpp"

/// What RingShard is, as far as the models ask.
template <class C, class Memory = whorl::StampedCells<Element>, class R = whorl::Reader<true>>
class AssembledShard {
 public:
  using Claim = C;

  AssembledShard(std::size_t capacity, whorl::Position first)
      : first_(first), capacity_(capacity), hand_off_(first, capacity), reader_(first, capacity) {}

  template <class Fill>
  std::size_t try_fill(std::size_t most, Fill&& fill) {
    const std::size_t n = hand_off_.write(1, most, fill);
    if (n < most) refused_.fetch_add(most - n, model::Order::relaxed);
    return n;
  }
  template <class Use>
  std::size_t try_consume(Use&& use, std::size_t most) {
    return reader_.visit(hand_off_.cells(), hand_off_.gate(), most, use);
  }
  std::size_t capacity() const noexcept { return capacity_; }
  whorl::RingStats stats() const {
    whorl::RingStats stats;
    stats.tombstones = hand_off_.buried();
    stats.delivered = hand_off_.gate().passed(first_) - first_ - reader_.skipped();
    stats.accepted = hand_off_.claim().claimed() - first_ - stats.tombstones;
    stats.refused = refused_.load(model::Order::relaxed);
    return stats;
  }

 private:
  whorl::Position first_;
  std::size_t capacity_;
  whorl::HandOff<C, Memory, whorl::ConsumerCursor> hand_off_;
  R reader_;
  model::Atomic<std::uint64_t> refused_{0, "refused"};
};
