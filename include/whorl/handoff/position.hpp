#pragma once
// Positions: where in the endless row of items a datum stands. A ring of `capacity` slots keeps position p in slot
// p & (capacity - 1).

#include <cstddef>
#include <cstdint>
#include <whorl/sync/config.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Ever growing; 2^64 of them last 58 years at ten thousand million a second, and wrapping is harmless all the same:
/// positions are only ever compared by distance().
using Position = std::uint64_t;

/// How far `to` lies ahead of `from`; negative when it lies behind. Computed unsigned, so it wraps without
/// undefined behaviour; right as long as the two are less than 2^63 apart.
constexpr std::int64_t distance(Position from, Position to) noexcept { return static_cast<std::int64_t>(to - from); }

/// The slot of position p in a ring of mask + 1 slots.
constexpr std::size_t index(Position p, std::size_t mask) noexcept { return static_cast<std::size_t>(p) & mask; }

/// A run of claimed positions: first, first + 1, ... first + count - 1. None when count is 0.
struct Claimed {
  Position first = 0;
  std::size_t count = 0;
  explicit operator bool() const noexcept { return count != 0; }
};

}  // namespace whorl::inline WHORL_ABI_TAG
