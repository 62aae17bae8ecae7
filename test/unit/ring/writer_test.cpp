#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <utility>
#include <whorl/ring/sharded_ring.hpp>

#include "../../support/shapes.hpp"

using namespace std::chrono_literals;
using whorl::ShardChoice;
using whorl::WritePolicy;
using whorl::WriteResult;
using whorl::WriteWait;

namespace {

template <class S>
using Ring = typename S::template Ring<std::uint64_t>;

}  // namespace

TEST_CASE_TEMPLATE("Writer: writes to the shard of its id, and knows what it was made with", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  Ring<S> ring(16, 4);
  auto writer = ring.writer(6, WritePolicy::spin_then_yield());
  CHECK(writer.producer_id() == 6);
  CHECK(writer.policy().wait == WriteWait::yield);
  CHECK(writer.try_write(std::uint64_t{1}));
  CHECK(writer.write(std::uint64_t{2}) == WriteResult::ok);
  CHECK(ring.stats(2).accepted == 2);
  CHECK(ring.writer(1).policy().wait == WritePolicy{}.wait);
}

TEST_CASE_TEMPLATE("Writer: by affinity, a full shard is a refusal, which is counted once a write", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  Ring<S> ring(4, 2);
  auto writer = ring.writer(1, WritePolicy{.wait = WriteWait::none, .max_retries = 7, .max_backoffs = 3});
  for (std::uint64_t n = 0; n < 2; ++n) CHECK(writer.try_write(n));
  CHECK_FALSE(writer.try_write(std::uint64_t{2}));
  CHECK(writer.write(std::uint64_t{2}) == WriteResult::full);
  CHECK(ring.stats(1) == whorl::RingStats{2, 2, 0, 0, 2, 0});
  CHECK(ring.stats(0) == whorl::RingStats{});
}

TEST_CASE_TEMPLATE("Writer: round robin and by lot, it fills every shard before it is refused", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  for (const ShardChoice choice : {ShardChoice::round_robin, ShardChoice::random}) {
    for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{3}, UINT64_MAX}) {
      Ring<S> ring(16, 4);
      auto writer = ring.writer(id, WritePolicy{.shards = choice, .wait = WriteWait::none, .max_backoffs = 2});
      for (std::uint64_t n = 0; n < 4; ++n) CHECK(writer.try_write(n));
      CHECK(ring.stats(ring.shard_of(id)).accepted == 4);  // its own first
      for (std::uint64_t n = 4; n < 16; ++n) CHECK(writer.write(n) == WriteResult::ok);
      for (std::size_t shard = 0; shard < 4; ++shard) CHECK(ring.stats(shard).accepted == 4);
      CHECK_FALSE(writer.try_write(std::uint64_t{16}));
      CHECK(writer.write(std::uint64_t{16}) == WriteResult::full);
      CHECK(ring.stats().refused == 2);
      CHECK(ring.stats(ring.shard_of(id)).refused == 2);
    }
  }
}

TEST_CASE_TEMPLATE("Writer: by lot, what finds no room at home goes to all the others alike", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  Ring<S> ring(8 * 4096, 8);
  auto writer = ring.writer(3, WritePolicy{.shards = ShardChoice::random, .wait = WriteWait::none, .max_backoffs = 1});
  while (ring.try_write(3, std::uint64_t{0})) {
  }
  constexpr std::uint64_t kEach = 1000;
  for (std::uint64_t n = 0; n < 7 * kEach; ++n) REQUIRE(writer.try_write(n));
  for (std::size_t shard = 0; shard < 8; ++shard) {
    if (shard == 3) continue;
    CHECK(ring.stats(shard).accepted > kEach - 250);  // eight standard deviations
    CHECK(ring.stats(shard).accepted < kEach + 250);
  }
}

TEST_CASE("Writer: copies write to the same ring, and one may be assigned to another") {
  whorl::ShardedRing<int> ring(8, 2), other(8, 2);
  auto writer = ring.writer(0);
  auto copy = writer;
  CHECK(copy.try_write(1));
  CHECK(writer.try_write(2));
  copy = other.writer(1);
  CHECK(copy.try_write(3));
  CHECK(ring.stats().accepted == 2);
  CHECK(other.stats(1).accepted == 1);
}

TEST_CASE("Writer: takes a wait strategy for its patience, and ends at a deadline or a stop") {
  whorl::ShardedRing<std::unique_ptr<int>> ring(1, 1);
  auto writer = ring.writer(0, whorl::YieldingWait{});
  CHECK(writer.try_write(std::make_unique<int>(1)));
  auto value = std::make_unique<int>(2);
  CHECK(writer.write(std::move(value), 1ms) == WriteResult::timed_out);
  std::stop_source source;
  source.request_stop();
  CHECK(writer.write(std::move(value), source.get_token()) == WriteResult::stopped);
  ring.close();
  CHECK(writer.write(std::move(value)) == WriteResult::closed);
  CHECK_FALSE(writer.try_write(std::move(value)));
  REQUIRE(value != nullptr);
  CHECK(*value == 2);
}

TEST_CASE("Writer: an item may be written as a list in braces") {
  struct Point {
    int x, y;
  };
  whorl::ShardedRing<Point> ring(4, 1);
  auto writer = ring.writer(0);
  CHECK(writer.try_write({1, 2}));
  CHECK(writer.write({3, 4}) == WriteResult::ok);
  CHECK(ring.try_read()->y == 2);
  CHECK(ring.try_read()->y == 4);
}
