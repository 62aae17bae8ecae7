#pragma once
// What a ShardedRing may be told, and which of it is refused.

#include <bit>
#include <cstddef>
#include <string>
#include <whorl/handoff/position.hpp>
#include <whorl/sync/contract.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// What a ShardedRing may be told besides its size.
struct RingOptions {
  /// Items the consumer takes from one shard before it looks at the next. A shard alone has no next.
  std::size_t quota = 256;
  /// How long a consumer that follows its producers too closely holds back: see Edge. 0: never.
  unsigned edge_pauses = 8;
  /// Counts what is not known anyway: refusals, waits and sleeps. False: those are not counted, and cost nothing.
  bool count = true;
  /// The position of every shard's first item. For tests: to begin just before a wrap.
  Position first_position = 0;
};

namespace detail {

// Here and below, `owner` is the type that is told.
inline std::size_t checked_shards(std::size_t shards, const char* owner = "ShardedRing") {
  return require_power_of_two(owner, "shards", shards);
}

inline std::size_t checked_quota(std::size_t quota, const char* owner = "ShardedRing") {
  if (quota == 0) refuse(std::string(owner) + ": quota 0 would read nothing: use 1 or more");
  return quota;
}

inline unsigned checked_pauses(unsigned pauses) {
  constexpr unsigned kMost = 1024;  // some 20 microseconds
  if (pauses > kMost) {
    refuse("ShardedRing: edge_pauses " + std::to_string(pauses) + " would make a read wait: use " +
           std::to_string(kMost) + " or fewer");
  }
  return pauses;
}

// The capacity of one shard.
inline std::size_t checked_capacity(std::size_t total, std::size_t shards, const char* owner = "ShardedRing") {
  const std::size_t each = total / shards;
  if (total % shards == 0 && std::has_single_bit(each) && each <= kMaxCapacity) return each;
  refuse(owner + (": total_capacity " + std::to_string(total)) + " over " + std::to_string(shards) + " shards is " +
         (each > kMaxCapacity ? "too large: " : "not a power of two for each: ") + nearest_powers(each, shards));
}

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
