#pragma once
// Lot: numbers that look drawn by lot, for waits that must not coincide and for choices that must not prefer.

#include <cstddef>
#include <cstdint>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// Knuth's MMIX generator, whose high bits are good. One that is not seeded begins where the clock is.
struct Lot {
  std::uint64_t state = 0;

  std::uint64_t next() noexcept {
    if (state == 0) state = static_cast<std::uint64_t>(sync::Clock::now().time_since_epoch().count());
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state;
  }
  // In [0, limit), limit at most 2^32; the bias is limit / 2^32.
  std::size_t below(std::size_t limit) noexcept { return static_cast<std::size_t>((next() >> 32) * limit >> 32); }
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
