#pragma once
// What a target makes of the fuzzer's bytes, and how it says that ring and model disagree.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace whorl_fuzz {

[[noreturn]] inline void disagree(const char* file, int line, const char* what) {
  std::fprintf(stderr, "disagreement: %s:%d: %s\n", file, line, what);
  std::abort();
}

// A disagreement is a crash: that is what a fuzzer looks for, and keeps the input of.
#define AGREE(condition)                                                      \
  do {                                                                        \
    if (!(condition)) ::whorl_fuzz::disagree(__FILE__, __LINE__, #condition); \
  } while (false)

/// The fuzzer's bytes, one decision after the other; zeros when they are used up.
class Input {
 public:
  Input(const std::uint8_t* bytes, std::size_t size) : next_(bytes), end_(bytes + size) {}

  bool is_over() const { return next_ == end_; }
  std::uint8_t byte() { return is_over() ? std::uint8_t{0} : *next_++; }
  /// In [0, limit), limit at most 256.
  std::size_t below(std::size_t limit) { return byte() % limit; }
  /// Once in `n`.
  bool one_in(std::size_t n) { return below(n) == n - 1; }
  std::uint64_t word() {
    std::uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word = word << 8 | byte();
    return word;
  }

 private:
  const std::uint8_t* next_;
  const std::uint8_t* end_;
};

}  // namespace whorl_fuzz
