// What one stopped producer costs the others. "Lock-free" is said of claims; a producer that is stopped between its claim
// and its publication holds back what comes after it on its shard, in the Go ring and here. Here it ends there: others
// are told in time, and what is given up does not stay in the way.

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <whorl/ring/sharded_ring.hpp>

#include "upstream_ring.hpp"

using namespace std::chrono_literals;
using whorl::WriteResult;

TEST_CASE("D14: upstream, what a producer leaves unwritten is waited for without end") {
  upstream::Ring ring(4, 1);
  upstream::Shard& shard = ring.shard(0);
  const std::uint64_t lost = shard.look();
  REQUIRE(shard.exchange(lost));  // claimed, and its producer gives up: there is no way to say so
  for (upstream::Value n = 0; n < 3; ++n) REQUIRE(shard.write(n));
  upstream::Value value = 0;
  CHECK_FALSE(shard.try_read(value));
  CHECK_THROWS_AS(ring.write_with_backoff(0, 1, {}), upstream::Endless);  // another producer, for ever
}

TEST_CASE_TEMPLATE("D14: a producer stopped between claim and publication delays only its own shard", K, whorl::Shared,
                   whorl::Biased) {
  whorl::ShardedRing<std::uint64_t, K> ring(8, 2);
  auto open = ring.try_claim(0, 1);  // id 0 stops here
  REQUIRE(open);
  for (std::uint64_t n = 0; n < 100; ++n) {  // the other shard goes on
    CHECK(ring.try_write(1, n));
    CHECK(ring.try_read() == n);
  }
  for (std::uint64_t n = 0; n < 3; ++n) CHECK(ring.try_write(2, 1000 + n));  // as does its own, as far as there is room
  CHECK_FALSE(ring.try_read().has_value());
  CHECK(ring.write_for(2, 9u, 1ms) == WriteResult::timed_out);  // then its producers are told in time,
  CHECK(ring.write_for(2, 9u, 1ms, whorl::BusySpinWait{}) == WriteResult::timed_out);
  CHECK(ring.write(2, 9u, whorl::WritePolicy{.wait = whorl::WriteWait::sleep, .max_backoffs = 2}) == WriteResult::full);
  CHECK(ring.write(2, 1003u, whorl::WritePolicy::next_shard()) == WriteResult::ok);  // or go elsewhere
  CHECK(ring.wait_readable(whorl::BlockingWait{}, 1ms) == whorl::ReadResult::ready);
  CHECK(ring.try_read() == 1003u);
  CHECK(ring.wait_readable(whorl::BlockingWait{}, 1ms) == whorl::ReadResult::timed_out);  // and so is the consumer
  open.emplace(999u);
  open.publish();
  for (std::uint64_t n = 0; n < 4; ++n) CHECK(ring.try_read() == 999 + n);
}

TEST_CASE_TEMPLATE("D14: what a producer gives up is passed over", K, whorl::Shared, whorl::Biased) {
  whorl::ShardedRing<std::uint64_t, K> ring(4, 1);
  for (std::uint64_t lap = 0; lap < 20; ++lap) {
    {
      const auto given_up = ring.try_claim(0, 2);
      REQUIRE(given_up.size() == 2);
      CHECK(ring.try_write(1, lap));
      CHECK_FALSE(ring.try_read().has_value());
    }
    CHECK(ring.try_read() == lap);
  }
  CHECK(ring.stats().tombstones == 40);
  CHECK(ring.stats().delivered == 20);
}

TEST_CASE("D14: a lease that is held, and one that is full, delay nobody else") {
  whorl::ShardedRing<std::uint64_t, whorl::Exclusive> ring(8, 4);
  auto idle = ring.lease();
  auto full = ring.lease();
  auto open = ring.lease();
  auto busy = ring.lease();
  REQUIRE(busy.has_value());
  auto cells = open->try_claim(2);
  cells.emplace(7u);
  while (full->try_write(5u)) {
  }
  CHECK(full->write(5u, whorl::WritePolicy{}, 1ms) == WriteResult::timed_out);
  for (std::uint64_t n = 0; n < 100; ++n) {
    CHECK(busy->try_write(n));
    std::uint64_t last = 0;
    while (auto item = ring.try_read()) last = *item;
    CHECK(last == (n == 0 ? last : n));
  }
  cells.publish();
  CHECK(ring.try_read() == 7u);
}
