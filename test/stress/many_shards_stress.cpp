// Many shards of which few are active, and not always the same: the consumer forgets those where nothing comes, and must be
// told when something does.
// Forbidden: an item that lies in a shard the consumer does not look at; a consumer that sleeps while an item is there.

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "crew.hpp"
#include "recorder.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using Ring = whorl::ShardedRing<Item>;

namespace {

constexpr std::size_t kProducers = 2;

// What the producers know of the consumer.
struct Consumer {
  std::atomic<std::uint64_t> sweeps{0};
  std::atomic<bool> asleep{false};
};

// Each producer goes from shard to shard at random. What it writes to one shard is a row of its own.
void wander(Recorder& recorder, Ring& ring, std::size_t producer, std::uint64_t stays, const Consumer& consumer,
            std::vector<std::uint64_t>& written, std::stop_token stop, Random& random) {
  const std::size_t shards = ring.shard_count();
  for (std::uint64_t stay = 0; stay < stays; ++stay) {
    const std::size_t shard = between(random, 0, shards - 1);
    const std::size_t row = producer * shards + shard;
    for (std::uint64_t n = between(random, 1, 40); n != 0; --n) {
      const auto write = [&] { return ring.try_write(shard, Item::make(row, written[row])); };
      if (!write_when_room(stop, [&] { return recorder.write(row, write); })) return;
      ++written[row];
    }
    // Now and then so long that the consumer has forgotten every shard.
    const std::uint64_t rest = between(random, 0, 3) == 0 ? between(random, 0, 5'000) : 0;
    const std::uint64_t until = consumer.sweeps.load(std::memory_order_relaxed) + rest;
    while (consumer.sweeps.load(std::memory_order_relaxed) < until && !consumer.asleep && !stop.stop_requested()) {
      whorl::sync::yield();
    }
  }
}

// Producers wander through the shards, the last one done closes the ring, and consume() reads until then.
template <class Consume>
void run(std::size_t shards, std::uint64_t stays, Consume&& consume) {
  CAPTURE(shards);
  Ring ring(4 * shards, shards);
  Recorder recorder(kProducers * shards, shards, 4);
  std::vector<std::uint64_t> written(kProducers * shards, 0);
  Consumer consumer;
  std::atomic<std::size_t> writing{kProducers};
  {
    const Crew crew(kProducers, [&](std::size_t producer, std::stop_token stop, Random& dice) {
      wander(recorder, ring, producer, stays, consumer, written, stop, dice);
      if (writing.fetch_sub(1) == 1) ring.close();
    });
    consume(ring, recorder, consumer);
  }
  REQUIRE(recorder.complaint() == "");
  REQUIRE(recorder.seen_of_each() == written);
  CHECK(ring.size_approx() == 0);
}

}  // namespace

TEST_CASE("many shards: a consumer that only polls finds every item") {
  for (const std::size_t shards : {8u, 16u, 64u, 128u, 256u}) {
    run(shards, scaled(2'000), [](Ring& ring, Recorder& recorder, Consumer& consumer) {
      Patience patience;
      for (bool drained = false; !drained;) {
        const std::size_t got = recorder.read(1, [&]() -> std::size_t {
          const auto item = ring.try_read();
          if (item) recorder(*item);
          return item ? 1 : 0;
        });
        const std::uint64_t sweep = consumer.sweeps.fetch_add(1, std::memory_order_relaxed);
        if (got != 0) {
          patience.progress();
        } else if (sweep % 256 == 0) {  // a look at every shard, and so not at every sweep
          drained = ring.is_drained() || !patience.wait();
        }
      }
    });
  }
}

TEST_CASE("many shards: a consumer that sleeps is woken for every item") {
  for (const std::size_t shards : {16u, 256u}) {
    run(shards, scaled(2'000), [](Ring& ring, Recorder& recorder, Consumer& consumer) {
      Watchdog watchdog("many shards: asleep");
      Random random(seed());
      const whorl::BlockingWait asleep_at_once{.spins = 0, .yields = 0};
      for (;;) {
        // Polls for as long as it takes to forget, then sleeps: the next item comes to a shard that nobody looks at.
        for (std::uint64_t n = between(random, 0, 5'000); n != 0; --n) {
          show(ring, recorder, 8);
          consumer.sweeps.fetch_add(1, std::memory_order_relaxed);
        }
        consumer.asleep = true;
        if (ring.wait_readable(asleep_at_once) != whorl::ReadResult::ready) return;
        consumer.asleep = false;
        watchdog.progress();
      }
    });
  }
}

TEST_CASE("many shards: a consumer that asks to be called again and again is called for every item") {
  const std::uint64_t each = scaled(20'000);
  // Few shards and few sweeps between the requests, so that an item and a request often cross.
  for (const std::uint64_t sweeps : {1u, 4u, 16u, 64u}) {
    CAPTURE(sweeps);
    whorl::Doorbell bell(kProducers, {.scan = 0, .sweeps = sweeps});
    const whorl::Array<whorl::RingShard<Item>> shards(
        kProducers, [&](std::size_t i) { return whorl::RingShard<Item>(4, 0, true, &bell, i); });
    whorl::Sweep sweep(256, 0);
    std::array<std::atomic<std::uint64_t>, kProducers> read{};
    Recorder recorder(kProducers, kProducers, 4);
    {
      // One item at a time: none that comes later makes up for a call that was not made.
      const Crew crew(kProducers, [&](std::size_t producer, std::stop_token stop, Random& random) {
        for (std::uint64_t n = 0; n < each && !stop.stop_requested(); ++n) {
          const auto write = [&] { return shards[producer].try_write(Item::make(producer, n)); };
          if (!write_when_room(stop, [&] { return recorder.write(producer, write); })) return;
          for (whorl::Backoff wait; read[producer] != n + 1 && !stop.stop_requested();) wait.snooze();
          for (std::uint64_t left = between(random, 0, 20 * sweeps); left != 0; --left) whorl::sync::opaque(left);
        }
      });
      const auto see = [&](const Item& item) {
        recorder(item);
        read[item.producer] = item.number + 1;
      };
      for (Patience patience; recorder.seen() < kProducers * each && patience.wait();) {
        for (int i = 0; i < 1000; ++i) {
          if (recorder.read(16, [&] { return sweep.run(shards, bell, see, 16); }) != 0) patience.progress();
        }
      }
    }
    REQUIRE(recorder.complaint() == "");
    REQUIRE(recorder.seen_of_each() == std::vector(kProducers, each));
  }
}
