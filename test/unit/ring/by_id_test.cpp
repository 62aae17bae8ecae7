// Writing by producer id, all or nothing, and by lot.

#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <vector>

#include "../../support/shapes.hpp"

using whorl::ShardChoice;
using whorl::WritePolicy;
using whorl::WriteResult;
using whorl::WriteWait;
using Numbers = std::vector<std::uint64_t>;

namespace {

template <class S>
using Ring = typename S::template Ring<std::uint64_t>;

template <class R>
Numbers read(R& ring) {
  Numbers values;
  ring.try_consume([&](std::uint64_t value) { values.push_back(value); }, SIZE_MAX);
  return values;
}

}  // namespace

TEST_CASE_TEMPLATE("ShardedRing: writes all or nothing, and more than a shard holds never", S, WHORL_TEST_SHAPES) {
  for (const std::size_t capacity : {1u, 4u}) {
    CAPTURE(capacity);
    Ring<S> ring(2 * capacity, 2);
    whorl_test::Writers writers(ring);
    const Numbers exact(capacity, 7), more(capacity + 1, 8);
    CHECK_FALSE(writers.try_write_all(1, std::span(more)));
    CHECK(ring.stats().accepted == 0);
    CHECK(ring.stats().refused == capacity + 1);
    CHECK(writers.try_write_all(1, std::span(exact)));
    CHECK_FALSE(writers.try_write_all(1, std::span(exact)));
    CHECK(ring.stats(1) == whorl::RingStats{capacity, 2 * capacity + 1, 0, 0});
    CHECK(read(ring) == exact);
    if (capacity > 1) {
      CHECK(writers.try_write(1, std::uint64_t{1}));
      CHECK_FALSE(writers.try_write_all(1, std::span(exact)));
      CHECK(writers.try_write_all(1, std::span(exact).first(capacity - 1)));  // around the wrap
      CHECK(read(ring).size() == capacity);
    }
  }
}

TEST_CASE_TEMPLATE("ShardedRing: all of nothing is written, whatever the state, and not counted", S,
                   WHORL_TEST_SHAPES) {
  Ring<S> ring(1, 1);
  whorl_test::Writers writers(ring);
  const std::span<const std::uint64_t> nothing;
  CHECK(writers.try_write_all(0, nothing));
  CHECK(writers.try_write(0, std::uint64_t{1}));
  CHECK(writers.try_write_all(0, nothing));
  CHECK(ring.stats() == whorl::RingStats{1, 0, 0, 0});
}

TEST_CASE_TEMPLATE("ShardedRing: a closed ring takes not even some", S, WHORL_TEST_SHAPES) {
  Ring<S> ring(4, 1);
  whorl_test::Writers writers(ring);
  ring.close();
  const Numbers values{1, 2};
  CHECK_FALSE(writers.try_write_all(0, std::span(values)));
  CHECK(writers.try_write_some(0, std::span(values)) == 0);
  CHECK(ring.stats().refused == 4);
}

TEST_CASE_TEMPLATE("ShardedRing: a write that may go elsewhere does, and is counted where the item lies", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  for (const ShardChoice choice : {ShardChoice::round_robin, ShardChoice::random}) {
    Ring<S> ring(4, 4);
    const WritePolicy policy{.shards = choice, .wait = WriteWait::none, .max_backoffs = 1};
    for (std::uint64_t n = 0; n < 4; ++n) CHECK(ring.write(2, n, policy) == WriteResult::ok);
    for (std::size_t shard = 0; shard < 4; ++shard) CHECK(ring.stats(shard).accepted == 1);
    CHECK(ring.write(2, std::uint64_t{4}, policy) == WriteResult::full);
    CHECK(ring.stats(2).refused == 1);
    CHECK(ring.stats().refused == 1);
    ring.close();
    CHECK(ring.write(2, std::uint64_t{4}, policy) == WriteResult::closed);
  }
}

TEST_CASE_TEMPLATE("ShardedRing: round robin begins at home, every time", S, WHORL_TEST_SHAPES_BY_ID) {
  Ring<S> ring(8, 4);
  const WritePolicy policy{.shards = ShardChoice::round_robin, .wait = WriteWait::none, .max_backoffs = 1};
  for (std::uint64_t n = 0; n < 5; ++n) CHECK(ring.write(3, n, policy) == WriteResult::ok);
  CHECK(ring.stats(3).accepted == 2);
  CHECK(ring.stats(0).accepted == 2);
  CHECK(ring.stats(1).accepted == 1);
}

TEST_CASE("write by lot: what finds no room at home goes to all the others alike") {
  whorl::ShardedRing<std::uint64_t> ring(8 * 4096, 8);
  while (ring.try_write(3, std::uint64_t{0})) {
  }
  const whorl::WritePolicy policy{
      .shards = whorl::ShardChoice::random, .wait = whorl::WriteWait::none, .max_backoffs = 1};
  for (std::uint64_t n = 0; n < 700; ++n) REQUIRE(ring.write(3, n, policy) == whorl::WriteResult::ok);
  for (std::size_t shard = 0; shard < 8; ++shard) {
    if (shard != 3) CHECK(ring.stats(shard).accepted > 0);
  }
}
