// What the Go ring did wrong between its shards, writing and reading: the port shows it, whorl must not.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <span>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/message.hpp"
#include "../support/scale.hpp"
#include "upstream_ring.hpp"

namespace {

using Ring = whorl::ShardedRing<std::uint64_t>;
using whorl::WritePolicy;
using whorl::WriteResult;

constexpr std::uint64_t kDraws = 4000;

// How many of kDraws writes of id 0, whose shard is full, each of the other three shards has taken.
std::array<std::uint64_t, 3> taken_by_others(std::uint64_t seed) {
  Ring ring(4 * 4096, 4);
  for (std::uint64_t i = 0; i < 4096; ++i) REQUIRE(ring.try_write(0, i));
  // Other ids begin their draws elsewhere; all of these have the same shard.
  auto writer = ring.writer(4 * seed, WritePolicy::random_shard());
  for (std::uint64_t i = 0; i < kDraws; ++i) REQUIRE(writer.write(i) == WriteResult::ok);
  return {ring.stats(1).accepted, ring.stats(2).accepted, ring.stats(3).accepted};
}

std::array<std::uint64_t, 3> taken_by_others_upstream() {
  upstream::Ring ring(4 * 4096, 4);
  while (ring.write(0, 0)) {
  }
  std::mt19937_64 random(1);  // NOLINT(cert-msc51-cpp): the same draws every time
  const auto draw = [&](std::size_t below) { return whorl_test::between(random, 0, below - 1); };
  for (std::uint64_t written = 0; written < kDraws;) written += ring.write_at_random(0, 1, draw) ? 1 : 0;
  return {ring.shard(1).size(), ring.shard(2).size(), ring.shard(3).size()};
}

// A shard that is always empty and counts how often it is asked for items.
class Counted {
 public:
  Counted(whorl::Doorbell& bell, std::size_t shard) : call_(&bell, shard) {}

  template <class Use>
  std::size_t try_consume(Use&&, std::size_t) {
    ++looks_;
    return 0;
  }
  bool is_readable() const { return false; }
  whorl::Doorbell::Call& call() { return call_; }
  std::uint64_t looks() const { return looks_; }

 private:
  whorl::Doorbell::Call call_;
  std::uint64_t looks_ = 0;
};

}  // namespace

TEST_CASE("D8: upstream, the right neighbour is drawn twice as often as the others") {
  const auto taken = taken_by_others_upstream();
  CHECK(taken[0] > 3 * taken[1] / 2);
  CHECK(taken[0] > 3 * taken[2] / 2);
}

TEST_CASE("D8: a random shard is any of the others, each as often") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const std::uint64_t taken : taken_by_others(seed)) {
      CHECK(taken > kDraws / 4);  // 1333 on the average; this is more than ten times its deviation away
      CHECK(taken < kDraws / 2 - kDraws / 12);
    }
  }
}

TEST_CASE("D8: a write that chooses at random finds the one shard that has room, at its first round") {
  Ring ring(8, 8);
  for (std::uint64_t id = 0; id < 8; ++id) REQUIRE(ring.try_write(id, id));
  auto writer = ring.writer(3, WritePolicy{.shards = whorl::ShardChoice::random});
  for (std::uint64_t n = 0; n < 100; ++n) {
    REQUIRE(ring.try_read().has_value());  // of another shard each time
    CHECK(writer.try_write(n));
    CHECK_FALSE(writer.try_write(n));
  }
}

TEST_CASE("D9: upstream, the first shard has all the reads; later, the one behind the gap has most of them") {
  upstream::Ring ring(8 * 8000, 8);
  std::array<std::uint64_t, 8> reads{};
  for (std::size_t id = 0; id < 8; ++id) {
    while (ring.write(id, id)) {
    }
  }
  std::size_t from = 0;
  for (int i = 0; i < 8000; ++i) {
    REQUIRE(ring.read_from_the_first(from));
    ++reads[from];
  }
  CHECK(reads[0] == 8000);

  upstream::Ring sparse(8 * 8000, 8);
  reads = {};
  for (std::size_t id = 0; id < 2; ++id) {
    while (sparse.write(id, id)) {
    }
  }
  for (int i = 0; i < 8000; ++i) {
    REQUIRE(sparse.read_rotating(from));
    ++reads[from];
  }
  CHECK(reads[0] == 7000);
  CHECK(reads[1] == 1000);
}

TEST_CASE("D9: shards that have items share the reads, wherever they lie") {
  for (const std::size_t shards : {8u, 16u, 128u}) {
    for (const std::size_t step : {1u, 2u, 4u, 8u}) {
      for (const std::size_t active : {1u, 2u, 5u}) {
        CAPTURE(shards);
        CAPTURE(step);
        CAPTURE(active);
        Ring ring(shards * 1024, shards);
        std::vector<std::uint64_t> reads(shards, 0);
        for (std::size_t i = 0; i < active; ++i) {
          const std::uint64_t id = i * step % shards;
          while (ring.try_write(id, id)) {
          }
        }
        const std::size_t distinct = std::min(active, shards / step);
        constexpr std::uint64_t kEach = 1000;
        for (std::uint64_t i = 0; i < kEach * distinct; ++i) ++reads[ring.try_read().value_or(0)];
        CHECK(std::ranges::count(reads, kEach) == static_cast<std::ptrdiff_t>(distinct));
      }
    }
  }
}

TEST_CASE("D9: a batch takes no more than the quota from one shard before it looks at the next") {
  whorl::ShardedRing<std::uint64_t> ring(std::size_t{4} * 1024, 4, {.quota = 16});
  for (std::uint64_t id = 0; id < 4; ++id) {
    while (ring.try_write(id, id)) {
    }
  }
  std::array<std::uint64_t, 4> reads{};
  for (int i = 0; i < 20; ++i) {
    std::array<std::uint64_t, 64> batch{};
    REQUIRE(ring.try_read_some(batch) == batch.size());
    for (const std::uint64_t id : batch) ++reads[id];
  }
  for (const std::uint64_t count : reads) CHECK(count == 320);
}

TEST_CASE("D10: upstream, an empty poll looks at every shard") {
  upstream::Ring ring(64, 64);
  std::size_t from = 0;
  for (int i = 0; i < 10'000; ++i) CHECK_FALSE(ring.read_rotating(from));
  CHECK(ring.looks() == 640'000);
}

TEST_CASE("D10: after a while an empty poll looks at no shard at all") {
  if (!whorl::sync::asymmetric()) return;  // hints need one-sided barriers, and all shards are polled without them
  for (const std::size_t count : {16u, 64u, 256u}) {
    CAPTURE(count);
    whorl::Doorbell bell(count);
    const whorl::Array<Counted> shards(count, [&](std::size_t i) { return Counted(bell, i); });
    whorl::Sweep sweep(256, 0);
    const auto none = [](std::uint64_t) {};
    const auto looks = [&] {
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < count; ++i) sum += shards[i].looks();
      return sum;
    };
    for (int i = 0; i < 100'000; ++i) sweep.run(shards, bell, none, 1);
    const std::uint64_t before = looks();
    CHECK(before < 100'000 * count / 4);
    for (int i = 0; i < 1000; ++i) sweep.run(shards, bell, none, 1);
    CHECK(looks() == before);
    const std::uint64_t last = shards[count - 1].looks();
    shards[count - 1].call().tell();  // and at one where there may be something
    sweep.run(shards, bell, none, 1);
    CHECK(looks() == before + 1);
    CHECK(shards[count - 1].looks() == last + 1);
  }
}

TEST_CASE("D11: upstream, claims that fail are counted as items") {
  upstream::Shard shard(16);
  while (shard.write_by_adding(1)) {
  }
  CHECK(shard.size() == 16);
  CHECK_FALSE(shard.is_free(shard.add()));  // a producer is about to find out that the shard is full
  CHECK(shard.size() == 17);
}

TEST_CASE("D11: the size is exact when all is quiet, and never more than the capacity") {
  Ring ring(64, 4);
  for (std::uint64_t n = 0; n < 40; ++n) {
    CHECK(ring.size_approx() == std::min<std::uint64_t>(n, 16));
    CHECK(ring.try_write(0, n) == (n < 16));
  }
  for (std::uint64_t n = 16; n-- > 0;) {
    CHECK(ring.try_read().has_value());
    CHECK(ring.size_approx() == n);
  }
  {
    auto cells = ring.try_claim(0, 5);
    CHECK(ring.size_approx() == 5);  // claimed: they are not free
    cells.emplace(1u);
    cells.publish();
  }
  CHECK(ring.try_read() == 1u);
  CHECK_FALSE(ring.try_read().has_value());  // what was given up has been passed
  CHECK(ring.size_approx() == 0);
}

TEST_CASE("D11: the size stays within the capacity while producers are refused and the consumer reads") {
  Ring ring(16, 1);
  std::atomic<std::uint64_t> too_many{0};
  std::uint64_t read = 0;
  const std::uint64_t items = whorl_test::scaled(200'000);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 3; ++i) {
      threads.emplace_back([&](std::stop_token stop) {
        for (std::uint64_t n = 0; !stop.stop_requested(); ++n) {
          if (!ring.try_write(0, n)) whorl::sync::yield();
          too_many += ring.size_approx() > ring.capacity() ? 1 : 0;
        }
      });
    }
    while (read < items) {
      read += ring.try_consume([](std::uint64_t) {}, 7);
      too_many += ring.size_approx() > ring.capacity() ? 1 : 0;
    }
  }
  CHECK(too_many == 0);
  read += ring.try_consume([](std::uint64_t) {}, SIZE_MAX);
  CHECK(ring.size_approx() == 0);
  CHECK(ring.stats().delivered == read);
}

TEST_CASE("D12: upstream, slots that do not divide evenly are dropped without a word") {
  CHECK(upstream::Ring(10, 4).capacity() == 8);
  CHECK(upstream::Ring(7, 4).capacity() == 4);
  CHECK(upstream::Ring(1000, 16).capacity() == 992);
}

TEST_CASE("D12: a capacity is what was asked for, or it is refused with the nearest that can be had") {
  using whorl_test::refusal_of;
  CHECK(refusal_of([] { Ring ring(10, 4); }).ends_with("use 8 or 16"));
  CHECK(refusal_of([] { Ring ring(7, 4); }).ends_with("use 4 or 8"));
  CHECK(refusal_of([] { Ring ring(1000, 16); }).ends_with("use 512 or 1024"));
  for (const std::size_t total : {4u, 8u, 1024u}) {
    Ring ring(total, 4);
    CHECK(ring.capacity() == total);
    std::size_t written = 0;
    for (std::uint64_t id = 0; id < 4; ++id) {
      while (ring.try_write(id, id)) ++written;
    }
    CHECK(written == total);
  }
}
