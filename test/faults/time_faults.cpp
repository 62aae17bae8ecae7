// Signals, lost wake-ups, wrong wake-ups, and time that is too short, too long, or stands still.

#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/disturber.hpp"
#include "traffic.hpp"

using namespace whorl_test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using whorl::ReadResult;
using whorl::WriteResult;
using SmallRing = whorl::ShardedRing<Living>;

namespace {

// The latest that a wait ended after its deadline. How late is a matter of the machine's load, so it is told, not judged.
class Lateness {
 public:
  void add(steady_clock::time_point deadline) {
    const auto late = steady_clock::now() - deadline;
    std::lock_guard lock(mutex_);
    worst_ = std::max<steady_clock::duration>(worst_, late);
    ++waits_;
  }
  void tell(const char* what) const {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(worst_).count();
    note(std::to_string(waits_) + " deadlines " + what + ", the latest kept after " + std::to_string(ms) + " ms");
  }

 private:
  std::mutex mutex_;
  steady_clock::duration worst_{};
  std::uint64_t waits_ = 0;
};

}  // namespace

// ---- 15 ----------------------------------------------------------------------------------------------------------------

TEST_CASE("fault 15: signals every 100 us end no wait, lose no item and move no deadline") {
  Watchdog watchdog("fault 15");
  Lateness lateness;
  std::uint64_t signals = 0;
  const auto end = steady_clock::now() + figure(600ms, 5000ms);
  std::uint64_t wrong = 0;
  while (steady_clock::now() < end) {
    Disturber disturber(3);
    SmallRing ring(2, 1);
    deliver_all(ring, 2, 1'000, kAsleepAtOnce, watchdog,
                [&](std::size_t seat) { return Disturber::Present(disturber, seat); });
    // Asleep with nothing to come, and disturbed all the time.
    const Disturber::Present present(disturber, 2);
    SmallRing quiet(1, 1);
    auto deadline = steady_clock::now() + 10ms;
    wrong += quiet.wait_readable(kAsleepAtOnce, deadline) == ReadResult::timed_out ? 0 : 1;
    wrong += steady_clock::now() >= deadline ? 0 : 1;
    lateness.add(deadline);
    REQUIRE(quiet.try_write(0, Living::make(0, 0)));
    deadline = steady_clock::now() + 10ms;
    wrong += quiet.write(0, Living::make(0, 1), kAsleepAtOnce, deadline) == WriteResult::timed_out ? 0 : 1;
    wrong += steady_clock::now() >= deadline ? 0 : 1;
    lateness.add(deadline);
    signals += disturber.handled();
  }
  CHECK(wrong == 0);
  CHECK(signals > 0);
  note(std::to_string(signals) + " signals");
  lateness.tell("under signals");
}

// ---- 16 ----------------------------------------------------------------------------------------------------------------

namespace {

// Two consumers that hand one item to and fro and sleep whenever it is with the other.
template <class S>
void ping_pong(std::uint64_t rounds) {
  Watchdog watchdog("fault 16");
  using Ring = typename S::template Ring<Living>;
  Ring ping(1, 1);
  Ring pong(1, 1);
  std::uint64_t wrong = 0;
  {
    const std::jthread other([&] {
      Mouth mouth(pong, 0);
      std::uint64_t n = 0;
      while (ping.wait_readable(kAsleepAtOnce) == ReadResult::ready) {
        if (ping.try_consume([](Living&) {}, 2) != 1 || !mouth.try_write(Living::make(0, n++))) break;
      }
    });
    Mouth mouth(ping, 0);
    for (std::uint64_t n = 0; n < rounds; ++n) {
      if (!mouth.try_write(Living::make(0, n))) ++wrong;
      if (pong.wait_readable(kAsleepAtOnce) != ReadResult::ready) ++wrong;
      const auto use = [&](Living& item) { wrong += item.number == n ? 0 : 1; };
      if (pong.try_consume(use, 2) != 1) ++wrong;
      watchdog.progress();
    }
    ping.close();
    Mouth(std::move(mouth));  // a lease that is given back lets the other thread see the end
  }
  CHECK(wrong == 0);
  CHECK(ping.stats().delivered == rounds);
  CHECK(pong.stats().delivered == rounds);
  CHECK(Living::alive == 0);
  CHECK(ping.reader_parks() + pong.reader_parks() > 0);
  note(std::to_string(rounds) + " rounds, " + std::to_string(ping.reader_parks() + pong.reader_parks()) + " sleeps");
}

}  // namespace

TEST_CASE_TEMPLATE("fault 16: two consumers that sleep for each other's every item never both sleep", S,
                   WHORL_TEST_SHAPES) {
  ping_pong<S>(figure(10'000, 1'000'000));
}

// ---- 17 ----------------------------------------------------------------------------------------------------------------

TEST_CASE("fault 17: of threads that sleep on one event for different numbers each is woken for its own") {
  constexpr std::uint64_t kWaiters = 4;
  const std::uint64_t steps = figure(5'000, 250'000);
  for (const auto payer : {whorl::EventCount::Payer::both, whorl::EventCount::Payer::sleeper}) {
    Watchdog watchdog("fault 17: event");
    whorl::EventCount event(payer);
    std::atomic<std::uint64_t> number{0};
    std::array<std::atomic<std::uint64_t>, kWaiters> reached{};
    {
      std::vector<std::jthread> threads;
      for (std::uint64_t waiter = 0; waiter < kWaiters; ++waiter) {
        threads.emplace_back([&, waiter] {
          // One waits for every number, the next for every second one, and so on.
          for (std::uint64_t mine = waiter + 1; mine <= steps; mine += waiter + 1) {
            const auto ready = [&] { return number.load(std::memory_order_relaxed) >= mine; };
            if (kAsleepAtOnce.wait(event, ready, {}) != whorl::WaitResult::ready) return;
            reached[waiter] = mine;
          }
        });
      }
      for (std::uint64_t step = 1; step <= steps; ++step) {
        number.store(step, std::memory_order_relaxed);
        event.notify();
        // The number moves on when all who wait for it have seen it: each wake-up counts.
        for (std::uint64_t waiter = 0; waiter < kWaiters; ++waiter) {
          const std::uint64_t due = step / (waiter + 1) * (waiter + 1);
          for (whorl::Backoff wait; reached[waiter] < due; wait.snooze()) {
          }
        }
        watchdog.progress();
      }
    }
    CHECK(event.sleeps() > 0);
  }
}

TEST_CASE_TEMPLATE("fault 17: many producers that sleep for room in one shard, and the consumer for items, all get on",
                   S, WHORL_TEST_SHAPES_BY_ID) {
  Watchdog watchdog("fault 17: shard");
  for (const std::size_t capacity : {1u, 4u}) {
    CAPTURE(capacity);
    typename S::template Ring<Living> ring(capacity, 1);
    deliver_all(ring, 8, figure(250, 20'000), kAsleepAtOnce, watchdog);
    CHECK(ring.stats().parks + ring.reader_parks() > 0);
  }
}

TEST_CASE("fault 17: a sleeper that gives up takes no wake-up with it") {
  constexpr std::size_t kProducers = 6;
  const std::uint64_t each = figure(200, 20'000);
  Watchdog watchdog("fault 17: giving up");
  SmallRing ring(1, 1);
  Ledger ledger(kProducers);
  std::atomic<std::size_t> writing{kProducers};
  std::atomic<std::uint64_t> given_up{0};
  {
    const Crew crew(kProducers, [&](std::size_t producer, std::stop_token stop, Random& dice) {
      for (std::uint64_t n = 0; n < each && !stop.stop_requested();) {
        // Every other producer is impatient.
        const whorl::Until until =
            producer % 2 == 0 ? whorl::Until() : whorl::Until(std::chrono::microseconds(between(dice, 1, 100)));
        const WriteResult end = ring.write(producer, Living::make(producer, n), kAsleepAtOnce, until);
        if (end == WriteResult::timed_out) ++given_up;
        if (end == WriteResult::ok) ++n;
      }
      if (writing.fetch_sub(1) == 1) ring.close();
    });
    while (ring.wait_readable(kAsleepAtOnce) == ReadResult::ready) {
      ring.try_consume(ledger, 1);
      watchdog.progress();
    }
  }
  require_all_delivered(ring, ledger, std::vector(kProducers, each));
  CHECK(ring.stats().refused == given_up);
  CHECK(Living::alive == 0);
}

// ---- 18 ----------------------------------------------------------------------------------------------------------------

namespace {

// Calls f(wait strategy) with each.
template <class F>
void with_every_wait(F&& f) {
  f(whorl::BusySpinWait{});
  f(whorl::YieldingWait{});
  f(whorl::SleepingWait{});
  f(whorl::BlockingWait{});
  f(kAsleepAtOnce);
  f(whorl::PhasedBackoffWait<>{});
  f(whorl::NoWait{});
  f(whorl::ExponentialWait{});
  f(whorl::AdaptiveWait{});
}

using Years = std::chrono::duration<std::int64_t, std::ratio<31'556'952>>;

// Calls f(duration) with each that is over before it begins.
template <class F>
void with_every_nothing(F&& f) {
  f(0ns);
  f(-1ns);
  f(std::chrono::nanoseconds::min());
  f(std::chrono::hours::min());
  f(Years::min());
  f(std::chrono::duration<double>(-std::numeric_limits<double>::infinity()));
  f(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN()));
}

// Calls f(duration) with each that has no end to speak of.
template <class F>
void with_every_eternity(F&& f) {
  f(std::chrono::nanoseconds::max());
  f(std::chrono::microseconds::max());
  f(std::chrono::hours::max());
  f(Years::max());
  f(Years(300));
  f(std::chrono::duration<double>(std::numeric_limits<double>::max()));
  f(std::chrono::duration<float>(std::numeric_limits<float>::infinity()));
}

}  // namespace

TEST_CASE("fault 18: no time, or less than none, is over at once, whoever waits and however") {
  SmallRing empty(1, 1);
  SmallRing full(1, 1);
  REQUIRE(full.try_write(0, Living::make(0, 0)));
  std::array<Living, 1> out{Living::make(0, 0)};
  with_every_wait([&](const auto& wait) {
    with_every_nothing([&](auto time) {
      CHECK(empty.wait_readable(wait, time) == ReadResult::timed_out);
      CHECK(full.write_for(0, Living::make(0, 1), time, wait) == WriteResult::timed_out);
      CHECK(empty.read_batch(out, time, wait) == 0);
    });
    CHECK(empty.wait_readable(wait, whorl::Until(whorl::Until::Time::min())) == ReadResult::timed_out);
    CHECK(full.write_until(0, Living::make(0, 1), whorl::Until::Time::min(), wait) == WriteResult::timed_out);
  });
}

TEST_CASE("fault 18: time without end ends with what was waited for") {
  Watchdog watchdog("fault 18: no end");
  with_every_wait([&](const auto& wait) {
    with_every_eternity([&](auto time) {
      SmallRing ring(1, 1);
      Ledger ledger(1);
      std::array<WriteResult, 2> written{};
      {
        // The second write finds the ring full: it waits until the first item has been read.
        const std::jthread producer([&] {
          std::this_thread::yield();
          for (std::uint64_t n = 0; n < 2; ++n) written[n] = ring.write_for(0, Living::make(0, n), time, wait);
        });
        while (ledger.seen() < 2) {
          REQUIRE(ring.wait_readable(wait, time) == ReadResult::ready);
          ring.try_consume(ledger, 1);
        }
      }
      CHECK(ledger.complaint() == "");
      CHECK(written == std::array{WriteResult::ok, WriteResult::ok});
      watchdog.progress();
    });
  });
}

TEST_CASE("fault 18: no wait ends before its deadline") {
  Random random(seed());
  Lateness lateness;
  Watchdog watchdog("fault 18: early");
  SmallRing empty(1, 1);
  SmallRing full(1, 1);
  REQUIRE(full.try_write(0, Living::make(0, 0)));
  std::uint64_t early = 0;
  for (std::uint64_t round = 0; round < figure(20, 2'000); ++round) {
    with_every_wait([&](const auto& wait) {
      auto deadline = steady_clock::now() + std::chrono::microseconds(between(random, 0, 2'000));
      early += empty.wait_readable(wait, deadline) == ReadResult::timed_out && steady_clock::now() >= deadline ? 0 : 1;
      lateness.add(deadline);
      deadline = steady_clock::now() + std::chrono::microseconds(between(random, 0, 2'000));
      const WriteResult end = full.write_until(0, Living::make(0, 1), deadline, wait);
      early += end == WriteResult::timed_out && steady_clock::now() >= deadline ? 0 : 1;
      lateness.add(deadline);
      watchdog.progress();
    });
  }
  CHECK(early == 0);
  lateness.tell("of every strategy");
}

namespace {

// What the stopped process does: items that come and go with short deadlines all the time, and one consumer and one
// producer each of which waits in vain for `patience`. Returns what went wrong.
int live_through_stops(std::chrono::milliseconds patience) {
  std::atomic<int> wrong{0};
  const auto expect = [&](bool so) { wrong += so ? 0 : 1; };
  SmallRing empty(1, 1);
  SmallRing full(1, 1);
  SmallRing busy(2, 1);
  Ledger ledger(1);
  std::uint64_t accepted = 0;
  expect(full.try_write(0, Living::make(0, 0)));
  const auto deadline = steady_clock::now() + patience;
  {
    const std::jthread reader([&] {
      expect(empty.wait_readable(kAsleepAtOnce, deadline) == ReadResult::timed_out);
      expect(steady_clock::now() >= deadline);
    });
    const std::jthread writer([&] {
      expect(full.write_until(0, Living::make(0, 1), deadline, kAsleepAtOnce) == WriteResult::timed_out);
      expect(steady_clock::now() >= deadline);
    });
    const std::jthread producer([&] {
      while (steady_clock::now() < deadline) {
        const auto soon = steady_clock::now() + 200us;
        const WriteResult end = busy.write_until(0, Living::make(0, accepted), soon, kAsleepAtOnce);
        if (end == WriteResult::ok) ++accepted;
        expect(end == WriteResult::ok || steady_clock::now() >= soon);
      }
      busy.close();
    });
    for (ReadResult end = ReadResult::ready; end != ReadResult::closed;) {
      const auto soon = steady_clock::now() + 200us;
      end = busy.wait_readable(kAsleepAtOnce, soon);
      expect(end != ReadResult::timed_out || steady_clock::now() >= soon);
      busy.try_consume(ledger, 1);
    }
  }
  expect(ledger.complaint().empty() && ledger.seen() == accepted);
  return wrong == 0 ? 0 : 1;
}

}  // namespace

TEST_CASE("fault 18: a process that is stopped and goes on later ends no wait early and loses nothing") {
  const auto stopped = figure(300ms, 5000ms);
  for (const bool beyond : {false, true}) {  // whether the deadline passes while it is stopped
    const std::chrono::milliseconds patience = beyond ? stopped / 2 : 2 * stopped;
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();  // by the only thread
    REQUIRE(child >= 0);
    if (child == 0) {
      static_cast<void>(!write(ends[1], "!", 1));
      _exit(live_through_stops(patience));
    }
    char begun = 0;
    REQUIRE(read(ends[0], &begun, 1) == 1);
    std::this_thread::sleep_for(stopped / 10);
    kill(child, SIGSTOP);
    std::this_thread::sleep_for(stopped);
    kill(child, SIGCONT);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    close(ends[0]);
    close(ends[1]);
  }
}
