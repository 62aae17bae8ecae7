#pragma once
// How much a fault test does.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include "../support/scale.hpp"

namespace whorl_test {

/// Of the two, the one to do now: with WHORL_LONG=1 the figure of the fault list, as it stands there, otherwise a quick cut
/// of it; a tenth of it under a sanitizer.
inline std::uint64_t figure(std::uint64_t quick, std::uint64_t full) {
  return std::max<std::uint64_t>(1, sanitized(is_long() ? full : quick));
}

/// The same for a time. Sanitizers are no reason to look for a shorter time.
inline std::chrono::milliseconds figure(std::chrono::milliseconds quick, std::chrono::milliseconds full) {
  return is_long() ? full : quick;
}

/// A line that the runner repeats under the row: what was measured, or what could not be done here.
inline void note(const std::string& text) {
  std::printf("note: %s\n", text.c_str());
  std::fflush(stdout);
}

}  // namespace whorl_test
