#pragma once
// Stamped: an event that consumers add to, so that those after them can tell whether they waited for them.

#include <cstdint>

#include "item.hpp"

namespace bench {

/// A tag, and a word for each of two consumers.
struct Stamped {
  Tag tag = 0;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};
inline constexpr unsigned kFirst = 1;  // a set of stamps is the sum of these
inline constexpr unsigned kSecond = 2;

/// Makes of an event of a lap ago that of `tag`. The stamps of that lap stay, and belong to another tag.
template <class Event>
void write_event(Event& event, Tag tag) noexcept {
  event = make_item<Event>(tag);
}
inline void write_event(Stamped& event, Tag tag) noexcept { event.tag = tag; }

template <unsigned kStamp>
void leave_stamp(Stamped& event) noexcept {
  if constexpr (kStamp == kFirst) event.first = event.tag + kFirst;
  if constexpr (kStamp == kSecond) event.second = event.tag + kSecond;
}

/// An event as a consumer sees it that comes after those who leave the stamps kBefore.
template <unsigned kBefore, class Event>
struct Seen {
  const Event& event;
};
template <unsigned kBefore, class Event>
Tag tag_of(const Seen<kBefore, Event>& seen) noexcept {
  return tag_of(seen.event);
}
template <unsigned kBefore>
Tag tag_of(const Seen<kBefore, Stamped>& seen) noexcept {
  return seen.event.tag;
}
template <unsigned kBefore, class Event>
std::uint64_t difference(const Seen<kBefore, Event>& seen, Tag tag) noexcept {
  return difference(seen.event, tag);
}
template <unsigned kBefore>
std::uint64_t difference(const Seen<kBefore, Stamped>& seen, Tag tag) noexcept {
  std::uint64_t difference = seen.event.tag ^ tag;
  if constexpr ((kBefore & kFirst) != 0) difference |= seen.event.first ^ (tag + kFirst);
  if constexpr ((kBefore & kSecond) != 0) difference |= seen.event.second ^ (tag + kSecond);
  return difference;
}

}  // namespace bench
