#pragma once
// What a shard, or a whole ring, has done so far.

#include <cstdint>
#include <whorl/sync/config.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Counts of items since construction. Exact when nobody writes or reads meanwhile; otherwise each count is one that
/// was true a moment ago.
struct RingStats {
  std::uint64_t accepted = 0;    ///< writes that returned ok, item by item
  std::uint64_t refused = 0;     ///< try_write calls that found the shard full or closed: attempts, not items
  std::uint64_t delivered = 0;   ///< items handed to the consumer and released
  std::uint64_t tombstones = 0;  ///< positions given up because building the item threw

  RingStats& operator+=(const RingStats& other) noexcept {
    accepted += other.accepted;
    refused += other.refused;
    delivered += other.delivered;
    tombstones += other.tombstones;
    return *this;
  }
  friend bool operator==(const RingStats&, const RingStats&) = default;
};

}  // namespace whorl::inline WHORL_ABI_TAG
