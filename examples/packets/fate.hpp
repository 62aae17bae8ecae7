#pragma once
// What becomes of a packet at the far end.

#include <cstdint>

namespace packets {

enum class Fate : std::uint8_t {
  delivered,
  late,       ///< those behind it had been delivered already
  duplicate,  ///< it had come before
};

}  // namespace packets
