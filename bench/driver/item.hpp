#pragma once
// Items: what is handed over. An item carries a tag, its producer and its place in that producer's row, from which all
// of it follows; so whoever receives it can tell whether it is the right one.

#include <array>
#include <cstddef>
#include <cstdint>

namespace bench {

using Tag = std::uint64_t;

inline constexpr unsigned kSequenceBits = 48;

/// The tag of a producer's first item; its next ones follow by adding 1.
constexpr Tag first_tag(std::size_t producer) noexcept { return Tag{producer} << kSequenceBits; }
constexpr std::size_t producer_of(Tag tag) noexcept { return static_cast<std::size_t>(tag >> kSequenceBits); }

/// 64 bytes, aligned as a structure of words is.
struct Packet {
  std::array<std::uint64_t, 8> words;
};

template <class Item>
Item make_item(Tag tag) noexcept;

template <>
inline std::uint64_t make_item<std::uint64_t>(Tag tag) noexcept {
  return tag;
}
template <>
inline Packet make_item<Packet>(Tag tag) noexcept {
  return {tag, tag + 1, tag + 2, tag + 3, tag + 4, tag + 5, tag + 6, tag + 7};
}

inline Tag tag_of(std::uint64_t item) noexcept { return item; }
inline Tag tag_of(const Packet& item) noexcept { return item.words[0]; }

/// Zero when every word of `item` is what make_item(tag) gave it.
inline std::uint64_t difference(std::uint64_t item, Tag tag) noexcept { return item ^ tag; }
inline std::uint64_t difference(const Packet& item, Tag tag) noexcept {
  std::uint64_t difference = 0;
  for (const std::uint64_t word : item.words) difference |= word ^ tag++;
  return difference;
}

}  // namespace bench
