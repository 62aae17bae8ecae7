#pragma once
// Numbers and other people's strings, as text for people.

#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace packets {

/// As printf has it.
[[gnu::format(printf, 1, 2)]] inline std::string format(const char* pattern, ...) {
  std::va_list arguments;
  va_start(arguments, pattern);
  std::va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, pattern, arguments);
  va_end(arguments);
  std::string text(length > 0 ? static_cast<std::size_t>(length) : 0, '\0');
  std::vsnprintf(text.data(), text.size() + 1, pattern, again);
  va_end(again);
  return text;
}

/// 3139050 -> "3,139,050"
inline std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

/// Three digits at least: 1.5, 352, 12345.
inline std::string short_number(double value) { return format(value < 999.5 ? "%.3g" : "%.0f", value); }

/// 8741568 -> "8.74 M", "8.74 Mbit/s"
inline std::string with_prefix(double value, const std::string& unit = "") {
  static constexpr std::array<const char*, 5> kPrefixes = {"", "k", "M", "G", "T"};
  std::size_t prefix = 0;
  for (; value >= 999.5 && prefix + 1 < kPrefixes.size(); value /= 1000) ++prefix;
  const std::string sign = kPrefixes[prefix] + unit;
  return short_number(value) + (sign.empty() ? "" : " ") + sign;
}

/// 1450000 -> "1.45 MB"
inline std::string readable_bytes(std::uint64_t bytes) { return with_prefix(static_cast<double>(bytes), "B"); }

/// 352300 -> "352 us". `micro` is for those who may write the sign.
inline std::string readable_ns(double ns, const char* micro = "us") {
  const std::array<const char*, 4> units = {"ns", micro, "ms", "s"};
  std::size_t unit = 0;
  for (; ns >= 999.5 && unit + 1 < units.size(); ns /= 1000) ++unit;
  return short_number(ns) + ' ' + units[unit];
}

/// The length of the UTF-8 character that `text` begins with; 0 when it begins with none.
inline std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.empty()) return 0;
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Longer than it need be, half of a pair of UTF-16, beyond the last character.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
  if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
  return length;
}

/// Calls take(character) for each character of `text`; bytes that are none are given as U+FFFD, one by one.
template <class Take>
void for_each_character(std::string_view text, Take&& take) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    take(length != 0 ? text.substr(0, length) : std::string_view("\xef\xbf\xbd"));
    text.remove_prefix(length != 0 ? length : 1);
  }
}

/// Whether a terminal might obey it instead of showing it.
inline bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return character.size() == 2 && first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

/// A name that somebody else has chosen, safe to be shown.
inline std::string printable(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::string_view character) { out += is_control(character) ? "?" : character; });
  return out;
}

}  // namespace packets
