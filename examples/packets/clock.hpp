#pragma once
// The time, as this program reckons it.

#include <chrono>
#include <cstdint>

namespace packets {

/// Nanoseconds of the steady clock.
inline std::int64_t now_ns() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

}  // namespace packets
