#pragma once
// Names that end in a number, put together when the program is compiled.

#include <algorithm>
#include <array>
#include <cstddef>

namespace bench {

/// A string literal as the argument of a template.
template <std::size_t kSize>
struct Literal {
  constexpr Literal(const char (&text)[kSize]) { std::copy_n(text, kSize, chars); }
  char chars[kSize];  // with the 0 at its end
};

namespace detail {

template <Literal kPrefix, std::size_t kNumber>
inline constexpr auto kNumberedChars = [] {
  constexpr std::size_t kPrefixSize = sizeof(kPrefix.chars) - 1;
  constexpr std::size_t kDigits = [] {
    std::size_t digits = 1;
    for (std::size_t rest = kNumber / 10; rest != 0; rest /= 10) ++digits;
    return digits;
  }();
  std::array<char, kPrefixSize + kDigits + 1> name{};
  std::copy_n(kPrefix.chars, kPrefixSize, name.begin());
  std::size_t rest = kNumber;
  for (std::size_t place = kPrefixSize + kDigits; place != kPrefixSize; rest /= 10) {
    name[--place] = static_cast<char>('0' + rest % 10);
  }
  return name;
}();

}  // namespace detail

/// kNumbered<"whorl/shared", 4> is "whorl/shared4".
template <Literal kPrefix, std::size_t kNumber>
inline constexpr const char* kNumbered = detail::kNumberedChars<kPrefix, kNumber>.data();

}  // namespace bench
