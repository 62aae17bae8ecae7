// Producers that wait for room and a consumer that waits for items, each by every strategy.
// Forbidden: an item lost, delivered twice, torn, or before an earlier item of its producer; a thread that waits on although
// what it waits for is there.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "crew.hpp"
#include "recorder.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using Ring = whorl::ShardedRing<Item>;

namespace {

// Producers write `each` items, the last of them to finish closes the ring, and the consumer reads until then.
template <class Wait>
void run(std::size_t producers, std::size_t capacity, std::uint64_t each, const Wait& wait) {
  CAPTURE(producers);
  CAPTURE(capacity);
  Watchdog watchdog("waits");
  const std::size_t shards = std::min<std::size_t>(4, std::bit_ceil(producers));
  Ring ring(capacity * shards, shards);
  Recorder recorder(producers, shards, capacity);
  Random random(seed());
  std::atomic<std::size_t> writing{producers};
  whorl::ReadResult end = whorl::ReadResult::ready;
  {
    const Crew crew(producers, [&](std::size_t producer, std::stop_token stop, Random&) {
      for (std::uint64_t n = 0; n < each; ++n) {
        const auto write = [&] { return ring.write(producer, Item::make(producer, n), wait, stop); };
        if (recorder.write(producer, write) != whorl::WriteResult::ok) break;
      }
      if (writing.fetch_sub(1) == 1) ring.close();
    });
    while ((end = ring.wait_readable(wait)) == whorl::ReadResult::ready) {
      show(ring, recorder, between(random, 1, 300));
      watchdog.progress();
    }
  }
  REQUIRE(end == whorl::ReadResult::closed);
  REQUIRE(recorder.complaint() == "");
  REQUIRE(recorder.seen_of_each() == std::vector(producers, each));
  CHECK(ring.stats().accepted == producers * each);
  CHECK(ring.stats().delivered == producers * each);
  CHECK(ring.size_approx() == 0);
}

template <class Wait>
void run_all(const Wait& wait = {}) {
  for (const std::size_t producers : {1u, 2u, 4u, 16u, 64u}) {
    for (const std::size_t capacity : {1u, 2u, 64u, 1024u}) {
      const std::uint64_t items = scaled(capacity < 64 ? 8'000 : 100'000);
      run(producers, capacity, std::max<std::uint64_t>(items / producers, 1), wait);
    }
  }
}

}  // namespace

TEST_CASE("waits: every item comes once and in its producer's order, yielding") { run_all<whorl::YieldingWait>(); }

TEST_CASE("waits: every item comes once and in its producer's order, sleeping") { run_all<whorl::SleepingWait>(); }

TEST_CASE("waits: every item comes once and in its producer's order, parked") { run_all<whorl::BlockingWait>(); }

TEST_CASE("waits: every item comes once and in its producer's order, parked at once") {
  run_all(whorl::BlockingWait{.spins = 0, .yields = 0});
}

TEST_CASE("waits: every item comes once and in its producer's order, in phases") {
  using namespace std::chrono_literals;
  run_all<whorl::PhasedBackoffWait<>>();
  run_all(whorl::PhasedBackoffWait<whorl::SleepingWait>{.spin_time = 1us, .yield_time = 5us});
}

TEST_CASE("waits: every item comes once and in its producer's order, spinning with a CPU for each") {
  for (const std::size_t capacity : {1u, 2u, 64u, 1024u}) {
    run(1, capacity, scaled(capacity < 64 ? 2'000 : 20'000), whorl::BusySpinWait{});
  }
}

TEST_CASE("waits: spinning with more threads than CPUs crawls, and everybody gets on") {
  const auto time = std::chrono::milliseconds(scaled(2'000));
  for (const std::size_t producers : {4u, 16u}) {
    CAPTURE(producers);
    Watchdog watchdog("waits: spinning");
    Ring ring(256, 4);
    Recorder recorder(producers, 4, 64);
    std::vector<std::uint64_t> accepted(producers, 0);
    {
      const Crew crew(producers, [&](std::size_t producer, std::stop_token, Random&) {
        const whorl::BusySpinWait spin;
        const auto write = [&] { return ring.write(producer, Item::make(producer, accepted[producer]), spin); };
        while (recorder.write(producer, write) == whorl::WriteResult::ok) ++accepted[producer];
      });
      const auto begin = std::chrono::steady_clock::now();
      const auto lagging = [&] { return std::ranges::count(recorder.seen_of_each(), 0u); };
      for (auto behind = lagging(); behind != 0 || std::chrono::steady_clock::now() - begin < time / 2;) {
        REQUIRE(ring.wait_readable(whorl::BusySpinWait{}) == whorl::ReadResult::ready);
        show(ring, recorder, 300);
        if (behind == 0 || lagging() < behind) watchdog.progress();
        behind = lagging();
      }
      recorder.closing();
      ring.close();
      while (ring.wait_readable(whorl::BusySpinWait{}) == whorl::ReadResult::ready) show(ring, recorder, 300);
    }
    REQUIRE(recorder.complaint() == "");
    REQUIRE(recorder.seen_of_each() == accepted);
  }
}
