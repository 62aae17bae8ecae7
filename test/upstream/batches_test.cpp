// What the Go ring's batch calls did wrong: the port shows it, whorl must not.

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/allocations.hpp"
#include "upstream_ring.hpp"

using whorl_test::allocations;
using whorl_test::kCountsAllocations;

namespace {

using Ring = whorl::ShardedRing<std::uint64_t>;

struct Refused : std::runtime_error {
  Refused() : std::runtime_error("the handler refuses this item") {}
};

void write_numbers(Ring& ring, std::uint64_t count) {
  for (std::uint64_t n = 0; n < count; ++n) REQUIRE(ring.try_write(0, n));
}

}  // namespace

TEST_CASE("D15: upstream, a batch larger than the caller's memory allocates") {
  if (!kCountsAllocations) return;
  upstream::Ring ring(64, 1);
  for (std::size_t n = 0; n < 8; ++n) REQUIRE(ring.write(0, n));
  std::vector<upstream::Value> buffer(4);
  const auto before = allocations();
  CHECK(ring.read_batch(std::move(buffer), 8).size() == 8);
  CHECK(allocations().plain != before.plain);
}

TEST_CASE("D15: batches allocate nothing, whatever their size") {
  if (!kCountsAllocations) return;
  Ring ring(1024, 4);
  std::array<std::uint64_t, 300> batch{};
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  const auto before = allocations();
  for (std::size_t n = 1; n < batch.size(); ++n) {
    written += ring.try_write_some(n, std::span(batch).first(n));
    written += ring.try_write_all(n + 1, std::span(batch).first(n)) ? n : 0;
    auto cells = ring.try_claim(n + 2, n);
    while (cells.built() < cells.size() / 2) cells.emplace(n);
    cells.publish();
    written += cells.published();
    read += ring.try_read_some(std::span(batch).first(n));
    read += ring.try_consume([](std::uint64_t) {}, n);
  }
  read += ring.try_consume([](std::uint64_t) {}, SIZE_MAX);
  const auto after = allocations();
  CHECK(before == after);
  CHECK(read == written);
  CHECK(written > 10'000);
}

TEST_CASE("D15: a handler that throws has had its item: the room is back, the next item comes next") {
  for (const std::size_t capacity : {1u, 4u, 64u}) {
    CAPTURE(capacity);
    Ring ring(capacity, 1);
    for (std::uint64_t n = 0; n < 3 * capacity; ++n) {
      while (ring.size_approx() < capacity) REQUIRE(ring.try_write(0, n + ring.size_approx()));
      CHECK_THROWS_AS(ring.try_consume(
                          [&](std::uint64_t item) {
                            CHECK(item == n);
                            throw Refused();
                          },
                          SIZE_MAX),
                      Refused);
      CHECK(ring.size_approx() == capacity - 1);
    }
    CHECK(ring.stats().delivered == 3 * capacity);
  }
}

TEST_CASE("D15: counts that are too large, or were negative, mean as much as there is") {
  constexpr int kMinusOne = -1;
  const auto was_negative = static_cast<std::size_t>(kMinusOne);
  Ring ring(8, 1);
  std::array<std::uint64_t, 100> values{};
  CHECK(ring.try_write_some(0, values) == 8);
  CHECK_FALSE(ring.try_write_all(0, std::span(values).first(9)));
  CHECK(ring.try_consume([](std::uint64_t) {}, was_negative) == 8);
  CHECK_FALSE(ring.try_write_all(0, values));  // more than a shard holds: never
  CHECK(ring.size_approx() == 0);
  CHECK(ring.try_claim(0, was_negative).size() == 8);
  CHECK_FALSE(ring.try_read().has_value());  // passes what was given up
  CHECK_FALSE(ring.try_claim(0, was_negative, was_negative));
  CHECK_FALSE(ring.try_claim(0, 9, 9));
  CHECK_FALSE(ring.try_claim(0, 0, 0));
  write_numbers(ring, 3);
  CHECK(ring.try_read_some(std::span<std::uint64_t>()) == 0);
  CHECK(ring.try_read_some(values) == 3);
  CHECK(ring.try_write_some(0, {}) == 0);
  CHECK(ring.try_write_all(0, {}));
  CHECK(ring.size_approx() == 0);
}

TEST_CASE("D15: the ring keeps nothing of an item that was moved out, or that its handler has seen") {
  using Pointer = std::shared_ptr<int>;
  whorl::ShardedRing<Pointer> ring(8, 2);
  std::array<Pointer, 4> out;
  std::vector<std::weak_ptr<int>> seen;
  for (std::uint64_t id = 0; id < 4; ++id) {
    auto item = std::make_shared<int>(static_cast<int>(id));
    seen.emplace_back(item);
    REQUIRE(ring.try_write(id, std::move(item)));
  }
  CHECK(ring.try_read_some(std::span(out).first(2)) == 2);
  out = {};
  CHECK(ring.try_read().has_value());
  CHECK(ring.try_consume([](Pointer&) {}, 1) == 1);
  for (const auto& item : seen) CHECK(item.expired());

  auto kept = std::make_shared<int>(5);
  {
    auto cells = ring.try_claim(0, 3);
    cells.emplace(kept);
    cells.emplace(kept);
    cells.publish(1);
    CHECK(kept.use_count() == 3);
  }
  CHECK(kept.use_count() == 2);  // what was built and not published is gone
  CHECK(ring.try_read() == kept);
  CHECK(kept.use_count() == 1);
}
