// How often a sweep looks at which shard. Whether the turns are fair is in sharded_ring_fairness_test.cpp.

#include <doctest/doctest.h>

#include <cstddef>
#include <whorl/ring/sweep.hpp>

#include "../../support/doorbell_shards.hpp"

namespace {

struct Consumer : whorl_test::BellRing {
  explicit Consumer(std::size_t count, std::size_t quota = 256) : BellRing(count), sweep(quota, 0) {}

  std::size_t run(std::size_t most = 1000) {
    const auto use = [] {};
    return sweep.run(shards, bell, use, most);
  }
  std::size_t looks() {
    std::size_t sum = 0;
    for (auto& shard : shards) sum += shard.looks();
    return sum;
  }

  whorl::Sweep sweep;
};

}  // namespace

TEST_CASE("Sweep: sees every shard empty before it says that there is nothing") {
  for (const std::size_t shards : {1u, 8u, 65u}) {
    Consumer consumer(shards);
    CHECK(consumer.run() == 0);
    for (auto& shard : consumer.shards) CHECK(shard.looks() == 1);
  }
}

TEST_CASE("Sweep: goes round again while some shard has used up its quota, until there is enough") {
  Consumer consumer(4, 2);
  consumer.shards[1].add(5);
  CHECK(consumer.run() == 5);
  CHECK(consumer.shards[1].looks() == 3);
  consumer.shards[3].add(5);
  CHECK(consumer.run(3) == 3);
  CHECK(consumer.shards[3].take() == 2);
}

TEST_CASE("Sweep: takes nothing when nothing is asked for") {
  Consumer consumer(4);
  consumer.shards[0].add(1);
  CHECK(consumer.run(0) == 0);
  CHECK(consumer.looks() == 0);
}

TEST_CASE("Sweep: looks at no other shard when it has got what was asked for") {
  Consumer consumer(4);
  consumer.shards[0].add(3);
  CHECK(consumer.run(3) == 3);
  CHECK(consumer.looks() == 1);
}

TEST_CASE("Sweep: after the last shard comes the first") {
  for (const std::size_t shards : {1u, 2u, 8u}) {
    Consumer consumer(shards);
    consumer.shards[shards - 1].add(1);
    CHECK(consumer.run(1) == 1);
    CHECK(consumer.run() == 0);
    for (auto& shard : consumer.shards) shard.add(2);
    CHECK(consumer.run(2) == 2);
    CHECK(consumer.shards[0].take() == 0);
  }
}

TEST_CASE("Sweep: what a user throws comes after its shard's turn") {
  Consumer consumer(3);
  for (auto& shard : consumer.shards) shard.add(2);
  int used = 0;
  const auto fail = [&] {
    ++used;
    throw 7;
  };
  for (int i = 0; i < 3; ++i) CHECK_THROWS_AS(consumer.sweep.run(consumer.shards, consumer.bell, fail, 10), int);
  for (auto& shard : consumer.shards) CHECK(shard.take() == 1);
}

TEST_CASE("Sweep: of many shards it comes to look only at those in use, and at another when it is called" *
          doctest::skip(!whorl::sync::asymmetric())) {
  Consumer consumer(64);
  for (int i = 0; i < 10'000; ++i) {
    REQUIRE(consumer.bell.next(5, 6) == 5);  // empty just now, but in use: nobody need call
    consumer.shards[5].add(1);
    REQUIRE(consumer.run() == 1);
  }
  consumer.looks();
  consumer.shards[5].add(1);
  CHECK(consumer.run() == 1);
  CHECK(consumer.looks() == 1);
  consumer.shards[41].add(3);
  CHECK(consumer.run() == 3);
  CHECK(consumer.shards[41].looks() == 1);
}
