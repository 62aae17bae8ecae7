// Leases of exclusive shards: one producer each, and shards that go from hand to hand.
// Forbidden: an item lost, delivered twice, torn, or out of its shard's order.

#include <doctest/doctest.h>

#include <algorithm>
#include <latch>
#include <optional>
#include <span>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/shapes.hpp"
#include "crew.hpp"
#include "recorder.hpp"

using namespace whorl_test;

namespace {

// Writes items [first, end) of `producer` with the lease, in batches of random size, one in four a single item.
template <class Lease>
bool write_row(Recorder& recorder, Lease& lease, std::size_t producer, std::uint64_t first, std::uint64_t end,
               std::stop_token stop, Random& random) {
  std::vector<Item> batch(20);
  while (first < end) {
    const std::size_t size = std::min<std::size_t>(end - first, between(random, 1, batch.size()));
    for (std::size_t k = 0; k < size; ++k) batch[k] = Item::make(producer, first + k);
    const bool single = between(random, 0, 3) == 0;
    std::size_t written = 0;
    const auto write = [&] {
      const auto attempt = [&]() -> std::size_t {
        return single ? lease.try_write(batch[0]) : lease.try_write_some(std::span(batch).first(size));
      };
      written = recorder.write(producer, attempt, single ? 1 : size);
      return written != 0;
    };
    if (!write_when_room(stop, write)) return false;
    first += written;
  }
  return true;
}

}  // namespace

TEST_CASE_TEMPLATE("exclusive: every item comes once and in its producer's order", S, ExclusiveInline, ExclusiveDense) {
  for (const std::size_t leases : {1u, 2u, 4u, 16u}) {
    for (const std::size_t capacity : {1u, 2u, 64u, 1024u}) {
      CAPTURE(leases);
      CAPTURE(capacity);
      typename S::template Ring<Item> ring(capacity * leases, leases);
      const std::uint64_t each = scaled(200'000) / leases;
      Recorder recorder(leases, leases, capacity);
      Random random(seed());
      // Nobody begins before all have a lease: or a shard may have two rows, one after the other.
      std::latch all_have_one(static_cast<std::ptrdiff_t>(leases));
      {
        const Crew crew(leases, [&](std::size_t producer, std::stop_token stop, Random& dice) {
          auto lease = ring.lease();
          all_have_one.arrive_and_wait();
          if (lease) write_row(recorder, *lease, producer, 0, each, stop, dice);
        });
        consume_all(ring, crew, recorder, random);
      }
      REQUIRE(recorder.complaint() == "");
      REQUIRE(recorder.seen_of_each() == std::vector(leases, each));
    }
  }
}

TEST_CASE_TEMPLATE("exclusive: shards handed from thread to thread at random keep one unbroken order each", S,
                   ExclusiveInline, ExclusiveDense) {
  constexpr std::size_t kShards = 2;
  constexpr std::size_t kThreads = 5;
  typename S::template Ring<Item> ring(16 * kShards, kShards);
  // The number of each shard's next item: plain words, which whoever has the lease reads and writes. Only giving the
  // lease back and taking it orders those accesses.
  std::vector<std::uint64_t> next(kShards, 0);
  Recorder recorder(kShards, kShards, 16);  // the shard takes the producer's place
  Random random(seed());
  {
    const Crew crew(kThreads, [&](std::size_t, std::stop_token stop, Random& dice) {
      for (std::uint64_t turn = 0; turn < scaled(20'000); ++turn) {
        std::optional<typename S::template Ring<Item>::Lease> lease;
        if (!write_when_room(stop, [&] {
              if (auto taken = ring.lease()) lease.emplace(std::move(*taken));
              return lease.has_value();
            })) {
          return;
        }
        const std::size_t shard = lease->shard_index();
        const std::uint64_t first = next[shard];
        next[shard] = first + between(dice, 0, 30);
        if (!write_row(recorder, *lease, shard, first, next[shard], stop, dice)) return;
      }
    });
    consume_all(ring, crew, recorder, random);
  }
  REQUIRE(recorder.complaint() == "");
  REQUIRE(recorder.seen_of_each() == next);
}
