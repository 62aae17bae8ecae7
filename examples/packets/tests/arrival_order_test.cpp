#include <doctest/doctest.h>

#include "../live.hpp"

namespace {
using namespace packets;
constexpr std::int64_t kStart = 1'700'000'000'000'000'000;
}  // namespace

TEST_CASE("ArrivalOrder: what came earlier is before what came later, whichever feeds they came to") {
  ArrivalOrder first(kStart, 0);
  ArrivalOrder last(kStart, 255);
  const std::uint64_t a = last.take(kStart + 10);
  const std::uint64_t b = first.take(kStart + 11);
  const std::uint64_t c = last.take(kStart + 12);
  CHECK(a < b);
  CHECK(b < c);
  CHECK(last.time_ns(a) == kStart + 10);
  CHECK(first.time_ns(b) == kStart + 11);
  CHECK(last.time_ns(c) == kStart + 12);
}

TEST_CASE("ArrivalOrder: packets of one time have different places") {
  ArrivalOrder feeds[] = {{kStart, 0}, {kStart, 1}, {kStart, 2}};
  std::uint64_t before = feeds[0].take(kStart + 5);
  for (int i = 1; i < 9; ++i) {
    const std::uint64_t order = feeds[i % 3].take(kStart + 5);
    CHECK(order > before);
    before = order;
  }
}

TEST_CASE("ArrivalOrder: what came before the start came at the start") {
  ArrivalOrder feed(kStart, 3);
  CHECK(feed.take(kStart - 1'000'000) == 3);
  CHECK(feed.take(-kStart) == 3 + 256);
  CHECK(feed.take(kStart + 7) == 7 * 256 + 3);
}

TEST_CASE("ArrivalOrder: a clock that is set back does not turn the order round") {
  ArrivalOrder feed(kStart, 1);
  const std::uint64_t before = feed.take(kStart + 5000);
  const std::uint64_t back = feed.take(kStart + 1000);
  CHECK(back == before + 256);
  CHECK(feed.time_ns(back) == kStart + 5001);
  CHECK(feed.take(kStart + 5001) == back + 256);
  CHECK(feed.time_ns(feed.take(kStart + 6000)) == kStart + 6000);
}

TEST_CASE("ArrivalOrder: two years after the start there are places left") {
  constexpr std::int64_t kTwoYears = 2 * 366 * std::int64_t{86'400'000'000'000};
  ArrivalOrder feed(kStart, 255);
  const std::uint64_t order = feed.take(kStart + kTwoYears);
  CHECK(feed.time_ns(order) == kStart + kTwoYears);
  CHECK(feed.take(kStart + kTwoYears) > order);
}
