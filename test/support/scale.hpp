#pragma once
// How much work a test does, and what its random choices grow from.

#include <cstdint>
#include <random>

namespace whorl_test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

/// A sanitizer makes everything about ten times as slow and is shown a tenth of it.
constexpr std::uint64_t sanitized(std::uint64_t items) { return kSanitized ? items / 10 : items; }

/// WHORL_LONG=1 in the environment.
bool is_long();

/// The same four times, if there is time.
inline std::uint64_t scaled(std::uint64_t items) { return sanitized(items) * (is_long() ? 4 : 1); }

using Random = std::mt19937_64;

/// WHORL_SEED from the environment or, without it, a fresh one; printed when first asked for.
std::uint64_t seed();

/// A number in [least, most].
inline std::uint64_t between(Random& random, std::uint64_t least, std::uint64_t most) {
  return std::uniform_int_distribution<std::uint64_t>(least, most)(random);
}

}  // namespace whorl_test
