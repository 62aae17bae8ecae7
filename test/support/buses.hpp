#pragma once
// Buses of both kinds, as types for TEST_CASE_TEMPLATE; what they carry; a log of what a subscriber has seen.

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>
#include <whorl/bus/event_bus.hpp>

#include "sleep_at_once.hpp"

namespace whorl_test {

struct Order {
  std::uint64_t number = 0;
  std::uint64_t checked = 0;  // left here by a subscriber
};
struct Fill {
  std::uint64_t number = 0;
};
struct Risk {
  std::uint64_t number = 0;
};

template <class K>
struct BusOf {
  static constexpr bool kShared = K::Claim::kShared;
  template <class... Es>
  using Of = whorl::EventBus<whorl::Topics<Es...>, K, SleepAtOnce>;
};
#define WHORL_TEST_BUSES whorl_test::BusOf<whorl::Single>, whorl_test::BusOf<whorl::Multi>

/// A publisher of either kind; of the one kind none once the bus is closed.
template <class Bus>
std::optional<typename Bus::Publisher> try_publisher_of(Bus& bus) {
  return bus.publisher();
}
template <class Bus>
typename Bus::Publisher publisher_of(Bus& bus) {
  return std::move(try_publisher_of(bus).value());
}

/// What a subscriber has seen: numbers, a topic's digit before each.
struct Log {
  std::vector<std::uint64_t> seen = {};

  static constexpr std::uint64_t key(const Order& order) { return 1'000'000'000 + order.number; }
  static constexpr std::uint64_t key(const Fill& fill) { return 2'000'000'000 + fill.number; }
  static constexpr std::uint64_t key(const Risk& risk) { return 3'000'000'000 + risk.number; }

  template <class E>
  void operator()(const E& event) {
    seen.push_back(key(event));
  }
  /// Of one topic only.
  std::vector<std::uint64_t> of(std::uint64_t topic) const {
    std::vector<std::uint64_t> some;
    for (const std::uint64_t one : seen) {
      if (one / 1'000'000'000 == topic) some.push_back(one);
    }
    return some;
  }
};

}  // namespace whorl_test
