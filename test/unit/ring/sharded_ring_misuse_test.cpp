// What a ShardedRing says to a program that breaks its rules, where checks are on.

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <whorl/ring/sharded_ring.hpp>

#include "../../support/death.hpp"

using Ring = whorl::ShardedRing<std::uint64_t>;

TEST_CASE("ShardedRing: reading inside a handler is stopped, and told what to do" * doctest::skip(!WHORL_CHECKED)) {
  const std::string words = whorl_test::dying_words([] {
    Ring ring(4, 1);
    (void)ring.try_write(0, std::uint64_t{1});
    ring.try_consume([&](std::uint64_t) { (void)ring.try_read(); }, 1);
  });
  CHECK(words.find("read from one thread at a time, and not inside a handler") != std::string::npos);
}

TEST_CASE("ShardedRing: a second consumer is stopped, and told what to do" * doctest::skip(!WHORL_CHECKED)) {
  const std::string words = whorl_test::dying_words([] {
    Ring ring(4, 1);
    (void)ring.try_write(0, std::uint64_t{1});
    ring.try_consume([&](std::uint64_t) { std::thread([&] { (void)ring.try_read(); }).join(); }, 1);
  });
  CHECK(words.find("a ShardedRing has one consumer") != std::string::npos);
}

TEST_CASE_TEMPLATE("ShardedRing: ending before a claimed range does is stopped, and told what to do" *
                       doctest::skip(!WHORL_CHECKED),
                   Kind, whorl::Biased, whorl::Shared) {
  const std::string words = whorl_test::dying_words([] {
    std::optional<whorl::ShardedRing<std::uint64_t, Kind>> ring(std::in_place, 4, 1);
    auto cells = ring->try_claim(0, 1);
    (void)ring->try_write(0, std::uint64_t{1});
    ring.reset();
  });
  CHECK(words.find("publish or drop a claimed range before its ring ends") != std::string::npos);
}

TEST_CASE("ShardedRing: asking for the counts of a shard that is not there is stopped, and told what there is" *
          doctest::skip(!WHORL_CHECKED)) {
  const std::string words = whorl_test::dying_words([] {
    const Ring ring(4, 2);
    (void)ring.stats(2);
  });
  CHECK(words.find("shards are numbered from 0 to shard_count() - 1") != std::string::npos);
}
