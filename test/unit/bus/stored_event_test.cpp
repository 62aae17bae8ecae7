#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <whorl/bus/stored_event.hpp>

#include "../../support/elements.hpp"

using namespace whorl_test;
using whorl::StoredEvent;

namespace {

struct Pair {
  int one;
  int two;
};
struct Fixed {  // neither copied nor moved
  explicit Fixed(int n) : number(n) {}
  Fixed(const Fixed&) = delete;
  Fixed& operator=(const Fixed&) = delete;
  int number;
};

}  // namespace

TEST_CASE("StoredEvent: holds what was put there last, and nothing before") {
  StoredEvent<Pair, std::string> stored;
  CHECK_FALSE(stored.has_value());
  CHECK(stored.get_if<Pair>() == nullptr);
  CHECK_FALSE(stored.visit([](auto&) {}));
  CHECK(stored.emplace<Pair>(1, 2).two == 2);  // an aggregate, in braces
  CHECK(stored.holds<Pair>());
  CHECK(stored.get_if<std::string>() == nullptr);
  stored = std::string("three");
  REQUIRE(stored.get_if<std::string>() != nullptr);
  CHECK(*stored.get_if<std::string>() == "three");
  const auto copy = stored;
  CHECK(*copy.get_if<std::string>() == "three");
  CHECK(*stored.get_if<std::string>() == "three");
  stored.reset();
  CHECK_FALSE(stored.has_value());
}

TEST_CASE("StoredEvent: calls with the topics that are asked for, and says so") {
  StoredEvent<int, long, std::string> stored;
  stored = 7L;
  int ints = 0, longs = 0;
  const auto count = [&](auto& event) {
    if constexpr (std::is_same_v<decltype(event), int&>) ++ints;
    if constexpr (std::is_same_v<decltype(event), long&>) longs += static_cast<int>(event);
  };
  CHECK_FALSE(stored.visit_if<int>(count));
  CHECK_FALSE(stored.visit_if<int, std::string>(count));
  CHECK(longs == 0);
  CHECK(stored.visit_if<int, long>(count));
  CHECK(stored.visit(count));
  CHECK(ints == 0);
  CHECK(longs == 14);
}

TEST_CASE(
    "StoredEvent: what lies there is destroyed once, before the next is built, and nothing is left by a failure") {
  Tracked::never_fail();
  {
    StoredEvent<Tracked, int> stored;
    stored.emplace<Tracked>(1u);
    CHECK(Tracked::live == 1);
    stored.emplace<Tracked>(2u);
    CHECK(Tracked::live == 1);
    stored = 3;
    CHECK(Tracked::live == 0);
    stored.emplace<Tracked>(4u);
    const Tracked other(5);
    Tracked::fail_after(0);
    CHECK_THROWS_AS(stored = other, CopyFailed);
    Tracked::never_fail();
    CHECK(Tracked::live == 1);  // `other`
    CHECK_FALSE(stored.has_value());
    stored.emplace<Tracked>(6u);
    CHECK(Tracked::live == 2);
  }
  CHECK(Tracked::live == 0);
}

TEST_CASE("StoredEvent: events that only move, that do not move, that hide their address") {
  StoredEvent<std::unique_ptr<int>, Fixed, Addressless> stored;
  stored = std::make_unique<int>(1);
  CHECK(**stored.get_if<std::unique_ptr<int>>() == 1);
  stored.emplace<Fixed>(2);
  CHECK(stored.get_if<Fixed>()->number == 2);
  stored.emplace<Addressless>(3u);
  std::uint64_t seen = 0;
  CHECK(stored.visit_if<Addressless>([&](const Addressless& event) { seen = event.number; }));
  CHECK(seen == 3);
  static_assert(!std::is_copy_constructible_v<StoredEvent<std::unique_ptr<int>>>);
  static_assert(std::is_nothrow_move_constructible_v<StoredEvent<std::unique_ptr<int>, Pair>>);
  static_assert(std::is_trivially_destructible_v<StoredEvent<Pair, int>>);
}

TEST_CASE("StoredEvent: an event of the default size shares a line with its stamp") {
  struct Largest {
    std::uint64_t words[6];
  };
  static_assert(sizeof(Largest) == whorl::kMostEventBytes);
  CHECK(sizeof(StoredEvent<Largest, int>) + sizeof(std::uint64_t) == 64);
  CHECK(sizeof(StoredEvent<std::uint64_t, int>) == 16);  // no larger than what it carries
}
