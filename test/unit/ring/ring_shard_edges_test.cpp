// Where a shard's parts meet: reads that span what was known and what is new, requests beyond all bounds, and fills that
// break the rules.

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "../../support/death.hpp"
#include "../../support/elements.hpp"
#include "../../support/shapes.hpp"

using whorl_test::Tracked;

TEST_CASE_TEMPLATE("RingShard: a read finds all there is, also what came after the last look", Shape,
                   WHORL_TEST_SHAPES) {
  typename Shape::template Shard<std::uint64_t> shard(64);
  std::uint64_t next = 0;
  for (int i = 0; i < 10; ++i) REQUIRE(shard.try_write(next++));
  std::uint64_t expected = 0;
  const auto use = [&](std::uint64_t item) { CHECK(item == expected++); };
  CHECK(shard.try_consume(use, 4) == 4);
  for (int i = 0; i < 10; ++i) REQUIRE(shard.try_write(next++));
  CHECK(shard.try_consume(use, 100) == 16);
}

TEST_CASE_TEMPLATE("RingShard: a request for more than it holds writes and reads what it holds", Shape,
                   WHORL_TEST_SHAPES) {
  constexpr std::size_t kEndless = std::numeric_limits<std::size_t>::max();
  typename Shape::template Shard<std::uint64_t> shard(4);
  CHECK(shard.try_fill(kEndless, [](std::size_t k) { return std::uint64_t{k}; }) == 4);
  CHECK(shard.try_fill(kEndless, [](std::size_t k) { return std::uint64_t{k}; }) == 0);
  std::uint64_t expected = 0;
  CHECK(shard.try_consume([&](std::uint64_t item) { CHECK(item == expected++); }, kEndless) == 4);
}

TEST_CASE("RingShard: a tombstone is not counted as delivered, asked in the middle of a visit") {
  whorl::RingShard<Tracked> shard(8);
  Tracked::fail_after(0);
  const Tracked item(1);
  CHECK_THROWS_AS(shard.try_write(item), whorl_test::CopyFailed);
  Tracked::never_fail();
  for (int i = 0; i < 4; ++i) REQUIRE(shard.try_write(item));
  std::uint64_t finished = 0;
  shard.try_consume([&](Tracked&) { CHECK(shard.stats().delivered <= finished++); }, 8);
  CHECK(shard.stats() == whorl::RingStats{.accepted = 4, .refused = 0, .delivered = 4, .tombstones = 1});
}

TEST_CASE("RingShard: a fill that writes to its own exclusive shard is stopped" * doctest::skip(!WHORL_CHECKED)) {
  const std::string words = whorl_test::dying_words([] {
    whorl::RingShard<std::uint64_t, whorl::Exclusive> shard(8);
    shard.try_fill(1, [&](std::size_t) {
      (void)shard.try_write(std::uint64_t{2});
      return std::uint64_t{1};
    });
  });
  CHECK(words.find("not while an item is being built") != std::string::npos);
}

TEST_CASE("ShardedRing: a batch may be a vector, an array or a span of either") {
  whorl::ShardedRing<std::uint64_t> ring(16, 1);
  const std::vector<std::uint64_t> vector{1, 2};
  std::array<std::uint64_t, 2> array{3, 4};
  CHECK(ring.try_write_some(0, vector) == 2);
  CHECK(ring.try_write_some(0, array) == 2);
  CHECK(ring.try_write_some(0, std::span(array)) == 2);
  CHECK(ring.stats().accepted == 6);
}

TEST_CASE("ShardedRing: an item may be written as a list in braces, and nothing that does not convert is taken") {
  struct Point {
    int x, y;
  };
  whorl::ShardedRing<Point> ring(4, 1);
  REQUIRE(ring.try_write(0, {1, 2}));
  CHECK(ring.try_read().value().y == 2);
  constexpr auto takes = []<class R, class V>(R& to, V value) { return requires { to.try_write(0, value); }; };
  CHECK_FALSE(takes(ring, 3));
  whorl::ShardedRing<std::vector<int>> vectors(4, 1);
  CHECK_FALSE(takes(vectors, 5));  // five zeros would be nobody's idea of it
}

TEST_CASE("ShardedRing: pauses that would make a read wait are refused") {
  using Ring = whorl::ShardedRing<int>;
  CHECK_NOTHROW(Ring(4, 1, {.edge_pauses = 1024}));
  CHECK_THROWS_WITH_AS(Ring(4, 1, {.edge_pauses = 1025}),
                       "ShardedRing: edge_pauses 1025 would make a read wait: use 1024 or fewer",
                       std::invalid_argument);
}
