// A biased shard that changes from its owner's to everybody's at a random moment.
// Forbidden: an item lost, delivered twice, torn, or before an earlier item of its producer, whoever owned the shard and
// whatever the owner was doing when somebody else came.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "crew.hpp"
#include "recorder.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using Ring = whorl::ShardedRing<Item>;

namespace {

// Near every wrap, and anywhere.
whorl::Position any_first(Random& random) {
  const std::array<whorl::Position, 4> wraps = {0, whorl::Position{1} << 62, whorl::Position{1} << 63,
                                                (whorl::Position{1} << 63) + (whorl::Position{1} << 62)};
  if (between(random, 0, 1) == 0) return random();
  return wraps[between(random, 0, wraps.size() - 1)] - between(random, 0, 2'000);
}

// Writes items [first, end) of `producer`, singly or in batches; false when stopped.
bool write_row(Recorder& recorder, Ring& ring, std::size_t producer, std::uint64_t first, std::uint64_t end,
               std::stop_token stop, Random& random) {
  std::array<Item, 8> batch;
  while (first < end) {
    const std::size_t size = std::min<std::size_t>(end - first, between(random, 1, batch.size()));
    for (std::size_t k = 0; k < size; ++k) batch[k] = Item::make(producer, first + k);
    std::size_t written = 0;
    const auto write = [&] {
      const auto attempt = [&]() -> std::size_t {
        return size == 1 ? ring.try_write(producer, batch[0])
                         : ring.try_write_some(producer, std::span(batch).first(size));
      };
      written = recorder.write(producer, attempt, size);
      return written != 0;
    };
    if (!write_when_room(stop, write)) return false;
    first += written;
  }
  return true;
}

}  // namespace

TEST_CASE("biased: strangers that come at any moment find every item of the owner in its place") {
  Random random(seed());
  Watchdog watchdog("biased: strangers");
  for (const std::size_t capacity : {1u, 2u, 8u, 64u, 1024u}) {
    for (std::uint64_t round = 0; round < scaled(300); ++round) {
      watchdog.progress();
      const std::size_t producers = 1 + between(random, 1, 3);
      // Where there is little room every item is a wait, and on a busy machine a long one.
      const std::uint64_t each = between(random, 1, std::min<std::uint64_t>(200, 25 * capacity));
      const std::uint64_t come_after = between(random, 0, 20'000);  // in pauses: about as long as the owner writes
      CAPTURE(capacity);
      CAPTURE(round);
      Ring ring(capacity, 1, {.first_position = any_first(random)});
      Recorder recorder(producers, 1, capacity);
      std::atomic<bool> go{false};
      {
        const Crew crew(producers, [&](std::size_t producer, std::stop_token stop, Random& dice) {
          dice.seed(seed() + round * 4 + producer);
          while (!go.load(std::memory_order_relaxed) && !stop.stop_requested()) whorl::sync::yield();
          // Producer 0 owns the shard, as a rule.
          if (producer != 0) dawdle(between(dice, 0, come_after));
          write_row(recorder, ring, producer, 0, each, stop, dice);
        });
        go.store(true, std::memory_order_relaxed);
        consume_all(ring, crew, recorder, random);
      }
      REQUIRE(recorder.complaint() == "");
      REQUIRE(recorder.seen_of_each() == std::vector(producers, each));
      REQUIRE(ring.stats().accepted == producers * each);
      REQUIRE(ring.stats().delivered == producers * each);
      REQUIRE(ring.size_approx() == 0);
    }
  }
}

TEST_CASE("biased: an owner that is writing when a stranger comes, and is slow to be seen, loses nothing") {
  constexpr std::size_t kShards = 64;
  constexpr std::size_t kCapacity = 2048;
  Random random(seed());
  for (std::uint64_t round = 0; round < scaled(40); ++round) {
    CAPTURE(round);
    Ring ring(kCapacity * kShards, kShards, {.first_position = any_first(random)});
    std::vector<std::uint64_t> written(2 * kShards, 0);  // by the owner, then by the stranger, to each shard
    std::atomic<std::size_t> place{0};                   // the shard that the owner is writing to, once it has begun
    std::atomic<std::size_t> shared{0};                  // shards that the stranger has come to
    std::atomic<std::uint64_t> refused{0};
    Recorder recorder(2 * kShards, kShards, kCapacity);
    const auto write = [&](std::size_t producer, std::size_t shard) {
      const std::size_t row = producer * kShards + shard;
      const bool done = recorder.write(row, [&] { return ring.try_write(shard, Item::make(row, written[row])); });
      refused += done ? 0 : 1;
      ++written[row];
    };
    {
      const Crew crew(2, [&](std::size_t producer, std::stop_token, Random& dice) {
        dice.seed(seed() + 2 * round + producer);
        for (std::size_t shard = 0; shard < kShards; ++shard) {
          if (producer == 0) {
            write(0, shard);
            place.store(shard + 1, std::memory_order_relaxed);
            while (shared.load(std::memory_order_relaxed) <= shard) {
              if (written[shard] == kCapacity / 2) {
                whorl::sync::yield();
              } else {
                write(0, shard);
              }
            }
          } else {
            for (whorl::Backoff wait; place.load(std::memory_order_relaxed) <= shard;) wait.snooze();
            // Whoever reads the owner's position takes the line away from it: its next store waits, and may be late.
            for (std::uint64_t n = between(dice, 0, 30); n != 0; --n) static_cast<void>(ring.stats(shard));
            for (int n = 0; n < 3; ++n) write(1, shard);
            shared.store(shard + 1, std::memory_order_relaxed);
          }
        }
      });
    }
    show(ring, recorder, SIZE_MAX);
    REQUIRE(recorder.complaint() == "");
    REQUIRE(recorder.seen_of_each() == written);
    REQUIRE(refused == 0);
  }
}

TEST_CASE("biased: ids that wander through a pool of threads keep their order") {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kIds = 16;
  struct Task {
    std::mutex turn;  // one thread at a time writes as this id
    std::uint64_t next = 0;
  };
  for (const std::size_t capacity : {1u, 8u, 256u}) {
    for (std::uint64_t round = 0; round < scaled(10); ++round) {
      CAPTURE(capacity);
      Ring ring(capacity * 8, 8);
      std::vector<Task> tasks(kIds);
      Recorder recorder(kIds, 8, capacity);
      Random random(seed() + round);
      {
        const Crew crew(kThreads, [&](std::size_t thread, std::stop_token stop, Random& dice) {
          dice.seed(seed() + round * kThreads + thread);
          for (std::uint64_t turn = 0; turn < 100; ++turn) {
            const std::size_t id = between(dice, 0, kIds - 1);
            const std::lock_guard mine(tasks[id].turn);
            const std::uint64_t first = tasks[id].next;
            tasks[id].next = first + between(dice, 1, 50);
            if (!write_row(recorder, ring, id, first, tasks[id].next, stop, dice)) return;
          }
        });
        consume_all(ring, crew, recorder, random);
      }
      REQUIRE(recorder.complaint() == "");
      for (std::size_t id = 0; id < kIds; ++id) REQUIRE(recorder.seen_of_each()[id] == tasks[id].next);
    }
  }
}

TEST_CASE("biased: a thread that comes after the owner has ended goes on with its shard, or shares it") {
  constexpr std::uint64_t kEach = 16;
  const std::uint64_t threads = scaled(1'000);
  for (const std::size_t capacity : {1u, 16u}) {
    CAPTURE(capacity);
    Ring ring(capacity, 1);
    Recorder recorder(1, 1, capacity);
    Random random(seed());
    std::set<whorl::sync::ThreadId> identities;
    {
      // One thread after the other writes on where the last one stopped. The C library gives a new thread the memory of
      // one that has ended, and with it the identity.
      const Crew crew(1, [&](std::size_t, std::stop_token stop, Random& dice) {
        for (std::uint64_t n = 0; n < threads; ++n) {
          std::jthread([&] {
            identities.insert(whorl::sync::this_thread());
            write_row(recorder, ring, 0, n * kEach, (n + 1) * kEach, stop, dice);
          }).join();
        }
      });
      consume_all(ring, crew, recorder, random);
    }
    REQUIRE(recorder.complaint() == "");
    REQUIRE(recorder.seen() == threads * kEach);
    CHECK(identities.size() < threads);  // some have inherited
  }
}

TEST_CASE("biased: a ring closed while its shard changes hands delivers what it has accepted") {
  Random random(seed());
  Watchdog watchdog("biased: close");
  for (std::uint64_t round = 0; round < scaled(3'000); ++round) {
    watchdog.progress();
    const std::size_t capacity = std::size_t{1} << between(random, 0, 6);
    const std::uint64_t close_after = between(random, 0, 10'000);
    const std::size_t producers = between(random, 1, 3);
    CAPTURE(capacity);
    CAPTURE(producers);
    Ring ring(capacity, 1, {.first_position = any_first(random)});
    Recorder recorder(producers, 1, capacity);
    std::vector<std::uint64_t> accepted(producers, 0);
    {
      const Crew crew(producers, [&](std::size_t producer, std::stop_token, Random& dice) {
        dice.seed(seed() + round * 4 + producer);
        if (producer != 0) dawdle(between(dice, 0, close_after));
        const auto write = [&] { return ring.write(producer, Item::make(producer, accepted[producer])); };
        while (recorder.write(producer, write) == whorl::WriteResult::ok) ++accepted[producer];
      });
      const std::jthread closer([&] {
        dawdle(close_after);
        recorder.closing();
        ring.close();
      });
      while (ring.wait_readable() == whorl::ReadResult::ready) show(ring, recorder, between(random, 1, 100));
      REQUIRE(ring.is_drained());
    }
    REQUIRE(show(ring, recorder, SIZE_MAX) == 0);
    REQUIRE(recorder.complaint() == "");
    REQUIRE(recorder.seen_of_each() == accepted);
    REQUIRE(ring.stats().accepted == recorder.seen());
  }
}
