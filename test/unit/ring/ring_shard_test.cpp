#include <doctest/doctest.h>

#include <cstdint>
#include <new>
#include <string>
#include <vector>

#include "../../support/allocations.hpp"
#include "../../support/message.hpp"
#include "../../support/shapes.hpp"

using whorl::Position;
using Numbers = std::vector<std::uint64_t>;

namespace {

template <class Shard>
Numbers read(Shard& shard, std::size_t most) {
  Numbers values;
  const std::size_t n = shard.try_consume([&](std::uint64_t value) { values.push_back(value); }, most);
  CHECK(n == values.size());
  return values;
}

template <class Shard>
std::size_t write_all(Shard& shard, const Numbers& values) {
  return shard.try_fill(values.size(), [&](std::size_t k) { return values[k]; });
}

Numbers row(std::uint64_t first, std::size_t n) {
  Numbers values(n);
  for (std::size_t k = 0; k < n; ++k) values[k] = first + k;
  return values;
}

const Position kFirsts[] = {0,
                            (Position{1} << 31) - 5,
                            (Position{1} << 32) - 5,
                            (Position{1} << 62) - 5,
                            (Position{1} << 63) - 5,
                            (Position{1} << 63) + 3,
                            ~Position{0} - 4};

}  // namespace

TEST_CASE_TEMPLATE("RingShard: holds exactly its capacity, and one more for each that is read", S, WHORL_TEST_SHAPES) {
  for (const std::size_t capacity : {1u, 2u, 4u, 64u, 1024u}) {
    CAPTURE(capacity);
    typename S::template Shard<std::uint64_t> shard(capacity);
    std::uint64_t written = 0, expected = 0;
    for (; written < capacity; ++written) REQUIRE(shard.try_write(written));
    for (std::size_t i = 0; i < 2 * capacity; ++i) {
      REQUIRE_FALSE(shard.try_write(written));
      REQUIRE(read(shard, 1) == Numbers{expected++});
      REQUIRE(shard.try_write(written++));
    }
    CHECK(shard.capacity() == capacity);
    CHECK(shard.stats().refused == 2 * capacity);
  }
}

TEST_CASE_TEMPLATE("RingShard: keeps order over many laps from any first position, singles and batches", S,
                   WHORL_TEST_SHAPES) {
  for (const Position first : kFirsts) {
    for (const std::size_t capacity : {1u, 2u, 8u}) {
      CAPTURE(first);
      CAPTURE(capacity);
      typename S::template Shard<std::uint64_t> shard(capacity, first);
      std::uint64_t written = 0, expected = 0;
      for (std::size_t round = 0; round < 20; ++round) {
        const std::size_t batch = 1 + round % capacity;
        REQUIRE(write_all(shard, row(written, batch)) == batch);
        written += batch;
        CHECK(shard.size_approx() == batch);
        REQUIRE(read(shard, SIZE_MAX) == row(expected, batch));
        expected += batch;
        CHECK(shard.size_approx() == 0);
      }
      CHECK(shard.stats() == whorl::RingStats{written, 0, written, 0});
    }
  }
}

TEST_CASE_TEMPLATE("RingShard: a batch larger than the room writes what fits, in order, across the wrap", S,
                   WHORL_TEST_SHAPES) {
  for (std::size_t offset = 0; offset < 8; ++offset) {
    CAPTURE(offset);
    typename S::template Shard<std::uint64_t> shard(8);
    REQUIRE(write_all(shard, row(100, offset)) == offset);
    REQUIRE(read(shard, 8).size() == offset);
    REQUIRE(write_all(shard, row(0, 3)) == 3);
    CHECK(write_all(shard, row(3, 20)) == 5);
    CHECK(write_all(shard, row(8, 20)) == 0);
    CHECK(read(shard, 100) == row(0, 8));
  }
}

TEST_CASE_TEMPLATE("RingShard: an empty batch writes nothing and is not a refusal, full or not", S, WHORL_TEST_SHAPES) {
  typename S::template Shard<std::uint64_t> shard(2);
  CHECK(write_all(shard, {}) == 0);
  REQUIRE(write_all(shard, {1, 2}) == 2);
  CHECK(write_all(shard, {}) == 0);
  CHECK(shard.stats().refused == 0);
  CHECK(read(shard, 0).empty());
  CHECK(read(shard, 2) == Numbers{1, 2});
}

TEST_CASE_TEMPLATE("RingShard: room that a long visit has given back can be written from inside it", S,
                   WHORL_TEST_SHAPES) {
  typename S::template Shard<std::uint64_t> shard(64);
  REQUIRE(write_all(shard, row(0, 64)) == 64);
  const auto use = [&](std::uint64_t value) {
    if (value == 7) CHECK_FALSE(shard.try_write(std::uint64_t{64}));  // the first eighth is not yet given back
    if (value == 8) CHECK(shard.try_write(std::uint64_t{64}));
  };
  CHECK(shard.try_consume(use, 64) == 64);
  CHECK(read(shard, 64) == Numbers{64});
}

TEST_CASE_TEMPLATE("RingShard: a handler that throws has used its item; room comes back and the ring goes on", S,
                   WHORL_TEST_SHAPES) {
  for (const std::size_t capacity : {1u, 8u, 64u}) {
    typename S::template Shard<std::uint64_t> shard(capacity);
    for (std::uint64_t bad = 0; bad < capacity; ++bad) {
      CAPTURE(bad);
      REQUIRE(write_all(shard, row(0, capacity)) == capacity);
      const auto use = [bad](std::uint64_t value) {
        if (value == bad) throw 7;
      };
      CHECK_THROWS_AS(shard.try_consume(use, capacity), int);
      CHECK(shard.size_approx() == capacity - bad - 1);
      CHECK(read(shard, capacity) == row(bad + 1, capacity - bad - 1));
    }
    const std::uint64_t all = capacity * capacity;
    CHECK(shard.stats() == whorl::RingStats{all, 0, all, 0});
  }
}

TEST_CASE_TEMPLATE("RingShard: closed, it refuses every write, gives out what it has, and only then is drained", S,
                   WHORL_TEST_SHAPES) {
  for (const Position first : kFirsts) {
    CAPTURE(first);
    typename S::template Shard<std::uint64_t> shard(8, first);
    REQUIRE(write_all(shard, row(0, 3)) == 3);
    CHECK_FALSE(shard.is_closed());
    CHECK_FALSE(shard.is_drained());
    for (int i = 0; i < 2; ++i) {  // closing twice is closing once
      shard.close();
      CHECK(shard.is_closed());
      CHECK_FALSE(shard.try_write(std::uint64_t{3}));
      CHECK(write_all(shard, row(3, 8)) == 0);
      CHECK(shard.size_approx() == 3);
    }
    CHECK(read(shard, 2) == row(0, 2));
    CHECK_FALSE(shard.is_drained());
    CHECK(read(shard, 8) == Numbers{2});
    CHECK(shard.is_drained());
    CHECK(shard.stats() == whorl::RingStats{3, 2 * (1 + 8), 3, 0});
  }
}

TEST_CASE_TEMPLATE("RingShard: an empty shard is drained once it is closed, and not before", S, WHORL_TEST_SHAPES) {
  typename S::template Shard<std::uint64_t> shard(1);
  CHECK_FALSE(shard.is_drained());
  shard.close();
  CHECK(shard.is_drained());
}

TEST_CASE_TEMPLATE("RingShard: a capacity that is no power of two is refused before anything is allocated", S,
                   WHORL_TEST_SHAPES) {
  using Shard = typename S::template Shard<std::uint64_t>;
  const std::uint64_t before = whorl_test::allocations().aligned;
  // Opaque: the compiler would otherwise warn of a capacity that it knows.
  const auto refusal = [](std::size_t capacity) {
    return whorl_test::refusal_of([=] { Shard shard(whorl::sync::opaque(capacity)); });
  };
  CHECK(refusal(0) == "RingShard: capacity 0 is not a power of two: use 1 or more");
  CHECK(refusal(1000) == "RingShard: capacity 1000 is not a power of two: use 512 or 1024");
  CHECK(refusal(SIZE_MAX) ==
        "RingShard: capacity 18446744073709551615 is too large (was it negative?): use 281474976710656 or less");
  CHECK(whorl_test::allocations().aligned == before);
}

TEST_CASE_TEMPLATE("RingShard: more memory than there is gives std::bad_alloc" *
                       doctest::skip(!whorl_test::kCountsAllocations),
                   S, WHORL_TEST_SHAPES) {
  using Shard = typename S::template Shard<std::uint64_t>;
  CHECK_THROWS_AS(Shard(whorl::sync::opaque(whorl::kMaxCapacity)), std::bad_alloc);
}
