// What the Go ring's claim did wrong: the port shows it step by step, whorl must not.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <stop_token>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>
#include <whorl/wait/backoff.hpp>

#include "../support/scale.hpp"
#include "upstream_ring.hpp"

using whorl_test::scaled;

namespace {

template <class KindOfRing>
using Ring = whorl::ShardedRing<std::uint64_t, KindOfRing>;

// Producers write `each` numbers to one shard, trying again whenever it is full, while the caller reads. Item n of a
// producer is n * producers + producer; each must come once and in order.
template <class KindOfRing>
void producers_on_one_full_shard(std::size_t capacity, std::size_t producers, std::uint64_t each) {
  Ring<KindOfRing> ring(capacity, 1);
  std::vector<std::uint64_t> expected(producers, 0);
  std::uint64_t wrong = 0;
  std::uint64_t read = 0;
  {
    std::vector<std::jthread> threads;
    for (std::size_t producer = 0; producer < producers; ++producer) {
      threads.emplace_back([&ring, producers, producer, each](std::stop_token stop) {
        for (std::uint64_t n = 0; n < each && !stop.stop_requested(); ++n) {
          const std::uint64_t item = n * producers + producer;
          for (whorl::Backoff wait; !ring.try_write(producer, item) && !stop.stop_requested();) wait.snooze();
        }
      });
    }
    const auto patience = std::chrono::seconds(60);
    while (read < producers * each && ring.wait_readable(whorl::YieldingWait{}, patience) == whorl::ReadResult::ready) {
      read += ring.try_consume(
          [&](std::uint64_t item) { wrong += expected[item % producers]++ != item / producers ? 1 : 0; }, 8);
    }
  }
  CHECK(read == producers * each);
  CHECK(wrong == 0);
  CHECK(ring.size_approx() == 0);
  // The shard is as good as new: it takes what it holds, and not one more.
  for (std::size_t i = 0; i < capacity; ++i) CHECK(ring.try_write(0, i));
  CHECK_FALSE(ring.try_write(0, capacity));
  CHECK(ring.try_consume([](std::uint64_t) {}, SIZE_MAX) == capacity);
}

}  // namespace

TEST_CASE("D1: upstream, a claim given back by subtracting leaves a hole, and the shard is dead") {
  upstream::Shard shard(2);
  REQUIRE(shard.write_by_adding(10));
  REQUIRE(shard.write_by_adding(11));
  const std::uint64_t first = shard.add();  // producer 1: the shard is full
  REQUIRE_FALSE(shard.is_free(first));
  upstream::Value value = 0;
  REQUIRE(shard.try_read(value));  // the consumer makes room for both
  REQUIRE(shard.try_read(value));
  const std::uint64_t second = shard.add();  // producer 2 finds some
  REQUIRE(shard.is_free(second));
  shard.put(second, 12);
  shard.undo();                        // producer 1 gives back a position, not its own
  CHECK_FALSE(shard.try_read(value));  // accepted, and never read
  for (int i = 0; i < 100; ++i) CHECK_FALSE(shard.write_by_adding(13));
  CHECK(shard.size() == 1);
}

TEST_CASE("D1: upstream, two producers come to own one position") {
  upstream::Shard shard(2);
  REQUIRE(shard.write_by_adding(10));
  REQUIRE(shard.write_by_adding(11));
  const std::uint64_t first = shard.add();
  REQUIRE_FALSE(shard.is_free(first));
  const std::uint64_t second = shard.add();
  shard.undo();  // of the first
  const std::uint64_t third = shard.add();
  upstream::Value value = 0;
  REQUIRE(shard.try_read(value));
  REQUIRE(shard.try_read(value));
  CHECK(second == third);
  CHECK(shard.is_free(second));  // and both may write
}

TEST_CASE_TEMPLATE("D1: refused writes leave no hole: a shard that is full all the time stays alive", K, whorl::Shared,
                   whorl::Biased) {
  for (const std::size_t capacity : {1u, 2u, 4u, 16u}) {
    CAPTURE(capacity);
    producers_on_one_full_shard<K>(capacity, 2, scaled(20'000));
    producers_on_one_full_shard<K>(capacity, 4, scaled(5'000));
  }
}

TEST_CASE("D2: upstream, a producer that was overtaken takes a shard for full that is not") {
  upstream::Shard shard(4);
  const std::uint64_t stale = shard.look();  // producer 1 looks,
  REQUIRE(shard.write(10));                  // producer 2 writes meanwhile,
  CHECK_FALSE(shard.is_free(stale));         // and producer 1 says "full" of a shard that holds one item of four
  CHECK(shard.size() == 1);
}

TEST_CASE_TEMPLATE("D2: a shard that has room for all refuses nothing, however often producers overtake each other", K,
                   whorl::Shared, whorl::Biased) {
  constexpr std::size_t kProducers = 4;
  const std::uint64_t each = scaled(200'000);
  Ring<K> ring(std::bit_ceil(kProducers * each), 1);
  std::atomic<std::size_t> come{0};
  std::atomic<std::uint64_t> refused{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t producer = 0; producer < kProducers; ++producer) {
      threads.emplace_back([&] {
        ++come;
        for (whorl::Backoff wait; come != kProducers; wait.snooze()) {
        }
        for (std::uint64_t n = 0; n < each; ++n) {
          if (!ring.try_write(0, n)) ++refused;
        }
      });
    }
  }
  CHECK(refused == 0);
  CHECK(ring.size_approx() == kProducers * each);
}

TEST_CASE_TEMPLATE("D2: a shard that is never full refuses nothing, however often producers overtake each other", K,
                   whorl::Shared, whorl::Biased) {
  constexpr std::size_t kProducers = 4;
  constexpr std::uint64_t kCapacity = 64;
  const std::uint64_t each = scaled(100'000);
  Ring<K> ring(kCapacity, 1);
  std::atomic<std::uint64_t> credits{kCapacity / 2};  // a producer takes one for each item, the reader gives them back
  std::atomic<std::uint64_t> refused{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t producer = 0; producer < kProducers; ++producer) {
      threads.emplace_back([&] {
        for (std::uint64_t n = 0; n < each; ++n) {
          std::uint64_t credit = credits;
          for (whorl::Backoff wait; credit == 0 || !credits.compare_exchange_weak(credit, credit - 1);) {
            if (credit != 0) continue;
            wait.snooze();
            credit = credits;
          }
          while (!ring.try_write(0, n)) ++refused;
        }
      });
    }
    for (std::uint64_t left = kProducers * each; left != 0;) {
      REQUIRE(ring.wait_readable() == whorl::ReadResult::ready);
      const std::size_t read = ring.try_consume([](std::uint64_t) {}, 8);
      credits += read;
      left -= read;
    }
  }
  CHECK(refused == 0);
  CHECK(ring.stats().refused == 0);
}

TEST_CASE("D3: upstream, a shard of one slot overwrites what was not read") {
  upstream::Shard shard(1);
  CHECK(shard.write(10));
  CHECK(shard.write(11));
  upstream::Value value = 0;
  CHECK_FALSE(shard.try_read(value));  // and its reader waits for ever
}

TEST_CASE_TEMPLATE("D3: a shard of one slot holds one item", K, whorl::Shared, whorl::Biased) {
  Ring<K> ring(4, 4);
  for (std::uint64_t lap = 0; lap < 10; ++lap) {
    for (std::uint64_t id = 0; id < 4; ++id) {
      CHECK(ring.try_write(id, 4 * lap + id));
      CHECK_FALSE(ring.try_write(id, 99u));
    }
    CHECK(ring.size_approx() == 4);
    for (std::uint64_t id = 0; id < 4; ++id) CHECK(ring.try_read() == 4 * lap + id);
    CHECK_FALSE(ring.try_read().has_value());
  }
}
