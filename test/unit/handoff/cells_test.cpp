#include <doctest/doctest.h>

#include <memory>
#include <whorl/handoff/cells.hpp>

#include "../../support/elements.hpp"

using whorl::detail::Storage;
using whorl_test::Tracked;

static_assert(alignof(Storage<whorl_test::Aligned<4096>>) == 4096 && sizeof(Storage<char>) == 1,
              "storage is as large and as aligned as what it holds");

TEST_CASE("Storage: holds nothing until it is built, and nothing once it is consumed") {
  const std::int64_t live = Tracked::live;
  {
    Storage<Tracked> storage;
    CHECK(Tracked::live == live);
    storage.build([] { return Tracked(5); });
    CHECK(Tracked::live == live + 1);
    std::uint64_t seen = 0;
    storage.consume([&](Tracked& value) { seen = value.number; });
    CHECK(seen == 5);
    CHECK(Tracked::live == live);
  }
  CHECK(Tracked::live == live);
}

TEST_CASE("Storage: destroys what it holds even when its user throws") {
  const std::int64_t live = Tracked::live;
  Storage<Tracked> storage;
  storage.build([] { return Tracked(5); });
  CHECK_THROWS_AS(storage.consume([](Tracked&) { throw 7; }), int);
  CHECK(Tracked::live == live);
}

TEST_CASE("Storage: builds a value that can neither be copied nor moved") {
  struct Fixed {
    explicit Fixed(int n) : number(n) {}
    Fixed(const Fixed&) = delete;
    int number;
  };
  Storage<Fixed> storage;
  storage.build([](int n) { return Fixed(n); }, 6);
  int seen = 0;
  storage.consume([&](Fixed& value) { seen = value.number; });
  CHECK(seen == 6);
}
