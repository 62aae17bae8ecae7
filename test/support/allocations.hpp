#pragma once
// Counts what operator new gives out. A program that uses this links allocations.cpp, which replaces operator new.

#include <cstdint>

namespace whorl_test {

// clang's ThreadSanitizer brings an operator new of its own, which cannot be replaced and ends the program where there is
// no memory. Tests that need ours are skipped there; gcc's lets itself be replaced.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WHORL_TEST_KEEPS_OPERATOR_NEW
#endif
#endif
#if defined(WHORL_TEST_KEEPS_OPERATOR_NEW)
inline constexpr bool kCountsAllocations = false;
#else
inline constexpr bool kCountsAllocations = true;
#endif

struct Allocations {
  std::uint64_t plain = 0;    ///< strings, vectors, ...
  std::uint64_t aligned = 0;  ///< through std::align_val_t: all memory of a ring, and nothing else in these tests
  std::uint64_t freed = 0;    ///< both kinds

  std::uint64_t live() const { return plain + aligned - freed; }
  friend bool operator==(const Allocations&, const Allocations&) = default;
};

/// Of the whole program, since it started.
Allocations allocations();

}  // namespace whorl_test
