#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "../../support/allocations.hpp"
#include "../../support/elements.hpp"
#include "../../support/scale.hpp"
#include "../../support/shapes.hpp"

using whorl::RingStats;
using whorl_test::SharedInline;
using whorl_test::Writers;
using Numbers = std::vector<std::uint64_t>;

namespace {

template <class S>
using Ring = typename S::template Ring<std::uint64_t>;

template <class R>
Numbers read(R& ring, std::size_t most) {
  Numbers values(most);
  values.resize(ring.try_read_some(std::span(values)));
  return values;
}

}  // namespace

static_assert(!std::is_copy_constructible_v<Ring<SharedInline>> && !std::is_move_constructible_v<Ring<SharedInline>>,
              "producers hold references to a ring: it stays where it is");

TEST_CASE_TEMPLATE("ShardedRing: an item written is the item read, and then there is none", S, WHORL_TEST_SHAPES) {
  Ring<S> ring(8, 2);
  Writers writers(ring);
  CHECK(ring.try_read() == std::nullopt);
  CHECK(writers.try_write(1, std::uint64_t{42}));
  CHECK(ring.try_read() == 42);
  CHECK(ring.try_read() == std::nullopt);
}

TEST_CASE_TEMPLATE("ShardedRing: says its sizes, and holds exactly its share of the capacity in each shard", S,
                   WHORL_TEST_SHAPES) {
  for (const std::size_t shards : {1u, 2u, 8u}) {
    for (const std::size_t each : {1u, 4u}) {
      CAPTURE(shards);
      CAPTURE(each);
      Ring<S> ring(shards * each, shards);
      CHECK(ring.capacity() == shards * each);
      CHECK(ring.shard_count() == shards);
      Writers writers(ring);
      for (std::size_t shard = 0; shard < shards; ++shard) {
        for (std::size_t i = 0; i < each; ++i) CHECK(writers.try_write(shard, std::uint64_t{i}));
        CHECK_FALSE(writers.try_write(shard, std::uint64_t{0}));
        CHECK(ring.size_approx() == (shard + 1) * each);
      }
      CHECK(read(ring, 100).size() == shards * each);
      CHECK(ring.size_approx() == 0);
    }
  }
}

TEST_CASE_TEMPLATE("ShardedRing: the low bits of the producer id choose the shard, for ids up to 2^64 - 1", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  for (const std::uint64_t id :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{4}, std::uint64_t{1023},
        std::uint64_t{1} << 32, (std::uint64_t{1} << 63) + 2, UINT64_MAX}) {
    CAPTURE(id);
    Ring<S> ring(16, 4);
    const Numbers batch{8, 9};
    CHECK(ring.try_write(id, std::uint64_t{7}));
    CHECK(ring.try_write_some(id, std::span(batch)) == 2);
    for (std::size_t shard = 0; shard < 4; ++shard) {
      CHECK(ring.stats(shard).accepted == (shard == (id & 3) ? 3 : 0));
    }
  }
}

TEST_CASE_TEMPLATE("ShardedRing: a batch writes what finds room, and an empty batch is neither written nor refused", S,
                   WHORL_TEST_SHAPES) {
  Ring<S> ring(8, 2);
  Writers writers(ring);
  Numbers values{1, 2, 3, 4, 5, 6};
  CHECK(writers.try_write_some(0, std::span(values)) == 4);
  CHECK(writers.try_write_some(0, std::span<const std::uint64_t>()) == 0);
  CHECK(ring.stats().refused == 2);
  CHECK(writers.try_write_some(0, std::span<const std::uint64_t>(values)) == 0);
  CHECK(ring.stats().refused == 2 + 6);
  CHECK(read(ring, 0).empty());
  CHECK(read(ring, 3) == Numbers{1, 2, 3});
  CHECK(writers.try_write_some(0, std::span(values)) == 3);  // around the wrap
  CHECK(read(ring, 10) == Numbers{4, 1, 2, 3});
  CHECK(values == Numbers{1, 2, 3, 4, 5, 6});
}

TEST_CASE("ShardedRing: a batch may be a span whose length the compiler knows, as std::span(array) is") {
  constexpr auto takes = []<class R>(R& ring, auto span) { return requires { ring.try_write_some(0, span); }; };
  Ring<SharedInline> ring(8, 2);
  std::array<std::uint64_t, 2> values{1, 2};
  CHECK(takes(ring, std::span<std::uint64_t>(values)));
  CHECK(takes(ring, std::span(values)));
}

TEST_CASE_TEMPLATE("ShardedRing: move-only items are read singly, in batches and in place", S, WHORL_TEST_SHAPES) {
  using Pointer = std::unique_ptr<std::uint64_t>;
  typename S::template Ring<Pointer> ring(4, 1);
  Writers writers(ring);
  for (std::uint64_t n = 0; n < 4; ++n) CHECK(writers.try_write(0, std::make_unique<std::uint64_t>(n)));
  auto kept = std::make_unique<std::uint64_t>(9);
  CHECK_FALSE(writers.try_write(0, std::move(kept)));
  REQUIRE(kept != nullptr);
  const std::optional<Pointer> first = ring.try_read();
  REQUIRE(first.has_value());
  CHECK(**first == 0);
  std::array<Pointer, 2> two;
  REQUIRE(ring.try_read_some(std::span(two)) == 2);
  CHECK(*two[0] + *two[1] == 3);
  CHECK(ring.try_consume([](Pointer& value) { CHECK(*value == 3); }, 1) == 1);
}

TEST_CASE_TEMPLATE("ShardedRing: items that cannot be assigned can still be read", S, WHORL_TEST_SHAPES) {
  typename S::template Ring<whorl_test::Constant> ring(4, 1);
  Writers writers(ring);
  CHECK(writers.try_write(0, whorl_test::Constant(7)));
  const auto item = ring.try_read();
  REQUIRE(item.has_value());
  CHECK(item->number == 7);
}

TEST_CASE_TEMPLATE("ShardedRing: its shards begin at the first position they are told, wherever it lies", S,
                   WHORL_TEST_SHAPES) {
  for (const whorl::Position first : {whorl::Position{1} << 31, whorl::Position{1} << 32, whorl::Position{1} << 62,
                                      whorl::Position{1} << 63, ~whorl::Position{0}}) {
    CAPTURE(first);
    Ring<S> ring(8, 2, {.quota = 3, .first_position = first - 2});
    Writers writers(ring);
    for (std::uint64_t n = 0; n < 40; ++n) {
      CHECK(writers.try_write(n % 2, std::uint64_t{n}));
      CHECK(ring.try_read() == n);
    }
    ring.close();
    CHECK_FALSE(writers.try_write(0, std::uint64_t{0}));
    writers.give_back();
    CHECK(ring.is_drained());
    CHECK(ring.stats() == RingStats{40, 1, 40, 0});
  }
}

TEST_CASE_TEMPLATE("ShardedRing: closed, it refuses on every shard and is drained after the last item of all", S,
                   WHORL_TEST_SHAPES) {
  Ring<S> ring(8, 4);
  Writers writers(ring);
  for (std::size_t shard = 0; shard < 4; ++shard) CHECK(writers.try_write(shard, std::uint64_t{shard}));
  CHECK_FALSE(ring.is_closed());
  ring.close();
  ring.close();
  CHECK(ring.is_closed());
  for (std::size_t shard = 0; shard < 4; ++shard) CHECK_FALSE(writers.try_write(shard, std::uint64_t{9}));
  writers.give_back();
  for (std::uint64_t n = 0; n < 4; ++n) {
    CHECK_FALSE(ring.is_drained());
    CHECK(ring.try_read() == n);
  }
  CHECK(ring.is_drained());
  CHECK(ring.stats() == RingStats{4, 4, 4, 0});
}

TEST_CASE_TEMPLATE("ShardedRing: counts per shard, and the totals are their sums", S, WHORL_TEST_SHAPES) {
  Ring<S> ring(16, 4);
  Writers writers(ring);
  std::array<std::uint64_t, 4> offered{};
  for (std::size_t shard = 0; shard < 4; ++shard) {
    for (std::size_t i = 0; i < shard * 2; ++i, ++offered[shard]) (void)writers.try_write(shard, std::uint64_t{i});
  }
  CHECK(read(ring, 5).size() == 5);
  RingStats sum;
  for (std::size_t shard = 0; shard < 4; ++shard) {
    const RingStats stats = ring.stats(shard);
    CHECK(stats.accepted + stats.refused == offered[shard]);
    CHECK(stats.tombstones == 0);
    sum += stats;
  }
  CHECK(ring.stats() == sum);
  CHECK(sum.refused == 2);
  CHECK(sum.delivered == 5);
  CHECK(sum.accepted - sum.delivered == ring.size_approx());
}

TEST_CASE_TEMPLATE("ShardedRing: counts a tombstone in the shard where the copy failed", S, WHORL_TEST_SHAPES_BY_ID) {
  typename S::template Ring<whorl_test::Tracked> ring(16, 4);
  const whorl_test::Tracked item(1);
  CHECK(ring.try_write(2, item));
  whorl_test::Tracked::fail_after(0);
  CHECK_THROWS_AS((void)ring.try_write(2, item), whorl_test::CopyFailed);
  whorl_test::Tracked::never_fail();
  CHECK(ring.stats(2) == RingStats{1, 0, 0, 1});
  CHECK(ring.stats() == RingStats{1, 0, 0, 1});
  CHECK(ring.try_consume([](whorl_test::Tracked&) {}, 10) == 1);
  CHECK(ring.stats() == RingStats{1, 0, 1, 1});
}

TEST_CASE_TEMPLATE("ShardedRing: allocates nothing between construction and destruction, and leaves nothing behind" *
                       doctest::skip(!whorl_test::kCountsAllocations),
                   S, WHORL_TEST_SHAPES) {
  const std::uint64_t live = whorl_test::allocations().live();
  {
    Ring<S> ring(1024, 4);
    Writers writers(ring);
    const whorl_test::Allocations before = whorl_test::allocations();
    const std::uint64_t items = whorl_test::scaled(1'000'000);
    std::uint64_t written = 0, sum = 0;
    while (written < items) {
      for (std::size_t shard = 0; shard < 4; ++shard) {
        while (writers.try_write(shard, written)) ++written;
      }
      ring.try_consume([&](std::uint64_t value) { sum += value; }, 1000);
      while (const auto value = ring.try_read()) sum += *value;
    }
    const bool none = whorl_test::allocations() == before;
    CHECK(none);
    CHECK(sum == written * (written - 1) / 2);
  }
  CHECK(whorl_test::allocations().live() == live);
}

TEST_CASE("ShardedRing: a handler that throws leaves the ring readable, and so does writing from a handler") {
  Ring<SharedInline> ring(4, 1);
  CHECK(ring.try_write(0, std::uint64_t{1}));
  const auto fail = [](std::uint64_t) { throw 7; };
  CHECK_THROWS_AS(ring.try_consume(fail, 1), int);
  CHECK(ring.try_write(0, std::uint64_t{2}));
  CHECK(ring.try_consume([&](std::uint64_t value) { CHECK(ring.try_write(0, value + 1)); }, 1) == 1);
  CHECK(ring.try_read() == 3);
}
