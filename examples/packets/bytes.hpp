#pragma once
// Bytes of somebody else's, and the integers in them.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace packets {

using Bytes = std::span<const std::byte>;

/// The unsigned integer at `offset`, which lies wholly within `bytes`.
template <std::unsigned_integral Int>
Int load(Bytes bytes, std::size_t offset, std::endian order) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i) {
    const std::size_t at = order == std::endian::big ? i : sizeof(Int) - 1 - i;
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[offset + at]);
  }
  return static_cast<Int>(value);
}

inline std::uint16_t load16(Bytes bytes, std::size_t offset, std::endian order) {
  return load<std::uint16_t>(bytes, offset, order);
}
inline std::uint32_t load32(Bytes bytes, std::size_t offset, std::endian order) {
  return load<std::uint32_t>(bytes, offset, order);
}

}  // namespace packets
