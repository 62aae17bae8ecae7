#pragma once
// How whorl says no. A wrong configuration throws std::invalid_argument before anything is allocated; a wrong use
// is stopped by WHORL_ASSERT where checks are on; a normal outcome (full, empty, closed) is a returned value.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <whorl/sync/config.hpp>

// Checks of use are on in debug builds and under sanitizers; -DWHORL_CHECKED=0 or =1 decides by hand.
// One setting for the whole program: the layout of a type never depends on it, but the code of its functions does.
#if !defined(WHORL_CHECKED)
#if !defined(NDEBUG) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WHORL_CHECKED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WHORL_CHECKED 1
#endif
#endif
#if !defined(WHORL_CHECKED)
#define WHORL_CHECKED 0
#endif
#endif

/// Stops the program when `condition` is false and checks are on; `advice` says what to do instead.
/// The condition is not evaluated when checks are off.
#define WHORL_ASSERT(condition, advice)                                                                 \
  do {                                                                                                  \
    if (WHORL_CHECKED && !(condition)) ::whorl::detail::misuse(__FILE__, __LINE__, #condition, advice); \
  } while (false)

namespace whorl::inline WHORL_ABI_TAG {

/// The largest capacity of one shard, in slots. Half the distance that tells a closed claim from an open one would
/// do; this is simply more than memory holds.
inline constexpr std::size_t kMaxCapacity = std::size_t{1} << 48;

namespace detail {

[[noreturn]] inline void misuse(const char* file, int line, const char* condition, const char* advice) noexcept {
  std::fprintf(stderr, "whorl: %s:%d: '%s' does not hold: %s\n", file, line, condition, advice);
  std::abort();
}

// A configuration that cannot be built. Programs without exceptions get the same sentence and an abort.
[[noreturn]] inline void refuse(const std::string& message) {
#if defined(__cpp_exceptions)
  throw std::invalid_argument(message);
#else
  std::fprintf(stderr, "whorl: %s\n", message.c_str());
  std::abort();
#endif
}

// "use 512 or 1024": the legal values either side of `value`, each `scale` times over.
inline std::string nearest_powers(std::size_t value, std::size_t scale = 1) {
  if (value == 0) return "use " + std::to_string(scale) + " or more";
  const std::size_t largest = std::min(kMaxCapacity, std::bit_floor(std::numeric_limits<std::size_t>::max() / scale));
  const std::size_t below = std::bit_floor(std::min(value, largest));
  if (below == largest) return "use " + std::to_string(below * scale) + " or less";
  return "use " + std::to_string(below * scale) + " or " + std::to_string(below * 2 * scale);
}

// Returns `value`, or refuses it: `owner` is the type, `parameter` what the caller calls the value.
inline std::size_t require_power_of_two(const char* owner, const char* parameter, std::size_t value) {
  if (std::has_single_bit(value) && value <= kMaxCapacity) return value;
  const bool negative = value > std::numeric_limits<std::size_t>::max() / 2;
  refuse(std::string(owner) + ": " + parameter + " " + std::to_string(value) +
         (value > kMaxCapacity ? " is too large" : " is not a power of two") +
         (negative ? " (was it negative?): " : ": ") + nearest_powers(value));
}

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
