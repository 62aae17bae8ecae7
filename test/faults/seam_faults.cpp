// Faults that only a seam can make (faulty_seam.hpp): sleeps that return for no reason, a clock that jumps, and a thread
// that stands still between its decision to claim and the claim.

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "traffic.hpp"

using namespace whorl_test;
using namespace std::chrono_literals;
using whorl::ReadResult;
using whorl::WriteResult;
namespace seam = whorl::sync;

// ---- 15 ----------------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("fault 15: sleeps of which every other one returns for no reason lose no item", S,
                   WHORL_TEST_SHAPES) {
  Watchdog watchdog("fault 15: injected");
  seam::faulty_sleep = true;
  const std::uint64_t denied = seam::sleeps_denied;
  for (const std::size_t capacity : {1u, 2u, 8u}) {
    CAPTURE(capacity);
    const std::size_t shards = 2;
    typename S::template Ring<Living> ring(shards * capacity, shards);
    deliver_all(ring, 2, figure(2'500, 200'000), kAsleepAtOnce, watchdog);
  }
  seam::faulty_sleep = false;
  CHECK(seam::sleeps_denied > denied);
}

TEST_CASE_TEMPLATE("fault 15: a sleep that returns for no reason is no news to who waits", S, WHORL_TEST_SHAPES) {
  Watchdog watchdog("fault 15: no news");
  seam::faulty_sleep = true;
  std::uint64_t wrong = 0;
  typename S::template Ring<Living> empty(1, 1);
  typename S::template Ring<Living> full(1, 1);
  Mouth mouth(full, 0);
  REQUIRE(mouth.try_write(Living::make(0, 0)));
  for (std::uint64_t round = 0; round < figure(100, 5'000); ++round) {
    auto deadline = seam::Clock::now() + 300us;
    wrong += empty.wait_readable(kAsleepAtOnce, deadline) == ReadResult::timed_out ? 0 : 1;
    wrong += seam::Clock::now() >= deadline ? 0 : 1;
    deadline = seam::Clock::now() + 300us;
    wrong += mouth.write(Living::make(0, 1), kAsleepAtOnce, deadline) == WriteResult::timed_out ? 0 : 1;
    wrong += seam::Clock::now() >= deadline ? 0 : 1;
    watchdog.progress();
  }
  seam::faulty_sleep = false;
  CHECK(wrong == 0);
}

// ---- 18 ----------------------------------------------------------------------------------------------------------------

TEST_CASE("fault 18: a clock that jumps an hour back ends no wait, and one that jumps an hour on ends it") {
  constexpr std::int64_t kHour = std::chrono::nanoseconds(1h).count();
  for (const bool writes : {false, true}) {
    Watchdog watchdog("fault 18: jumps");
    whorl::ShardedRing<Living> ring(1, 1);
    if (writes) REQUIRE(ring.try_write(0, Living::make(0, 0)));
    std::atomic<int> result{-1};
    seam::jumped = 0;
    const auto deadline = seam::Clock::now() + 10min;
    const whorl::SleepingWait wait{.sleep = 100us};  // looks at the clock by itself
    {
      const std::jthread waiter([&] {
        result = writes ? static_cast<int>(ring.write_until(0, Living::make(0, 1), deadline, wait))
                        : static_cast<int>(ring.wait_readable(wait, deadline));
      });
      seam::jumped = -kHour;
      std::this_thread::sleep_for(20ms);
      CHECK(result == -1);
      seam::jumped = kHour;
    }
    CHECK(result == (writes ? static_cast<int>(WriteResult::timed_out) : static_cast<int>(ReadResult::timed_out)));
    seam::jumped = 0;
  }
}

// ---- 23 ----------------------------------------------------------------------------------------------------------------

namespace {

// The thread that decides is this one; while it stands still, another writes `laps` laps and all of them are read.
template <class Ring>
void stand_still(Ring& ring, std::size_t capacity, std::uint64_t laps, std::uint64_t ready) {
  Ledger ledger(2);
  std::uint64_t others = 0;
  const auto write_other = [&] {
    for (std::uint64_t n = 0; n < ready; ++n) REQUIRE(ring.try_write(0, Item::make(1, others++)));
  };
  write_other();
  std::uint64_t hooks = 0;
  std::uint64_t refused = 0;
  seam::before_exchange = [&] {
    ++hooks;
    for (std::uint64_t n = 0; n < laps * capacity; ++n) {
      ring.try_consume(ledger, 1);
      refused += ring.try_write(0, Item::make(1, others++)) ? 0 : 1;
    }
    ring.try_consume(ledger, SIZE_MAX);
  };
  // Its position is long gone: it must take another one, and no item may be lost for it.
  REQUIRE(ring.try_write(0, Item::make(0, 0)));
  seam::before_exchange = nullptr;
  REQUIRE(hooks == 1);
  REQUIRE(refused == 0);
  REQUIRE(ring.size_approx() == 1);
  REQUIRE(ring.try_consume(ledger, SIZE_MAX) == 1);
  REQUIRE(ledger.complaint() == "");
  REQUIRE(ledger.seen_of_each() == std::vector<std::uint64_t>{1, others});
  REQUIRE(ring.stats().accepted == others + 1);
}

}  // namespace

TEST_CASE("fault 23: a thread that stands still before its claim for whole laps takes no position twice") {
  for (const whorl::Position first : {whorl::Position{0}, ~whorl::Position{0} - 5, (whorl::Position{1} << 63) - 2}) {
    for (const std::size_t capacity : {1u, 2u, 4u, 64u}) {
      for (const std::uint64_t laps : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1} << 16}) {
        if (laps > 2 && capacity > 4 && !is_long()) continue;
        CAPTURE(first);
        CAPTURE(capacity);
        CAPTURE(laps);
        whorl::ShardedRing<Item, whorl::Shared> shared(capacity, 1, {.first_position = first});
        stand_still(shared, capacity, laps, capacity - 1);
        whorl::ShardedRing<Item> biased(capacity, 1, {.first_position = first});
        // A second thread makes it everybody's: from then on its claims are exchanges, too.
        std::thread([&] { static_cast<void>(biased.try_claim(0, 1)); }).join();
        auto mine = biased.try_claim(0, 1);
        mine.discard();
        static_cast<void>(biased.try_consume([](Item&) {}, SIZE_MAX));
        stand_still(biased, capacity, laps, capacity - 1);
      }
    }
  }
}
