// One consumer at a time, but not always the same thread.
// Forbidden: an item lost or delivered twice where the consumer changes, a race between one consumer and the next.

#include <doctest/doctest.h>

#include <mutex>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/shapes.hpp"
#include "crew.hpp"
#include "recorder.hpp"

using namespace whorl_test;

TEST_CASE_TEMPLATE("consumers: threads that read in turn see every item once and in order", S, WHORL_TEST_SHAPES) {
  constexpr std::size_t kProducers = 2;
  constexpr std::size_t kConsumers = 3;
  const std::uint64_t each = scaled(200'000);
  for (const std::size_t capacity : {1u, 64u}) {
    CAPTURE(capacity);
    typename S::template Ring<Item> ring(capacity * kProducers, kProducers);
    Writers writers(ring);
    Recorder recorder(kProducers, kProducers, capacity);
    std::mutex turn;  // whoever holds it is the consumer, and keeps the records
    {
      const Crew crew(kProducers, [&](std::size_t producer, std::stop_token stop, Random&) {
        for (std::uint64_t n = 0; n < each; ++n) {
          const auto write = [&] { return writers.try_write(producer, Item::make(producer, n)); };
          if (!write_when_room(stop, [&] { return recorder.write(producer, write); })) return;
        }
      });
      const auto consume = [&](Random random) {
        for (Patience patience; patience.wait();) {
          const bool last = crew.is_done();
          const std::lock_guard mine(turn);
          const std::size_t got = show(ring, recorder, between(random, 1, 100));
          if (got == 0 && last) return;
          if (got != 0) patience.progress();
        }
      };
      std::vector<std::jthread> consumers;
      for (std::size_t i = 0; i < kConsumers; ++i) consumers.emplace_back(consume, Random(seed() + 100 + i));
    }
    REQUIRE(recorder.complaint() == "");
    REQUIRE(recorder.seen_of_each() == std::vector(kProducers, each));
  }
}
