// Threads that stall, vanish, throw, fork, or are paused between claim and publication, and leases in the wrong hands.

#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/death.hpp"
#include "traffic.hpp"

using namespace whorl_test;
using namespace std::chrono_literals;
using whorl::ReadResult;
using whorl::WriteResult;
using SmallRing = whorl::ShardedRing<Living>;

namespace {

// Waits until `so()`, without an end: the watchdog sees to that.
template <class So>
void until(So&& so) {
  for (whorl::Backoff wait; !so(); wait.snooze()) {
  }
}

}  // namespace

// ---- 03 ----------------------------------------------------------------------------------------------------------------

namespace {

// A producer claims one cell and stalls; the others fill the shard behind it. `publishes`: whether it goes on afterwards
// or leaves its cell for ever.
template <class S>
void stall(std::size_t capacity, std::uint64_t before, bool publishes, Watchdog& watchdog) {
  CAPTURE(capacity);
  CAPTURE(before);
  CAPTURE(publishes);
  typename S::template Ring<Living> ring(capacity, 1);
  Ledger ledger(2);
  std::atomic<bool> claimed{false};
  std::atomic<bool> go_on{false};
  {
    const std::jthread stalled([&] {
      for (std::uint64_t n = 0; n < before; ++n) static_cast<void>(ring.try_write(0, Living::make(0, n)));
      auto cells = ring.try_claim(0, 1);
      cells.emplace(Item::make(0, before));
      claimed = true;
      until([&] { return go_on.load(); });
      if (publishes) cells.publish();
    });
    until([&] { return claimed.load(); });
    std::uint64_t behind = 0;
    while (ring.try_write(1, Living::make(1, behind))) ++behind;
    CHECK(behind == capacity - before - 1);  // what is claimed is full, and is not overwritten
    CHECK(ring.write_for(1, Living::make(1, behind), 1ms, kAsleepAtOnce) == WriteResult::timed_out);
    CHECK(ring.try_consume(ledger, SIZE_MAX) == before);  // all before the hole, and nothing behind
    CHECK(ring.try_consume(ledger, SIZE_MAX) == 0);
    CHECK(ring.wait_readable(kAsleepAtOnce, 1ms) == ReadResult::timed_out);
    while (ring.try_write(1, Living::make(1, behind))) ++behind;  // the room of what was read, and no more
    CHECK(behind == capacity - 1);
    if (publishes) std::this_thread::sleep_for(10ms);
    go_on = true;
    while (ledger.seen() < capacity - (publishes ? 0 : 1) + before) {
      REQUIRE(ring.wait_readable(kAsleepAtOnce) == ReadResult::ready);
      ring.try_consume(ledger, SIZE_MAX);
    }
    watchdog.progress();
  }
  CHECK(ledger.complaint() == "");
  CHECK(ledger.seen_of_each() == std::vector<std::uint64_t>{before + (publishes ? 1 : 0), capacity - 1});
  CHECK(ring.stats().tombstones == (publishes ? 0 : 1));
  CHECK(Living::alive == 0);
}

}  // namespace

TEST_CASE_TEMPLATE("fault 03: a stall between claim and publication holds back what is behind it, and nothing else", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  Watchdog watchdog("fault 03");
  for (std::uint64_t round = 0; round < figure(2, 100); ++round) {
    for (const std::size_t capacity : {1u, 2u, 8u, 64u}) {
      for (const std::uint64_t before : {std::uint64_t{0}, std::uint64_t{capacity / 2}}) {
        if (before == capacity) continue;
        for (const bool publishes : {true, false}) stall<S>(capacity, before, publishes, watchdog);
      }
    }
  }
}

// ---- 04 ----------------------------------------------------------------------------------------------------------------

namespace {

enum class Leave : std::uint8_t { scope, exception, thread_exit, cancelled };

struct Arguments {
  SmallRing* ring = nullptr;
  Leave leave = Leave::scope;
  std::atomic<bool> claimed{false};
};

// Claims three cells, builds two items, publishes one, and leaves in one of four ways.
void claim_and_leave(Arguments& arguments) {
  auto cells = arguments.ring->try_claim(0, 3, 3);
  cells.emplace(Item::make(0, 0));
  cells.emplace(Item::make(0, 1));
  cells.publish(1);
  arguments.claimed = true;
  if (arguments.leave == Leave::exception) throw std::runtime_error("out of the middle of a range");
  if (arguments.leave == Leave::thread_exit) pthread_exit(nullptr);
  while (arguments.leave == Leave::cancelled) pause();  // a point of cancellation
}

extern "C" void* leave_thread(void* given) {
  try {
    claim_and_leave(*static_cast<Arguments*>(given));
  } catch (const std::runtime_error&) {
  }
  return nullptr;
}

}  // namespace

TEST_CASE("fault 04: a claim that is abandoned, however its thread leaves it, is passed over and counted") {
  Watchdog watchdog("fault 04");
  for (std::uint64_t round = 0; round < figure(100, 10'000); ++round) {
    for (const Leave leave : {Leave::scope, Leave::exception, Leave::thread_exit, Leave::cancelled}) {
      CAPTURE(static_cast<int>(leave));
      SmallRing ring(4, 1);
      Arguments arguments{&ring, leave};
      pthread_t thread{};
      REQUIRE(pthread_create(&thread, nullptr, leave_thread, &arguments) == 0);
      until([&] { return arguments.claimed.load(); });
      if (leave == Leave::cancelled) REQUIRE(pthread_cancel(thread) == 0);
      REQUIRE(pthread_join(thread, nullptr) == 0);
      REQUIRE(ring.try_write(1, Living::make(1, 0)));
      Ledger ledger(2);
      REQUIRE(ring.try_consume(ledger, SIZE_MAX) == 2);
      REQUIRE(ledger.complaint() == "");
      REQUIRE(ring.stats() == whorl::RingStats{.accepted = 2, .delivered = 2, .tombstones = 2});
      REQUIRE(Living::alive == 0);
      watchdog.progress();
    }
  }
}

// ---- 08 ----------------------------------------------------------------------------------------------------------------

namespace {

struct HandlerFailed : std::runtime_error {
  HandlerFailed() : std::runtime_error("this handler was told to fail") {}
};

// Reads to the end in visits of random length with a handler that throws after having seen an item: when fails() says so.
template <class Ring, class Fails>
std::uint64_t read_with_failures(Ring& ring, Ledger& ledger, Random& random, Watchdog& watchdog, Fails&& fails) {
  std::uint64_t caught = 0;
  while (ring.wait_readable() == ReadResult::ready) {
    try {
      ring.try_consume(
          [&](const Living& item) {
            ledger(item);
            if (fails(item)) throw HandlerFailed();
          },
          between(random, 1, 20));
    } catch (const HandlerFailed&) {
      ++caught;
    }
    watchdog.progress();
  }
  return caught;
}

}  // namespace

TEST_CASE_TEMPLATE("fault 08: whichever item's handler throws, it is told once and costs nobody anything", S,
                   WHORL_TEST_SHAPES) {
  constexpr std::uint64_t kEach = 16;
  Watchdog watchdog("fault 08: each");
  Random random(seed());
  for (const std::size_t shards : {1u, 4u}) {
    for (std::uint64_t nth = 0; nth < kEach; ++nth) {
      for (const std::uint64_t most : {std::uint64_t{1}, std::uint64_t{4}, kEach}) {
        CAPTURE(shards);
        CAPTURE(nth);
        typename S::template Ring<Living> ring(kEach * shards, shards);
        Ledger ledger(shards);
        Writers writers(ring);
        for (std::uint64_t n = 0; n < kEach * shards; ++n) {
          REQUIRE(writers.try_write(n % shards, Living::make(n % shards, n / shards)));
        }
        std::uint64_t caught = 0;
        for (std::uint64_t left = 2 * kEach * shards; left != 0; --left) {
          try {
            const auto use = [&](const Living& item) {
              ledger(item);
              if (item.producer == shards - 1 && item.number == nth) throw HandlerFailed();
            };
            ring.try_consume(use, most);
          } catch (const HandlerFailed&) {
            ++caught;
          }
        }
        REQUIRE(caught == 1);
        require_all_delivered(ring, ledger, std::vector(shards, kEach));
        for (std::uint64_t n = 0; n < kEach; ++n)
          REQUIRE(writers.try_write(0, Living::make(0, n)));  // all room is back
        watchdog.progress();
      }
    }
  }
  CHECK(Living::alive == 0);
}

TEST_CASE_TEMPLATE("fault 08: producers that wait for room get it from a consumer whose handlers throw", S,
                   WHORL_TEST_SHAPES) {
  constexpr std::size_t kProducers = 2;
  const std::uint64_t each = figure(5'000, 1'000'000);
  for (const std::size_t capacity : {1u, 8u}) {
    CAPTURE(capacity);
    Watchdog watchdog("fault 08: waiting");
    Random random(seed());
    typename S::template Ring<Living> ring(capacity * kProducers, kProducers);
    Ledger ledger(kProducers);
    std::atomic<std::size_t> writing{kProducers};
    std::uint64_t thrown = 0;
    std::uint64_t caught = 0;
    {
      const Crew crew(kProducers, [&](std::size_t producer, std::stop_token stop, Random&) {
        {
          Mouth mouth(ring, producer);
          for (std::uint64_t n = 0; n < each; ++n) {
            if (mouth.write(Living::make(producer, n), whorl::BlockingWait{}, stop) != WriteResult::ok) break;
          }
        }
        if (writing.fetch_sub(1) == 1) ring.close();
      });
      caught = read_with_failures(ring, ledger, random, watchdog, [&](const Item&) {
        const bool fails = between(random, 0, 3) == 0;
        thrown += fails ? 1 : 0;
        return fails;
      });
    }
    CHECK(caught == thrown);
    require_all_delivered(ring, ledger, std::vector(kProducers, each));
    CHECK(Living::alive == 0);
  }
}

// ---- 19 ----------------------------------------------------------------------------------------------------------------

TEST_CASE("fault 19: a process forks while its ring is busy, and neither the child nor the ring suffers") {
  constexpr std::size_t kProducers = 2;
  Watchdog watchdog("fault 19: busy");
  SmallRing ring(8, 2);
  Ledger ledger(kProducers);
  std::vector<std::uint64_t> written(kProducers, 0);
  std::uint64_t bad_children = 0;
  const std::uint64_t forks = figure(100, 10'000);
  {
    const Crew crew(kProducers, [&](std::size_t producer, std::stop_token, Random&) {
      while (ring.write(producer, Living::make(producer, written[producer]), kAsleepAtOnce) == WriteResult::ok) {
        ++written[producer];
      }
    });
    const std::jthread forker([&] {
      for (std::uint64_t n = 0; n < forks; ++n) {
        const pid_t child = fork();
        if (child == 0) _exit(7);
        int status = 0;
        const bool ended = child > 0 && waitpid(child, &status, 0) == child;
        bad_children += ended && WIFEXITED(status) && WEXITSTATUS(status) == 7 ? 0 : 1;
        watchdog.progress();
      }
      ring.close();
    });
    while (ring.wait_readable(kAsleepAtOnce) == ReadResult::ready) ring.try_consume(ledger, 4);
  }
  CHECK(bad_children == 0);
  require_all_delivered(ring, ledger, written);
  CHECK(Living::alive == 0);
}

TEST_CASE("fault 19: what a child does with its copy of a ring, nobody else hears of") {
  Watchdog watchdog("fault 19: copy");
  for (std::uint64_t n = 0; n < figure(20, 1'000); ++n) {
    SmallRing ring(4, 1);
    Ledger ledger(1);
    std::atomic<int> result{-1};
    {
      const std::jthread sleeper([&] { result = static_cast<int>(ring.wait_readable(kAsleepAtOnce)); });
      until([&] { return ring.reader_parks() != 0; });
      const pid_t child = fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        // Nothing here allocates or takes a lock. The sleeper is not in this process: waking it wakes nobody.
        const bool wrote = ring.try_write(0, Living::make(0, 0));
        ring.close();
        _exit(wrote && !ring.try_write(0, Living::make(0, 1)) ? 0 : 1);
      }
      int status = 0;
      REQUIRE(waitpid(child, &status, 0) == child);
      CHECK(WIFEXITED(status));
      CHECK(WEXITSTATUS(status) == 0);
      CHECK(!ring.is_closed());
      CHECK(ring.size_approx() == 0);
      CHECK(result == -1);
      REQUIRE(ring.try_write(0, Living::make(0, 0)));
    }
    CHECK(result == static_cast<int>(ReadResult::ready));
    CHECK(ring.try_consume(ledger, 2) == 1);
    watchdog.progress();
  }
  CHECK(Living::alive == 0);
}

// ---- 23 ----------------------------------------------------------------------------------------------------------------

namespace {

std::atomic<bool> hold{false};
std::atomic<bool> held{false};

// Holds the thread that it interrupts where it is.
void stand_still(int) {
  held = true;
  while (hold) {
    const timespec moment{0, 20'000};
    nanosleep(&moment, nullptr);
  }
  held = false;
}

// While one producer stands still wherever the signal has hit it, another writes up to so many laps, and all are read.
template <class Ring>
void pass(Ring& ring, Ledger& ledger, pthread_t victim, std::uint64_t items, std::uint64_t& written) {
  hold = true;
  pthread_kill(victim, SIGUSR2);
  until([&] { return held.load(); });
  for (std::uint64_t n = 0; n < items; ++n) {
    ring.try_consume(ledger, 2);
    // It may have been hit between claim and publication: then there is no way past it.
    if (!ring.try_write(0, Living::make(1, written))) break;
    ++written;
  }
  hold = false;
  until([&] { return !held.load(); });
}

}  // namespace

TEST_CASE_TEMPLATE("fault 23: a producer that stands still anywhere, while others go round whole laps, harms nothing",
                   S, WHORL_TEST_SHAPES_BY_ID) {
  Watchdog watchdog("fault 23");
  struct sigaction action = {};
  struct sigaction former = {};
  action.sa_handler = stand_still;
  sigaction(SIGUSR2, &action, &former);
  for (const std::size_t capacity : {2u, 8u}) {
    for (const std::uint64_t laps : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1} << 16}) {
      CAPTURE(capacity);
      CAPTURE(laps);
      typename S::template Ring<Living> ring(capacity, 1);
      Ledger ledger(2);
      std::vector<std::uint64_t> written(2, 0);
      std::atomic<bool> done{false};
      std::atomic<pthread_t> victim{};
      std::atomic<bool> begun{false};
      {
        const std::jthread slow([&] {
          victim = pthread_self();
          begun = true;
          while (!done) {
            if (ring.try_write(0, Living::make(0, written[0]))) ++written[0];
          }
        });
        until([&] { return begun.load(); });
        for (std::uint64_t pause = 0; pause < figure(laps > 2 ? 3 : 50, laps > 2 ? 200 : 20'000); ++pause) {
          pass(ring, ledger, victim, laps * capacity, written[1]);
          ring.try_consume(ledger, SIZE_MAX);
          watchdog.progress();
        }
        done = true;
      }
      ring.try_consume(ledger, SIZE_MAX);
      require_all_delivered(ring, ledger, written);
      CHECK(Living::alive == 0);
    }
  }
  sigaction(SIGUSR2, &former, nullptr);
}

// ---- 24 ----------------------------------------------------------------------------------------------------------------

// meson.build compiles this program with checks on.
static_assert(WHORL_CHECKED);

namespace {

// What a second thread may do with a lease that is not its own.
template <class Lease>
void write_in_one_way(Lease& lease, std::uint64_t way) {
  const Living item = Living::make(0, 1);
  switch (way % 4) {
    case 0:
      return static_cast<void>(lease.try_write(item));
    case 1:
      return static_cast<void>(lease.try_write_some(std::span(&item, 1)));
    case 2:
      return static_cast<void>(lease.write(item));
    default:
      return lease.try_claim(1).discard();
  }
}

}  // namespace

TEST_CASE_TEMPLATE("fault 24: a second thread that writes with a lease is stopped, every time", S,
                   WHORL_TEST_SHAPES_BY_LEASE) {
  std::uint64_t survived = 0;
  for (std::uint64_t round = 0; round < figure(40, 4'000); ++round) {
    const std::string words = dying_words([&] {
      typename S::template Ring<Living> ring(8, 1);
      auto lease = ring.lease();
      static_cast<void>(lease->try_write(Living::make(0, 0)));
      std::thread([&] { write_in_one_way(*lease, round); }).join();
    });
    survived += words.find("a lease belongs to one thread") == std::string::npos ? 1 : 0;
  }
  CHECK(survived == 0);
}
