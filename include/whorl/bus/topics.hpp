#pragma once
// Topics: what a bus carries.

#include <cstddef>
#include <type_traits>
#include <whorl/sync/config.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// An event stored where its mark lies, one 64-byte line for both, is at most so large, if it is aligned to 8 bytes at most:
/// one aligned to 16 takes 64 together with its topic, and its stamp lies elsewhere.
inline constexpr std::size_t kMostEventBytes = 48;

/// The topics of a bus: each is the type of its events, of at most MostBytes. For two topics of the same data make two types
/// (struct Bid : Quote {}; struct Ask : Quote {};).
template <std::size_t MostBytes, class... Es>
struct TopicsUpTo {
  static constexpr std::size_t kMostBytes = MostBytes;
  static constexpr std::size_t kTopics = sizeof...(Es);
};
template <class... Es>
using Topics = TopicsUpTo<kMostEventBytes, Es...>;

namespace detail {

template <class E, class... Es>
inline constexpr std::size_t kTimesAmong = (std::size_t{std::is_same_v<E, Es>} + ... + 0);
template <class E, class... Es>
concept OneOf = kTimesAmong<E, Es...> != 0;

// Not for all topics at once, so that the compiler names the one that is refused.
template <std::size_t MostBytes, class E>
constexpr bool require_storable() {
  static_assert(std::is_object_v<E> && !std::is_array_v<E> && std::is_same_v<E, std::remove_cv_t<E>>,
                "whorl: a topic is an object type, neither const nor an array");
  static_assert(std::is_nothrow_destructible_v<E>, "whorl: an event is destroyed without throwing");
  static_assert(sizeof(E) <= MostBytes,
                "whorl: an event of this topic does not fit: store something smaller, or say TopicsUpTo<bytes, ...>");
  return true;
}

template <class T>
struct TopicsOf {
  static_assert(sizeof(T) == 0, "whorl: say which topics a bus has: EventBus<Topics<Order, Fill>>");
};

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
