// Threads that sleep on a ring and are woken. What each wait does step by step is in waits_steps_test.cpp.

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "../../support/scale.hpp"
#include "../../support/shapes.hpp"

using namespace std::chrono_literals;
using namespace whorl;
using whorl_test::Writers;

namespace {

template <class S>
using Ring = typename S::template Ring<std::uint64_t>;

constexpr auto kWatchdog = 60s;
constexpr BlockingWait kAtOnce{0, 0};  // asleep without delay

template <class R>
void wait_for_parks(const R& ring, std::uint64_t parks) {
  while (ring.stats().parks < parks) std::this_thread::yield();
}
template <class R>
void wait_for_reader_parks(const R& ring, std::uint64_t parks) {
  while (ring.reader_parks() < parks) std::this_thread::yield();
}

// What a thread of its own writes, waiting for room: its lease, where it needs one, is taken there.
template <class R, class... Rest>
WriteResult write_elsewhere(R& ring, std::uint64_t value, Rest... rest) {
  WriteResult result = WriteResult::full;
  std::thread([&] { result = Writers(ring).write(0, value, rest...); }).join();
  return result;
}

}  // namespace

TEST_CASE_TEMPLATE("ShardedRing: a sleeping consumer is woken by an item, whichever shard it comes to", S,
                   WHORL_TEST_SHAPES) {
  for (const std::size_t shards : {1u, 16u}) {
    Ring<S> ring(shards, shards);
    ReadResult result = ReadResult::timed_out;
    std::optional<std::uint64_t> item;
    std::thread consumer([&] {
      result = ring.wait_readable(kAtOnce, Until(kWatchdog));
      item = ring.try_read();
    });
    wait_for_reader_parks(ring, 1);
    {
      Writers writers(ring);
      CHECK(writers.try_write(shards - 1, std::uint64_t{5}));
    }
    consumer.join();
    CHECK(result == ReadResult::ready);
    CHECK(item == 5);
  }
}

TEST_CASE_TEMPLATE("ShardedRing: a sleeping producer is woken by room", S, WHORL_TEST_SHAPES) {
  Ring<S> ring(1, 1);
  CHECK(write_elsewhere(ring, 1) == WriteResult::ok);
  WriteResult result = WriteResult::full;
  std::thread producer([&] { result = Writers(ring).write(0, std::uint64_t{2}, kAtOnce, Until(kWatchdog)); });
  wait_for_parks(ring, 1);
  CHECK(ring.try_read() == 1);
  producer.join();
  CHECK(result == WriteResult::ok);
  CHECK(ring.try_read() == 2);
}

TEST_CASE_TEMPLATE("ShardedRing: close wakes the consumer that sleeps, and so does the last lease that is given back",
                   S, WHORL_TEST_SHAPES) {
  Ring<S> ring(16, 2);
  Writers writers(ring);
  ReadResult result = ReadResult::timed_out;
  std::thread consumer([&] { result = ring.wait_readable(kAtOnce, Until(kWatchdog)); });
  wait_for_reader_parks(ring, 1);
  ring.close();
  writers.give_back();
  consumer.join();
  CHECK(result == ReadResult::closed);
}

TEST_CASE_TEMPLATE("ShardedRing: close wakes every producer that sleeps", S, WHORL_TEST_SHAPES) {
  constexpr std::size_t kProducers = 3;
  // Where producers share, all of them on one shard.
  const std::size_t shards = S::kShared ? 1 : 4;
  Ring<S> ring(shards, shards);
  {
    Writers writers(ring);
    for (std::size_t shard = 0; shard < shards; ++shard) CHECK(writers.try_write(shard, std::uint64_t{1}));
  }
  std::array<WriteResult, kProducers> results;
  results.fill(WriteResult::full);
  {
    std::vector<std::jthread> producers;
    for (std::size_t i = 0; i < kProducers; ++i) {
      producers.emplace_back([&, i] {
        if constexpr (S::kShared) {
          results[i] = ring.write(i, std::uint64_t{2}, kAtOnce, Until(kWatchdog));
        } else {
          auto lease = ring.lease();
          if (lease) results[i] = lease->write(std::uint64_t{2}, kAtOnce, Until(kWatchdog));
        }
      });
    }
    wait_for_parks(ring, kProducers);
    ring.close();
  }
  for (const WriteResult result : results) CHECK(result == WriteResult::closed);
  CHECK(ring.stats().accepted == shards);
  CHECK(ring.stats().refused == kProducers);
}

TEST_CASE_TEMPLATE("ShardedRing: a stop wakes the one that it is meant for", S, WHORL_TEST_SHAPES) {
  Ring<S> ring(1, 1);
  CHECK(write_elsewhere(ring, 1) == WriteResult::ok);
  WriteResult written = WriteResult::full;
  std::jthread producer([&](std::stop_token stop) {
    written = Writers(ring).write(0, std::uint64_t{2}, kAtOnce, Until(kWatchdog, stop));
  });
  wait_for_parks(ring, 1);
  producer.request_stop();
  producer.join();
  CHECK(written == WriteResult::stopped);
  CHECK(ring.try_read() == 1);
  ReadResult read = ReadResult::ready;
  std::jthread consumer(
      [&](std::stop_token stop) { read = ring.wait_readable(kAtOnce, Until(kWatchdog, std::move(stop))); });
  wait_for_reader_parks(ring, 1);
  consumer.request_stop();
  consumer.join();
  CHECK(read == ReadResult::stopped);
}

TEST_CASE_TEMPLATE("ShardedRing: a wait lasts until its deadline", S, WHORL_TEST_SHAPES) {
  Ring<S> ring(1, 1);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(ring.wait_readable(BlockingWait{}, Until(10ms)) == ReadResult::timed_out);
  CHECK(std::chrono::steady_clock::now() - begin >= 10ms);
  CHECK(write_elsewhere(ring, 1) == WriteResult::ok);
  CHECK(write_elsewhere(ring, 2, WritePolicy{}, Until(10ms)) == WriteResult::timed_out);
  CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
  CHECK(ring.stats() == RingStats{1, 1, 0, 0, ring.stats().backoffs, ring.stats().parks});
}

// Everybody sleeps as often as possible: each wake that were lost would stop the program, and the watchdogs say so.
TEST_CASE_TEMPLATE("ShardedRing: producers and consumer that sleep at every turn deliver every item in its order", S,
                   WHORL_TEST_SHAPES) {
  constexpr std::size_t kProducers = 3;
  for (const std::size_t shards : {1u, 4u}) {
    if (!S::kShared && shards < kProducers) continue;
    for (const std::size_t each : {1u, 8u}) {
      CAPTURE(shards);
      CAPTURE(each);
      const std::uint64_t items = whorl_test::scaled(3000);
      Ring<S> ring(each * shards, shards);
      std::atomic<std::uint64_t> failed{0};
      std::array<std::uint64_t, kProducers> next{};
      std::uint64_t disorder = 0;
      ReadResult end = ReadResult::ready;
      {
        std::vector<std::jthread> producers;
        for (std::uint64_t id = 0; id < kProducers; ++id) {
          producers.emplace_back([&, id] {
            const auto write_all = [&](auto&& write) {
              for (std::uint64_t n = 0; n < items && failed == 0; ++n) {
                if (write(n * kProducers + id) != WriteResult::ok) failed.fetch_add(1);
              }
            };
            if constexpr (S::kShared) {
              write_all([&](std::uint64_t item) { return ring.write(id, item, kAtOnce, Until(kWatchdog)); });
            } else {
              auto lease = ring.lease();
              write_all([&](std::uint64_t item) { return lease->write(item, kAtOnce, Until(kWatchdog)); });
            }
          });
        }
        std::thread consumer([&] {
          while ((end = ring.wait_readable(kAtOnce, Until(kWatchdog))) == ReadResult::ready) {
            ring.try_consume([&](std::uint64_t item) { disorder += next[item % kProducers]++ != item / kProducers; },
                             5);
          }
        });
        producers.clear();
        ring.close();
        consumer.join();
      }
      CHECK(failed.load() == 0);
      CHECK(end == ReadResult::closed);
      CHECK(disorder == 0);
      for (const std::uint64_t count : next) CHECK(count == items);
      CHECK(ring.stats().delivered == items * kProducers);
    }
  }
}

TEST_CASE_TEMPLATE("ShardedRing: producers that go elsewhere for room lose nothing and write nothing twice", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  for (const ShardChoice choice : {ShardChoice::round_robin, ShardChoice::random}) {
    constexpr std::uint64_t kProducers = 3;
    const std::uint64_t items = whorl_test::scaled(3000);
    Ring<S> ring(4, 4);
    std::vector<std::uint8_t> seen(items * kProducers, 0);
    std::atomic<std::uint64_t> failed{0};
    {
      std::vector<std::jthread> producers;
      for (std::uint64_t id = 0; id < kProducers; ++id) {
        producers.emplace_back([&, id] {
          auto writer = ring.writer(id, WritePolicy{.shards = choice});
          for (std::uint64_t n = 0; n < items; ++n) {
            if (writer.write(n * kProducers + id, Until(kWatchdog)) != WriteResult::ok) failed.fetch_add(1);
          }
        });
      }
      std::thread consumer([&] {
        std::array<std::uint64_t, 3> out;
        while (const std::size_t n = ring.read_batch(std::span(out), kWatchdog)) {
          for (std::size_t k = 0; k < n; ++k) ++seen[out[k]];
        }
      });
      producers.clear();
      ring.close();
      consumer.join();
    }
    CHECK(failed.load() == 0);
    bool once = true;
    for (const std::uint8_t times : seen) once &= times == 1;
    CHECK(once);
  }
}

namespace {

using ManyShards = whorl::ShardedRing<int>;

// Items come between the last look and the announcement, as they may from other threads.
struct LateItems {
  ManyShards* ring;
  template <class Event, class Ready>
  whorl::WaitResult wait(Event& event, Ready&& ready, const whorl::Until& until) const {
    CHECK_FALSE(ready());
    CHECK(ring->try_write(0, 10));
    CHECK(ring->try_write(1, 11));
    CHECK(event.sleep_unless(ready, until));
    return whorl::WaitResult::ready;
  }
};

}  // namespace

TEST_CASE("wait_readable: every item that is there when it says ready is found by the reads after it") {
  ManyShards ring(64, 16);  // so many that it does not look at all of them
  CHECK(ring.wait_readable(LateItems{&ring}) == whorl::ReadResult::ready);
  CHECK(ring.try_read() == 10);
  CHECK(ring.try_read() == 11);
  ring.close();
  CHECK(ring.is_drained());
}

namespace {

// There is always one more.
struct EndlessItems {
  ManyShards* ring;
  template <class Event, class Ready>
  whorl::WaitResult wait(Event&, Ready&& ready, const whorl::Until&) const {
    CHECK(ring->try_write(0, 1));
    return ready() ? whorl::WaitResult::ready : whorl::WaitResult::timed_out;
  }
};

}  // namespace

TEST_CASE("read_batch: ends when linger is over or a stop is requested, though items keep coming") {
  ManyShards ring(64, 1);
  std::array<int, 8> out{};
  CHECK(ring.try_write(0, 1));
  CHECK(ring.read_batch(out, std::chrono::nanoseconds(0), EndlessItems{&ring}) == 1);
  CHECK(ring.try_write(0, 1));
  std::stop_source source;
  source.request_stop();
  CHECK(ring.read_batch(out, std::chrono::hours(1), EndlessItems{&ring}, source.get_token()) == 1);
  CHECK(ring.try_write(0, 1));
  CHECK(ring.read_batch(out, std::chrono::hours(1), EndlessItems{&ring}) == out.size());
}

TEST_CASE("waits take a time or a stop token where a policy or a strategy may stand") {
  whorl::ShardedRing<int> ring(1, 1);
  std::stop_source source;
  source.request_stop();
  CHECK(ring.wait_readable(std::chrono::nanoseconds(0)) == whorl::ReadResult::timed_out);
  CHECK(ring.wait_readable(source.get_token()) == whorl::ReadResult::stopped);
  CHECK(ring.write(0, 1, std::chrono::nanoseconds(0)) == whorl::WriteResult::ok);
  CHECK(ring.write(0, 2, std::chrono::nanoseconds(0)) == whorl::WriteResult::timed_out);
  CHECK(ring.write(0, 2, source.get_token()) == whorl::WriteResult::stopped);
  CHECK(ring.wait_readable(std::chrono::hours(1)) == whorl::ReadResult::ready);
}
