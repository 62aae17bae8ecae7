#pragma once
// What every whorl header stands on: the language version, the ABI tag, the distance that keeps two writers apart.

#if __cplusplus < 202002L
#error "whorl needs C++20: add -std=c++20 (Meson: cpp_std=c++20)"
#endif

#include <cstddef>

// Everything that touches the seam lives in an inline namespace named after it, so that a program built on the
// native seam and one built on another (WHORL_SYNC_HEADER, see sync.hpp) cannot be linked into one by mistake.
#if defined(WHORL_SYNC_HEADER)
#define WHORL_ABI_TAG v0_model
#else
#define WHORL_ABI_TAG v0
#endif

static_assert(sizeof(std::size_t) >= 8, "whorl needs a 64-bit platform: positions and capacities have 64 bits");

namespace whorl::inline WHORL_ABI_TAG {

/// Bytes between two words of different writers. Lines are 64 bytes on x86-64, but Intel's L2 fetches them in
/// pairs and Apple's are 128 bytes wide. Not std::hardware_destructive_interference_size: its value changes with
/// -mtune, and with it would the layout of every structure here.
inline constexpr std::size_t kCacheLine = 128;

}  // namespace whorl::inline WHORL_ABI_TAG
