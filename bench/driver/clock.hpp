#pragma once
// Time: nanoseconds of the steady clock.

#include <chrono>
#include <cstdint>

namespace bench {

inline std::int64_t now_ns() noexcept {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

}  // namespace bench
