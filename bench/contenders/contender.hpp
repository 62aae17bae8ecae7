#pragma once
// Contender: the one face behind which every queue stands.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>

namespace bench {

/// What a queue is made for.
struct Shape {
  std::size_t capacity;  // items, all producers together
  std::size_t producers;
};

/// Who may write: one producer only; many, each to a part of its own; many, all to the same place.
enum class Producers { kOne, kOneEach, kAny };

/// kName            "library/kind", as the report writes it
/// kProducers       who may write
/// kBulk            consume() takes up to `most` items by one call of the library, or asks for them one by one
/// producer(id)     what the producer of that number writes with; called on its own thread
/// consume(f, most) hands f at most `most` items, in place or from a copy; returns how many
/// capacity()       items it really holds
template <class Q>
concept Contender =
    std::constructible_from<Q, Shape> &&
    requires(Q& queue, const Q& view, typename Q::Producer& producer, const typename Q::Item& item, std::size_t n) {
      { Q::kName } -> std::convertible_to<const char*>;
      { Q::kProducers } -> std::convertible_to<Producers>;
      { Q::kBulk } -> std::convertible_to<bool>;
      { queue.producer(n) } -> std::same_as<typename Q::Producer>;
      { producer.try_push(item) } -> std::same_as<bool>;
      {
        queue.consume([](const typename Q::Item&) {}, n)
      } -> std::same_as<std::size_t>;
      { view.capacity() } -> std::same_as<std::size_t>;
    };

/// OPTIONAL, where the library takes several items by one call: producer.push_some(items) offers a run of items and says
/// how many of them, from the front, were accepted. That may be all or none.
template <class Q>
concept PushesSome = requires(typename Q::Producer& producer, std::span<const typename Q::Item> items) {
  { producer.push_some(items) } -> std::same_as<std::size_t>;
};

/// Pushes a run of items by the library's own call, and one by one where it has none; returns how many were accepted.
template <class Q>
std::size_t push_some(typename Q::Producer& producer, std::span<const typename Q::Item> items) {
  if constexpr (PushesSome<Q>) {
    return producer.push_some(items);
  } else {
    std::size_t accepted = 0;
    while (accepted < items.size() && producer.try_push(items[accepted])) ++accepted;
    return accepted;
  }
}

/// The items of one producer arrive in order. Of a queue that has a kLanes only every kLanes'th of them does: the first,
/// the one kLanes later and so on; likewise the second, ...
template <class Q>
inline constexpr std::size_t kLanesOf = 1;
template <class Q>
  requires requires { Q::kLanes; }
inline constexpr std::size_t kLanesOf<Q> = Q::kLanes;

/// Base of the placeholder for a contender whose library was not found when the benchmarks were built.
struct Absent {};

/// The contenders of a scenario.
template <class... Contenders>
struct Roster {};

/// What the consumer asks for by one call, unless its scenario says otherwise.
inline constexpr std::size_t kMostPerCall = 64;

/// A library that hands over copies fills an array of this many items at most: 16 KiB of them, or kMostPerCall if that is
/// more.
template <class Item>
inline constexpr std::size_t kMostPerCopy = std::max<std::size_t>(kMostPerCall, 16384 / sizeof(Item));

/// Lets pop(items) fill the front of such an array, and hands `take` what it says it has put there. Inlined, as consume()
/// would be without it.
template <class Item, class Pop, class Take>
[[gnu::always_inline]] inline std::size_t take_copies(std::size_t most, Pop&& pop, Take&& take) {
  std::array<Item, kMostPerCopy<Item>> items;
  const std::size_t got = pop(std::span<Item>(items).first(std::min(most, items.size())));
  for (std::size_t i = 0; i < got; ++i) take(items[i]);
  return got;
}

}  // namespace bench
