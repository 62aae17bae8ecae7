// Fair reading: shards take turns, whatever the others hold.

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "../../support/shapes.hpp"

using whorl_test::Writers;

namespace {

// Items are the number of the shard they are written to.
template <class S>
using Ring = typename S::template Ring<std::uint64_t>;
using Turns = std::vector<std::uint64_t>;

template <class R>
void fill(Writers<R>& writers, std::size_t shard, std::size_t items) {
  for (std::size_t i = 0; i < items; ++i) REQUIRE(writers.try_write(shard, std::uint64_t{shard}));
}

template <class R>
Turns read_in_one_call(R& ring, std::size_t most) {
  Turns turns;
  ring.try_consume([&](std::uint64_t shard) { turns.push_back(shard); }, most);
  return turns;
}

template <class R>
Turns read_singly(R& ring, std::size_t items) {
  Turns turns;
  for (std::size_t i = 0; i < items; ++i) turns.push_back(ring.try_read().value());
  return turns;
}

}  // namespace

TEST_CASE_TEMPLATE("ShardedRing: single reads go round all shards that hold items", S, WHORL_TEST_SHAPES) {
  Ring<S> ring(512, 8);
  Writers writers(ring);
  for (std::size_t shard = 0; shard < 8; ++shard) fill(writers, shard, 64);
  std::array<int, 8> served{};
  for (int round = 0; round < 32; ++round) {
    for (const std::uint64_t shard : read_singly(ring, 8)) ++served[shard];
    for (const int times : served) CHECK(times == round + 1);
  }
}

TEST_CASE_TEMPLATE("ShardedRing: two active shards of eight get every other read each, wherever they lie", S,
                   WHORL_TEST_SHAPES) {
  using Pair = std::array<std::size_t, 2>;
  for (const Pair active : {Pair{0, 1}, Pair{0, 7}, Pair{2, 5}, Pair{6, 7}}) {
    CAPTURE(active[0]);
    CAPTURE(active[1]);
    Ring<S> ring(128, 8);
    Writers writers(ring);
    fill(writers, active[0], 16);
    fill(writers, active[1], 16);
    const Turns turns = read_singly(ring, 32);
    for (std::size_t i = 1; i < turns.size(); ++i) CHECK(turns[i] != turns[i - 1]);
  }
}

TEST_CASE_TEMPLATE("ShardedRing: one call takes turns of at most the quota", S, WHORL_TEST_SHAPES) {
  Ring<S> ring(16, 2, {.quota = 2});
  Writers writers(ring);
  fill(writers, 0, 6);
  fill(writers, 1, 3);
  CHECK(read_in_one_call(ring, 100) == Turns{0, 0, 1, 1, 0, 0, 1, 0, 0});
}

TEST_CASE_TEMPLATE("ShardedRing: the next call begins after the shard served last", S, WHORL_TEST_SHAPES) {
  Ring<S> ring(32, 4, {.quota = 2});
  Writers writers(ring);
  for (std::size_t shard = 0; shard < 4; ++shard) fill(writers, shard, 4);
  CHECK(read_in_one_call(ring, 3) == Turns{0, 0, 1});
  CHECK(read_in_one_call(ring, 3) == Turns{2, 2, 3});
  CHECK(read_in_one_call(ring, 2) == Turns{0, 0});
  CHECK(read_in_one_call(ring, 1) == Turns{1});
}

TEST_CASE_TEMPLATE("ShardedRing: a call reaches `most` when one shard alone holds as much, however small the quota", S,
                   WHORL_TEST_SHAPES) {
  for (const std::size_t quota : {1u, 3u, 16u, 1000u}) {
    CAPTURE(quota);
    Ring<S> ring(64, 4, {.quota = quota});
    Writers writers(ring);
    fill(writers, 3, 16);
    CHECK(read_in_one_call(ring, 10).size() == 10);
    CHECK(read_in_one_call(ring, 100).size() == 6);
  }
}

TEST_CASE_TEMPLATE("ShardedRing: a handler that throws at every item of one shard does not starve the others", S,
                   WHORL_TEST_SHAPES) {
  for (const std::size_t most : {std::size_t{1}, std::size_t{2}, SIZE_MAX}) {
    CAPTURE(most);
    Ring<S> ring(64, 4, {.quota = 1});
    Writers writers(ring);
    for (std::size_t shard = 0; shard < 4; ++shard) fill(writers, shard, 16);
    std::array<std::int64_t, 4> served{};
    const auto use = [&](std::uint64_t shard) {
      ++served[shard];
      if (shard == 0) throw 7;
    };
    while (ring.size_approx() != 0) {
      try {
        ring.try_consume(use, most);
      } catch (int) {
      }
      for (const std::int64_t times : served) CHECK(served[0] - times <= 1);
    }
    for (const std::int64_t times : served) CHECK(times == 16);
  }
}
