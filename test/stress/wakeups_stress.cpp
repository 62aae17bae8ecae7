// Threads that go to sleep whenever they can, so that every item is also a wake-up.
// Forbidden: a wake-up that is lost, whoever pays for the barriers; a wait that ends for a reason that is not there; an
// item lost, or counted that was not written, when a wait ends early.

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/disturber.hpp"
#include "crew.hpp"
#include "recorder.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using Ring = whorl::ShardedRing<Item>;
using std::chrono::microseconds;
using whorl::ReadResult;
using whorl::WriteResult;

namespace {

constexpr whorl::BlockingWait kAsleepAtOnce{.spins = 0, .yields = 0};

// Any time in [0, most), the short ones more often.
microseconds moment(Random& random, std::uint64_t most) {
  return microseconds(between(random, 0, between(random, 0, most)));
}

void dawdle(microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) whorl::sync::pause();
}

// Moves `items` single items through `ring`; the consumer sleeps when there is none, the producer when there is no room.
// Both tell `here` who they are, for whoever wants to disturb them, and end together.
template <class Here>
void stream(Ring& ring, std::uint64_t items, Here&& here) {
  Watchdog watchdog("wake-ups: stream");
  Recorder recorder(1, 1, ring.capacity());
  {
    const Crew crew(1, [&](std::size_t, std::stop_token stop, Random&) {
      [[maybe_unused]] const auto present = here(1);
      for (std::uint64_t n = 0; n < items; ++n) {
        const auto write = [&] { return ring.write(0, Item::make(0, n), kAsleepAtOnce, stop); };
        if (recorder.write(0, write) != WriteResult::ok) break;
      }
      ring.close();
    });
    [[maybe_unused]] const auto present = here(0);
    while (ring.wait_readable(kAsleepAtOnce) == ReadResult::ready) {
      show(ring, recorder, 1);
      watchdog.progress();
    }
  }
  REQUIRE(recorder.complaint() == "");
  REQUIRE(recorder.seen() == items);
}

}  // namespace

TEST_CASE("wake-ups: two threads that wake each other over two rings never both sleep") {
  const std::uint64_t rounds = scaled(50'000);
  Watchdog watchdog("wake-ups: ping-pong");
  Ring ping(1, 1);
  Ring pong(1, 1);
  std::uint64_t wrong = 0;
  {
    const std::jthread other([&] {
      while (ping.wait_readable(kAsleepAtOnce) == ReadResult::ready) {
        if (!pong.try_write(0, ping.try_read().value_or(Item{}))) ++wrong;
      }
    });
    for (std::uint64_t n = 0; n < rounds; ++n) {
      if (!ping.try_write(0, Item::make(0, n))) ++wrong;
      if (pong.wait_readable(kAsleepAtOnce) != ReadResult::ready) ++wrong;
      if (pong.try_read().value_or(Item{}).seal != Item::seal_of(0, n)) ++wrong;
      watchdog.progress();
    }
    ping.close();
  }
  CHECK(wrong == 0);
  CHECK(ping.reader_parks() + pong.reader_parks() > rounds / 100);
}

TEST_CASE("wake-ups: an item that comes just when the consumer goes to sleep is not slept through") {
  const std::uint64_t items = scaled(100'000);
  Watchdog watchdog("wake-ups: crossing");
  Ring ring(4, 1);
  Recorder recorder(1, 1, 4);
  std::atomic<std::uint64_t> read{0};
  {
    const Crew crew(1, [&](std::size_t, std::stop_token stop, Random& random) {
      for (std::uint64_t n = 0; n < items && !stop.stop_requested(); ++n) {
        for (whorl::Backoff wait; read != n && !stop.stop_requested(); wait.snooze()) {
        }
        for (std::uint64_t left = between(random, 0, 500); left != 0; --left) whorl::sync::opaque(left);
        if (!recorder.write(0, [&] { return ring.try_write(0, Item::make(0, n)); })) break;
      }
      ring.close();
    });
    while (ring.wait_readable(kAsleepAtOnce) == ReadResult::ready) {
      read += show(ring, recorder, 1);
      watchdog.progress();
    }
  }
  REQUIRE(recorder.complaint() == "");
  REQUIRE(recorder.seen() == items);
}

TEST_CASE("wake-ups: a producer that sleeps for room and a consumer that sleeps for items never both sleep") {
  std::uint64_t parks = 0;  // of all: with 64 cells the two may well meet at a pace where neither ever waits
  for (const std::size_t capacity : {1u, 2u, 8u, 64u}) {
    CAPTURE(capacity);
    Ring ring(capacity, 1);
    stream(ring, scaled(50'000), [](int) { return 0; });
    parks += ring.stats().parks + ring.reader_parks();
  }
  CHECK(parks > 0);
}

TEST_CASE("wake-ups: signals that interrupt the sleepers change nothing") {
  for (const std::size_t capacity : {1u, 4u}) {
    CAPTURE(capacity);
    Disturber disturber(2);
    Ring ring(capacity, 1);
    stream(ring, scaled(20'000), [&](std::size_t seat) { return Disturber::Present(disturber, seat); });
    // Asleep, with nothing to come, and disturbed all the time.
    const Disturber::Present present(disturber, 0);
    Ring quiet(capacity, 1);
    CHECK(quiet.wait_readable(kAsleepAtOnce, std::chrono::milliseconds(50)) == ReadResult::timed_out);
    while (quiet.try_write(0, Item{})) {
    }
    CHECK(quiet.write_for(0, Item{}, std::chrono::milliseconds(50), kAsleepAtOnce) == WriteResult::timed_out);
    CHECK(disturber.handled() > 0);
  }
}

TEST_CASE("wake-ups: deadlines and stops at random moments end a wait for their own reason, and cost no item") {
  const std::uint64_t rounds = scaled(20'000);
  Watchdog watchdog("wake-ups: deadlines");
  Ring ring(2, 1);
  Recorder recorder(1, 1, 2);
  Random random(seed());
  std::atomic<std::uint64_t> wrong{0};
  std::uint64_t accepted = 0;
  std::array<std::uint64_t, 4> ends{};
  {
    const Crew crew(1, [&](std::size_t, std::stop_token, Random& dice) {
      for (std::uint64_t round = 0; round < rounds; ++round) {
        std::stop_source stop;
        const auto deadline = std::chrono::steady_clock::now() + moment(dice, 300);
        if (between(dice, 0, 7) == 0) stop.request_stop();
        const WriteResult end = recorder.write(
            0, [&] { return ring.write_until(0, Item::make(0, accepted), deadline, kAsleepAtOnce, stop.get_token()); });
        if (end == WriteResult::ok) ++accepted;
        const bool late = std::chrono::steady_clock::now() >= deadline;
        wrong += end == WriteResult::timed_out && !late ? 1 : 0;
        wrong += end == WriteResult::stopped && !stop.stop_requested() ? 1 : 0;
        wrong += end == WriteResult::full || end == WriteResult::closed ? 1 : 0;
        dawdle(moment(dice, 30));
      }
      ring.close();
    });
    std::stop_source stop;
    // The one that the consumer waits with now, until it has been stopped. The stopper works on a copy, which keeps the
    // stop state alive when the consumer is done with it first.
    std::mutex mutex;
    std::optional<std::stop_source> stoppable;
    const auto take = [&] {
      const std::lock_guard lock(mutex);
      return std::exchange(stoppable, std::nullopt);
    };
    const std::jthread stopper([&](std::stop_token end) {
      Random dice(seed() + 1);
      for (; !end.stop_requested(); dawdle(moment(dice, 400))) {
        if (std::optional<std::stop_source> source = take()) source->request_stop();
        std::this_thread::yield();
      }
    });
    for (ReadResult end = ReadResult::ready; end != ReadResult::closed;) {
      std::stop_source mine;
      const auto deadline = std::chrono::steady_clock::now() + moment(random, 300);
      {
        const std::lock_guard lock(mutex);
        stoppable = mine;
      }
      if (between(random, 0, 7) == 0) mine.request_stop();
      recorder.read(1, [&]() -> std::size_t {  // in vain: a read that finds nothing
        end = ring.wait_readable(kAsleepAtOnce, {deadline, mine.get_token()});
        return end == ReadResult::ready ? 1 : 0;
      });
      take();
      ++ends[static_cast<std::size_t>(end)];
      wrong += end == ReadResult::timed_out && std::chrono::steady_clock::now() < deadline ? 1 : 0;
      wrong += end == ReadResult::stopped && !mine.stop_requested() ? 1 : 0;
      show(ring, recorder, 1);
      dawdle(moment(random, 30));
      watchdog.progress();
    }
  }
  CHECK(wrong == 0);
  CHECK(ends[static_cast<std::size_t>(ReadResult::ready)] != 0);
  CHECK(ends[static_cast<std::size_t>(ReadResult::timed_out)] != 0);
  CHECK(ends[static_cast<std::size_t>(ReadResult::stopped)] != 0);
  REQUIRE(recorder.complaint() == "");
  REQUIRE(recorder.seen() == accepted);
}

TEST_CASE("wake-ups: a ring that is closed wakes all who sleep on it") {
  const std::uint64_t rounds = scaled(4'000);
  Watchdog watchdog("wake-ups: close");
  Random random(seed());
  std::uint64_t wrong = 0;
  std::uint64_t consumers_asleep = 0;
  std::uint64_t producers_asleep = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    Ring empty(16, 16);
    Ring full(2, 1);
    while (full.try_write(0, Item{})) {
    }
    {
      std::atomic<std::uint64_t> ended{0};
      const std::jthread consumer(
          [&] { ended += empty.wait_readable(kAsleepAtOnce) == ReadResult::closed ? 1 : 1'000; });
      const Crew producers(2, [&](std::size_t producer, std::stop_token, Random&) {
        ended += full.write(producer, Item{}, kAsleepAtOnce) == WriteResult::closed ? 1 : 1'000;
      });
      dawdle(moment(random, 300));
      empty.close();
      full.close();
      for (whorl::Backoff wait; ended < 3; wait.snooze()) {
      }
      wrong += ended == 3 ? 0 : 1;
    }
    watchdog.progress();
    consumers_asleep += empty.reader_parks();
    producers_asleep += full.stats().parks;
  }
  CHECK(wrong == 0);
  CHECK(consumers_asleep != 0);
  CHECK(producers_asleep != 0);
}
