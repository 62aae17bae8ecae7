#pragma once
// How much a fault test does.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../support/scale.hpp"

namespace whorl_test {

/// WHORL_LONG=1: the figures of the fault list, as they stand there. Otherwise a quick cut of each.
inline bool is_long() {
  static const bool value = [] {
    const char* given = std::getenv("WHORL_LONG");
    return given != nullptr && std::string_view(given) == "1";
  }();
  return value;
}

/// Of the two, the one to do now; a tenth of it under a sanitizer.
inline std::uint64_t figure(std::uint64_t quick, std::uint64_t full) {
  return std::max<std::uint64_t>(1, scaled(is_long() ? full : quick));
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
