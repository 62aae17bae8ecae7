#pragma once
// Items: what is handed over. An item carries a tag, its producer and its place in that producer's row, from which all
// of it follows; so whoever receives it can tell whether it is the right one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace bench {

using Tag = std::uint64_t;

inline constexpr unsigned kSequenceBits = 48;

/// The tag of a producer's first item; its next ones follow by adding 1.
constexpr Tag first_tag(std::size_t producer) noexcept { return Tag{producer} << kSequenceBits; }
constexpr std::size_t producer_of(Tag tag) noexcept { return static_cast<std::size_t>(tag >> kSequenceBits); }

/// So many words, aligned as a structure of words is.
template <std::size_t kWords>
struct Words {
  std::array<std::uint64_t, kWords> words;
};
using Packet = Words<8>;
using Words32 = Words<32>;

/// 1,450 bytes, what a network hands over: no multiple of a word, and aligned to nothing.
struct Frame {
  std::array<unsigned char, 1450> bytes;
};

namespace detail {

inline constexpr std::size_t kFrameWords = sizeof(Frame) / sizeof(std::uint64_t);
inline constexpr std::size_t kFrameRest = sizeof(Frame) % sizeof(std::uint64_t);

// Word i of a frame and its last bytes are those of tag + i.
inline std::uint64_t word_of(const Frame& frame, std::size_t i) noexcept {
  std::uint64_t word;
  std::memcpy(&word, frame.bytes.data() + i * sizeof word, sizeof word);
  return word;
}

}  // namespace detail

template <class Item>
struct Make;  // what make_item() does

template <>
struct Make<std::uint64_t> {
  static std::uint64_t item(Tag tag) noexcept { return tag; }
};
template <std::size_t kWords>
struct Make<Words<kWords>> {
  static Words<kWords> item(Tag tag) noexcept {
    Words<kWords> item;
    for (std::uint64_t& word : item.words) word = tag++;
    return item;
  }
};
template <>
struct Make<Frame> {
  static Frame item(Tag tag) noexcept {
    Frame item;
    unsigned char* to = item.bytes.data();
    for (std::size_t i = 0; i < detail::kFrameWords; ++i, ++tag, to += sizeof tag) std::memcpy(to, &tag, sizeof tag);
    std::memcpy(to, &tag, detail::kFrameRest);
    return item;
  }
};

template <class Item>
Item make_item(Tag tag) noexcept {
  return Make<Item>::item(tag);
}

inline Tag tag_of(std::uint64_t item) noexcept { return item; }
template <std::size_t kWords>
Tag tag_of(const Words<kWords>& item) noexcept {
  return item.words[0];
}
inline Tag tag_of(const Frame& item) noexcept { return detail::word_of(item, 0); }

/// Zero when every word of `item` is what make_item(tag) gave it.
inline std::uint64_t difference(std::uint64_t item, Tag tag) noexcept { return item ^ tag; }
template <std::size_t kWords>
std::uint64_t difference(const Words<kWords>& item, Tag tag) noexcept {
  std::uint64_t difference = 0;
  for (const std::uint64_t word : item.words) difference |= word ^ tag++;
  return difference;
}
inline std::uint64_t difference(const Frame& item, Tag tag) noexcept {
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < detail::kFrameWords; ++i) difference |= detail::word_of(item, i) ^ tag++;
  const unsigned char* rest = item.bytes.data() + detail::kFrameWords * sizeof tag;
  return difference | static_cast<std::uint64_t>(std::memcmp(rest, &tag, detail::kFrameRest) != 0);
}

}  // namespace bench
