#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <stop_token>
#include <thread>
#include <vector>
#include <whorl/wait/wait_strategy.hpp>

#include "../../support/doorbell_shards.hpp"
#include "../../support/scale.hpp"

using whorl::Until;
using whorl_test::BellRing;
using Shards = std::vector<std::size_t>;

namespace {

constexpr std::size_t kSizes[] = {1, 2, 8, 9, 63, 64, 65, 128, 256};
constexpr std::chrono::seconds kWatchdog(60);

// All of them, once round from `start`.
Shards round_from(std::size_t start, std::size_t shards) {
  Shards all(shards);
  std::iota(all.begin(), all.end(), 0);
  std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(start), all.end());
  return all;
}

bool stops_looking(std::size_t shards) { return shards > whorl::Doorbell::Habit{}.scan && whorl::sync::asymmetric(); }

// Sleeps, if it comes to that, on the bell itself.
bool sleep(BellRing& ring, const Until& until) {
  const auto readable = [&] {
    return std::ranges::any_of(ring.shards, [](auto& shard) { return shard.is_readable(); });
  };
  return ring.bell.sleep_unless(ring.shards, readable, until);
}

}  // namespace

TEST_CASE("Doorbell: names every shard at first, once round from any") {
  for (const std::size_t shards : kSizes) {
    const BellRing ring(shards);
    for (std::size_t start = 0; start < shards; ++start) {
      CAPTURE(shards);
      CAPTURE(start);
      REQUIRE(ring.named(start) == round_from(start, shards));
    }
  }
}

TEST_CASE("Doorbell: names nothing outside the range that is asked for") {
  const BellRing ring(130);
  CHECK(ring.bell.next(0, 0) == 0);
  CHECK(ring.bell.next(64, 64) == 64);
  CHECK(ring.bell.next(63, 64) == 63);
  CHECK(ring.bell.next(130, 130) == 130);
  CHECK(ring.bell.next(128, 129) == 128);
}

TEST_CASE("Doorbell: shards that are empty for long are not named any more, where there are many") {
  for (const std::size_t shards : kSizes) {
    CAPTURE(shards);
    BellRing ring(shards);
    ring.rest_long();
    CHECK(ring.named(shards - 1).size() == (stops_looking(shards) ? 0 : shards));
  }
}

TEST_CASE("Doorbell: a producer's call brings its shard back, and no other, in its place of the order") {
  for (const std::size_t shards : kSizes) {
    if (!stops_looking(shards)) continue;
    for (const std::size_t first : {std::size_t{0}, shards / 2, shards - 2}) {
      CAPTURE(shards);
      CAPTURE(first);
      BellRing ring(shards);
      const std::size_t last = shards - 1;
      for (int round = 0; round < 3; ++round) {  // every time it has stopped looking
        ring.rest_long();
        REQUIRE(ring.named().empty());
        ring.shards[last].add(1);
        CHECK(ring.named() == Shards{last});
        ring.shards[first].add(1);
        ring.shards[first].add(1);
        CHECK(ring.named() == Shards{first, last});
        CHECK(ring.named(first + 1) == Shards{last, first});
        CHECK(ring.named(last) == Shards{last, first});
        for (const std::size_t shard : {first, last}) ring.shards[shard].take();
      }
    }
  }
}

TEST_CASE("Doorbell: a shard that was served lately stays, and so does one that holds an item") {
  for (const std::size_t shards : kSizes) {
    if (!stops_looking(shards)) continue;
    CAPTURE(shards);
    BellRing ring(shards);
    const std::size_t busy = shards - 1, full = shards / 2;
    ring.shards[full].add(1);
    for (int i = 0; i < 5000; ++i) {
      ring.bell.served(busy);
      ring.bell.rest(ring.shards);
    }
    CHECK(ring.named() == Shards{full, busy});
    ring.shards[full].take();
    ring.rest_long();
    CHECK(ring.named().empty());
  }
}

TEST_CASE("Doorbell: its habits say how many shards are always looked at, and how soon the others are not" *
          doctest::skip(!whorl::sync::asymmetric())) {
  BellRing all(16, {.scan = 16, .sweeps = 1});
  all.rest_long();
  CHECK(all.named().size() == 16);
  BellRing few(2, {.scan = 1, .sweeps = 3});
  few.bell.rest(few.shards);
  few.bell.rest(few.shards);
  CHECK(few.named().size() == 2);
  few.bell.rest(few.shards);
  CHECK(few.named().empty());
}

TEST_CASE("Doorbell: a consumer that wants to sleep finds the item that came before, and does not sleep") {
  for (const std::size_t shards : kSizes) {
    BellRing ring(shards);
    ring.shards[shards - 1].add(1);
    CHECK(sleep(ring, {}));
    CHECK(ring.bell.sleeps() == 0);
  }
}

TEST_CASE("Doorbell: an item wakes the consumer, whichever shard it comes to, and names that shard") {
  for (const std::size_t shards : {1u, 2u, 65u}) {
    for (const bool rested : {false, true}) {
      BellRing ring(shards);
      if (rested) ring.rest_long();
      bool in_time = false;
      std::thread consumer([&] {
        const Until watchdog(kWatchdog);
        while (!ring.shards[shards - 1].is_readable() && !watchdog.is_over()) sleep(ring, watchdog);
        in_time = !watchdog.is_over();
      });
      while (ring.bell.sleeps() == 0) whorl::sync::yield();
      ring.shards[shards - 1].add(1);
      consumer.join();
      CHECK(in_time);
      // A consumer of few shards looks everywhere. With many, no other one is named: they were asked to call.
      CHECK(ring.bell.next(0, shards) == (shards > whorl::Doorbell::Habit{}.scan ? shards - 1 : 0));
    }
  }
}

TEST_CASE("Doorbell: another change wakes the consumer as well, and so does a stop") {
  for (const bool by_stop : {false, true}) {
    BellRing ring(4);
    whorl::sync::Atomic<bool> changed{false};
    std::jthread consumer([&](std::stop_token stop) {
      const Until watchdog(kWatchdog, stop);
      while (!changed.load() && !watchdog.is_stopped() && !watchdog.is_over()) sleep(ring, watchdog);
      if (!watchdog.is_over()) changed.store(true);
    });
    while (ring.bell.sleeps() == 0) whorl::sync::yield();
    if (by_stop) {
      consumer.request_stop();
    } else {
      changed.store(true);
      ring.bell.wake();
    }
    consumer.join();
    CHECK(changed.load());
  }
}

TEST_CASE("Doorbell: a shard without a bell calls nobody") {
  whorl_test::BellShard shard(nullptr, 0);
  shard.add(1);
  shard.call().wake();
  CHECK(shard.is_readable());
}

// Producers are slow enough for the consumer to stop looking again and again. In the end, every item has been named.
TEST_CASE("Doorbell: no item is left where the consumer does not look, whenever it comes") {
  for (const std::size_t shards : {2u, 9u, 65u}) {
    CAPTURE(shards);
    BellRing ring(shards, {.scan = 1, .sweeps = 2});
    whorl::sync::Atomic<std::size_t> at_work{2};
    const std::uint64_t each = whorl_test::scaled(5'000);
    std::uint64_t taken = 0;
    const auto sweep = [&] {
      for (const std::size_t shard : ring.named()) {
        const std::uint64_t got = ring.shards[shard].take();
        if (got != 0) ring.bell.served(shard);
        taken += got;
      }
    };
    {
      const auto produce = [&](std::uint64_t seed) {
        whorl_test::Random random(seed);
        for (std::uint64_t n = 0; n < each; ++n) {
          ring.shards[whorl_test::between(random, 0, shards - 1)].add(1);
          for (std::uint64_t i = whorl_test::between(random, 0, 400); i != 0; --i) whorl::sync::pause();
        }
        at_work.fetch_sub(1);
      };
      const std::jthread one(produce, whorl_test::seed()), two(produce, whorl_test::seed() + 1);
      while (at_work.load() != 0) {
        sweep();
        ring.bell.rest(ring.shards);
      }
    }
    sweep();
    CHECK(taken == 2 * each);
  }
}
