#pragma once
// Contender: the one face behind which every queue stands.

#include <concepts>
#include <cstddef>
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

/// The items that a `bulk` contender hands over by one call of its library go through an array of this size at most.
inline constexpr std::size_t kMostPerCall = 64;

}  // namespace bench
