// Many producers on shards that they share, from the start or once a second one has come.
// Forbidden: an item lost, delivered twice, torn, or before an earlier item of its producer.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <span>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/shapes.hpp"
#include "crew.hpp"
#include "recorder.hpp"

using namespace whorl_test;

TEST_CASE_TEMPLATE("shared: every item comes once and in its producer's order, singly written", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  const std::uint64_t items = scaled(60'000);
  for (const std::size_t producers : {1u, 2u, 4u, 8u, 16u}) {
    for (const std::size_t shards : {1u, 4u}) {
      for (const std::size_t capacity : {1u, 2u, 64u, 1024u}) {
        CAPTURE(producers);
        CAPTURE(shards);
        CAPTURE(capacity);
        typename S::template Ring<Item> ring(capacity * shards, shards);
        const std::uint64_t each = items / producers;
        Recorder recorder(producers, shards, capacity);
        Random random(seed());
        {
          const Crew crew(producers, [&](std::size_t producer, std::stop_token stop, Random&) {
            for (std::uint64_t n = 0; n < each; ++n) {
              const auto write = [&] { return ring.try_write(producer, Item::make(producer, n)); };
              if (!write_when_room(stop, [&] { return recorder.write(producer, write); })) return;
            }
          });
          consume_all(ring, crew, recorder, random);
        }
        REQUIRE(recorder.complaint() == "");
        REQUIRE(recorder.seen_of_each() == std::vector(producers, each));
        CHECK(ring.stats().accepted == recorder.seen());
        CHECK(ring.stats().delivered == recorder.seen());
      }
    }
  }
}

TEST_CASE_TEMPLATE("shared: every item comes once and in its producer's order, written in batches of random size", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  const std::uint64_t items = scaled(1'000'000);
  for (const std::size_t producers : {2u, 4u}) {
    for (const std::size_t capacity : {4u, 64u}) {
      CAPTURE(producers);
      CAPTURE(capacity);
      typename S::template Ring<Item> ring(capacity * 2, 2);
      const std::uint64_t each = items / producers;
      Recorder recorder(producers, 2, capacity);
      Random random(seed());
      {
        const Crew crew(producers, [&](std::size_t producer, std::stop_token stop, Random& dice) {
          std::array<Item, 16> batch;
          for (std::uint64_t n = 0; n < each;) {
            const std::size_t size = std::min<std::size_t>(each - n, between(dice, 1, batch.size()));
            for (std::size_t k = 0; k < size; ++k) batch[k] = Item::make(producer, n + k);
            const std::span<const Item> values(batch.data(), size);
            std::size_t written = 0;
            const auto write = [&] { return ring.try_write_some(producer, values); };
            if (!write_when_room(stop, [&] { return (written = recorder.write(producer, write, size)) != 0; })) return;
            n += written;
          }
        });
        consume_all(ring, crew, recorder, random);
      }
      REQUIRE(recorder.complaint() == "");
      REQUIRE(recorder.seen_of_each() == std::vector(producers, each));
    }
  }
}
