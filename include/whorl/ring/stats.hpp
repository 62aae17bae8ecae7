#pragma once
// What a shard, or a whole ring, has done so far.

#include <cstdint>
#include <whorl/sync/config.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Counts since construction. Exact when nobody writes or reads meanwhile; otherwise each count is one that was true a
/// moment ago. `refused` and the last two stay 0 where RingOptions::count is false.
struct RingStats {
  std::uint64_t accepted = 0;    ///< items written
  std::uint64_t refused = 0;     ///< items of writes that did not take them: for want of room, time, or an open ring
  std::uint64_t delivered = 0;   ///< items handed to the consumer and released
  std::uint64_t tombstones = 0;  ///< positions given up: building the item threw, or a claimed range was dropped
  std::uint64_t backoffs = 0;    ///< waits of blocking writes, between two rounds of tries
  std::uint64_t parks = 0;       ///< how often a producer went to sleep in the kernel

  /// Items that somebody wanted to write.
  std::uint64_t offered() const noexcept { return accepted + refused; }

  RingStats& operator+=(const RingStats& other) noexcept {
    accepted += other.accepted;
    refused += other.refused;
    delivered += other.delivered;
    tombstones += other.tombstones;
    backoffs += other.backoffs;
    parks += other.parks;
    return *this;
  }
  friend bool operator==(const RingStats&, const RingStats&) = default;
};

}  // namespace whorl::inline WHORL_ABI_TAG
