// More threads than CPUs, items of every size, positions at every wrap, starving, priorities, and all of it for long.

#include <doctest/doctest.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "traffic.hpp"

using namespace whorl_test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using whorl::Position;
using whorl::ReadResult;
using whorl::WriteResult;
using OneRing = whorl::ShardedRing<Living>;

namespace {

// Producers that never stop are stopped by closing the ring when `enough()`; how many items each has written.
template <class Ring, class Wait, class Enough>
std::vector<std::uint64_t> write_until(Ring& ring, std::size_t producers, const Wait& wait, Watchdog& watchdog,
                                       Enough&& enough) {
  Ledger ledger(producers);
  std::vector<std::uint64_t> written(producers, 0);
  std::vector<std::uint64_t> seen;
  {
    const Crew crew(producers, [&](std::size_t producer, std::stop_token, Random&) {
      while (ring.write(producer, Living::make(producer, written[producer]), wait) == WriteResult::ok) {
        ++written[producer];
      }
    });
    while (!enough(ledger.seen_of_each())) {
      REQUIRE(ring.wait_readable(wait) == ReadResult::ready);
      ring.try_consume(ledger, 64);
      watchdog.progress();
    }
    ring.close();
    seen = ledger.seen_of_each();
    while (ring.wait_readable(wait) == ReadResult::ready) ring.try_consume(ledger, 64);
  }
  require_all_delivered(ring, ledger, written);
  REQUIRE(Living::alive == 0);
  return seen;
}

bool is_each_at_least(const std::vector<std::uint64_t>& counts, std::uint64_t least) {
  return std::ranges::all_of(counts, [least](std::uint64_t count) { return count >= least; });
}

}  // namespace

// ---- 01 ----------------------------------------------------------------------------------------------------------------

namespace {

template <class Wait>
void oversubscribe(const Wait& wait = {}) {
  std::array<double, 65> seconds{};
  for (const std::size_t producers : {1u, 2u, 4u, 16u, 64u}) {
    const auto begin = steady_clock::now();
    for (const std::size_t capacity : {2u, 4u, 64u, 1024u}) {
      CAPTURE(producers);
      CAPTURE(capacity);
      Watchdog watchdog("fault 01");
      OneRing ring(capacity, 1);
      const std::uint64_t items = figure(capacity < 64 ? 1'000 : 10'000, 1'000'000);
      deliver_all(ring, producers, std::max<std::uint64_t>(items / producers, 1), wait, watchdog);
    }
    seconds[producers] = std::chrono::duration<double>(steady_clock::now() - begin).count();
  }
  note("64 producers took " + std::to_string(seconds[64] / seconds[2]) + " times as long as 2");
}

}  // namespace

TEST_CASE("fault 01: more threads than CPUs, yielding") { oversubscribe<whorl::YieldingWait>(); }
TEST_CASE("fault 01: more threads than CPUs, sleeping") { oversubscribe<whorl::SleepingWait>(); }
TEST_CASE("fault 01: more threads than CPUs, parked") { oversubscribe<whorl::BlockingWait>(); }
TEST_CASE("fault 01: more threads than CPUs, in phases") { oversubscribe<whorl::PhasedBackoffWait<>>(); }
TEST_CASE("fault 01: more threads than CPUs, by growing sleeps") { oversubscribe<whorl::ExponentialWait>(); }
TEST_CASE("fault 01: more threads than CPUs, adaptive") { oversubscribe<whorl::AdaptiveWait>(); }

TEST_CASE("fault 01: more threads than CPUs, spinning: the slowest gets on") {
  // Each hand-over may cost a time slice of every other thread: the figure is a number of items of the slowest.
  for (const std::size_t producers : {1u, 2u, 4u, 16u, 64u}) {
    for (const std::size_t capacity : {2u, 4u, 64u, 1024u}) {
      if (!is_long() && producers > (capacity < 1024 ? 1 : 2)) continue;
      const std::uint64_t least = producers == 1 ? figure(10, 100'000) : 1;
      CAPTURE(producers);
      CAPTURE(capacity);
      Watchdog watchdog("fault 01: spinning");
      OneRing ring(capacity, 1);
      write_until(ring, producers, whorl::BusySpinWait{}, watchdog,
                  [&](const auto& seen) { return is_each_at_least(seen, least); });
    }
  }
}

// ---- 02 ----------------------------------------------------------------------------------------------------------------

namespace {

// Words of which the first says whose and which item it is, and the last is a checksum over all others and that.
template <std::size_t kBytes>
struct Payload {
  static constexpr std::size_t kWords = kBytes / sizeof(std::uint64_t);
  std::array<std::uint64_t, kWords> words;

  static Payload make(std::uint64_t producer, std::uint64_t number) {
    Payload payload;
    const std::uint64_t name = producer << 40 | number;
    payload.words[0] = name;
    for (std::size_t k = 1; k < kWords; ++k) payload.words[k] = name * (2 * k + 1);
    payload.seal();
    return payload;
  }
  std::uint64_t producer() const { return words[0] >> 40 & 0xFF; }
  std::uint64_t number() const { return words[0] & ((std::uint64_t{1} << 40) - 1); }

  bool is_whole() const {
    Payload copy = *this;
    if constexpr (kWords == 1) copy.words[0] &= kName;
    copy.seal();
    return copy.words == words;
  }
  // What a reader leaves behind: no payload is like it.
  void overwrite() { words.fill(0xDEAD'DEAD'DEAD'DEAD); }

 private:
  static constexpr std::uint64_t kName = (std::uint64_t{1} << 48) - 1;

  void seal() {
    std::uint64_t sum = 0x9E3779B97F4A7C15;
    for (std::size_t k = 0; k + (kWords > 1 ? 1 : 0) < kWords; ++k)
      sum = (sum ^ words[k]) * 0xD6E8FEB86659FD93 + (sum >> 29);
    if constexpr (kWords > 1) words[kWords - 1] = sum;
    if constexpr (kWords == 1) words[0] |= (sum >> 48) << 48;  // there is room for 16 bits of it
  }
};

// Every item is checked by its consumer and then overwritten where it lies, so that one delivered twice would show.
template <class S, std::size_t kBytes>
std::uint64_t check_payloads(std::uint64_t items) {
  using T = Payload<kBytes>;
  constexpr std::size_t kShards = 2;
  constexpr std::size_t kProducers = S::kShared ? 3 : 2;
  const std::uint64_t each = items / kProducers + 1;
  Watchdog watchdog("fault 02");
  typename S::template Ring<T> ring(16 * kShards, kShards);
  Writers writers(ring);
  Random random(seed());
  std::uint64_t mismatches = 0;
  Ledger ledger(kProducers);
  {
    const Crew crew(kProducers, [&](std::size_t producer, std::stop_token stop, Random&) {
      for (std::uint64_t n = 0; n < each; ++n) {
        const T item = T::make(producer, n);
        if (!write_when_room(stop, [&] { return writers.try_write(producer % kShards, item); })) return;
      }
    });
    const auto check = [&](T& item) {
      mismatches += item.is_whole() ? 0 : 1;
      ledger(Item::make(item.producer(), item.number()));
      item.overwrite();
      if (ledger.seen() % 1024 == 0) watchdog.progress();
    };
    consume_all(ring, crew, check, random);
  }
  CHECK(mismatches == 0);
  require_all_delivered(ring, ledger, std::vector(kProducers, each));
  return ledger.seen();
}

template <class S, std::size_t... kBytes>
std::uint64_t check_all_payloads(std::uint64_t items) {
  return (check_payloads<S, kBytes>(items / sizeof...(kBytes)) + ...);
}

}  // namespace

TEST_CASE_TEMPLATE("fault 02: every payload comes out as it went in, once", S, WHORL_TEST_SHAPES) {
  const std::uint64_t items = figure(250'000, 25'000'000);  // of each of four shapes
  const std::uint64_t checks = check_all_payloads<S, 8, 24, 64, 256, 1024, 4096>(items);
  CHECK(checks >= items / 6 * 6);
  note(std::to_string(checks) + " payloads checked");
}

TEST_CASE("fault 02: a payload of parts of two is recognised") {
  const auto first = Payload<64>::make(1, 2);
  const auto second = Payload<64>::make(1, 3);
  CHECK(first.is_whole());
  CHECK(Payload<8>::make(2, 5).is_whole());
  for (std::size_t k = 0; k < first.words.size(); ++k) {
    auto torn = first;
    torn.words[k] = second.words[k];
    CHECK(!torn.is_whole());
  }
  auto gone = Payload<8>::make(2, 5);
  gone.overwrite();
  CHECK(!gone.is_whole());
}

// ---- 10 ----------------------------------------------------------------------------------------------------------------

namespace {

constexpr std::array<Position, 4> kWraps = {(Position{1} << 31) - 3, (Position{1} << 32) - 3, (Position{1} << 63) - 3,
                                            ~Position{0} - 2};
constexpr std::array<std::size_t, 4> kSmallCapacities = {1, 2, 4, 8};  // of 1 to 5 and 8, those that there are

// The results of the same random calls, one thread's, whatever the first position.
template <class S>
std::vector<std::uint64_t> results_from(Position first, std::size_t capacity, std::uint64_t steps) {
  typename S::template Shard<std::uint64_t> shard(capacity, first);
  Random random(capacity);
  std::vector<std::uint64_t> results;
  std::uint64_t next = 0;
  const auto read = [&](std::uint64_t item) { results.push_back(item); };
  for (std::uint64_t step = 0; step < steps; ++step) {
    const std::size_t size = between(random, 1, capacity + 1);
    switch (between(random, 0, 3)) {
      case 0:
        results.push_back(shard.try_write(next++));
        break;
      case 1:
        results.push_back(shard.try_fill(size, [&](std::size_t k) { return next + k; }, between(random, 1, size)));
        next += size;
        break;
      case 2: {
        auto cells = shard.try_claim(size);
        while (cells.built() < cells.size()) cells.emplace(next++);
        cells.publish(cells.size() / 2 + cells.size() % 2);
        results.push_back(cells.size());
        break;
      }
      default:
        results.push_back(shard.try_consume(read, size));
    }
    results.push_back(shard.size_approx());
    results.push_back(shard.is_readable());
  }
  const whorl::RingStats stats = shard.stats();
  results.insert(results.end(), {stats.accepted, stats.refused, stats.delivered, stats.tombstones});
  return results;
}

}  // namespace

TEST_CASE_TEMPLATE("fault 10: from a position before any wrap the results are those from 0", S, WHORL_TEST_SHAPES) {
  for (const std::size_t capacity : kSmallCapacities) {
    const std::vector<std::uint64_t> usual = results_from<S>(0, capacity, figure(2'000, 1'000'000));
    for (const Position first : kWraps) {
      CAPTURE(capacity);
      CAPTURE(first);
      CHECK((results_from<S>(first, capacity, figure(2'000, 1'000'000)) == usual));
    }
  }
}

TEST_CASE_TEMPLATE("fault 10: so it is with threads", S, WHORL_TEST_SHAPES) {
  for (const Position first : kWraps) {
    for (const std::size_t capacity : kSmallCapacities) {
      CAPTURE(capacity);
      CAPTURE(first);
      Watchdog watchdog("fault 10");
      typename S::template Ring<Living> ring(2 * capacity, 2, {.first_position = first});
      deliver_all(ring, 2, figure(1'000, 500'000), whorl::YieldingWait{}, watchdog);
    }
  }
}

// ---- 26 ----------------------------------------------------------------------------------------------------------------

namespace {

template <class Kind, class Wait>
void share(const char* how, const Wait& wait) {
  constexpr std::size_t kProducers = 16;
  const auto time = figure(500ms, 10'000ms);
  Watchdog watchdog("fault 26");
  whorl::ShardedRing<Living, Kind> ring(2, 1);
  const auto begin = steady_clock::now();
  const std::vector<std::uint64_t> seen = write_until(ring, kProducers, wait, watchdog, [&](const auto& counts) {
    return steady_clock::now() - begin >= time && is_each_at_least(counts, 1);
  });
  std::uint64_t total = 0;
  for (const std::uint64_t count : seen) total += count;
  const std::uint64_t least = *std::ranges::min_element(seen);
  CHECK(least != 0);
  const double share = static_cast<double>(100 * kProducers * least) / static_cast<double>(total);
  note(std::string(how) + ": " + std::to_string(total) + " items, the least of 16 shares is " + std::to_string(share) +
       " % of a fair one");
}

}  // namespace

TEST_CASE("fault 26: of sixteen producers on two slots none starves") {
  share<whorl::Biased>("parked", whorl::BlockingWait{});
  share<whorl::Shared>("parked at once", kAsleepAtOnce);
  share<whorl::Biased>("yielding", whorl::YieldingWait{});
  share<whorl::Shared>("sleeping", whorl::SleepingWait{});
}

// ---- 27 ----------------------------------------------------------------------------------------------------------------

namespace {

// Runs `work` in a thread that has only one CPU, the same each time, and gives it to those it starts.
template <class Work>
void on_one_cpu(Work&& work) {
  std::thread worker([&] {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    REQUIRE(sched_getaffinity(0, sizeof(allowed), &allowed) == 0);
    int first = 0;
    while (!CPU_ISSET(first, &allowed)) ++first;
    CPU_ZERO(&allowed);
    CPU_SET(first, &allowed);
    REQUIRE(sched_setaffinity(0, sizeof(allowed), &allowed) == 0);
    work();
  });
  worker.join();
}

// Makes the calling thread one that runs whenever it can, before all ordinary ones; false where that is not permitted.
bool become_urgent() {
  const sched_param urgent{.sched_priority = 1};
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &urgent) == 0;
}

// An ordinary producer and an urgent consumer on one CPU; false where that is not permitted.
template <class Wait>
bool urge(const Wait& wait, std::uint64_t items) {
  Watchdog watchdog("fault 27: urgent");
  OneRing ring(4, 1);
  Ledger ledger(1);
  std::atomic<bool> permitted{true};
  on_one_cpu([&] {
    const Crew crew(1, [&](std::size_t, std::stop_token, Random&) {
      for (std::uint64_t n = 0; n < items; ++n) {
        if (ring.write(0, Living::make(0, n)) != WriteResult::ok) return;
      }
      ring.close();
    });
    permitted = become_urgent();
    if (!permitted) ring.close();
    while (ring.wait_readable(wait) == ReadResult::ready) {
      ring.try_consume(ledger, 4);
      watchdog.progress();
    }
  });
  if (permitted) require_all_delivered(ring, ledger, {items});
  return permitted;
}

}  // namespace

TEST_CASE("fault 27: on one CPU everybody gets on, however they wait") {
  on_one_cpu([] {
    const auto deliver = [](const auto& wait, std::uint64_t each) {
      Watchdog watchdog("fault 27: one CPU");
      OneRing ring(4, 1);
      deliver_all(ring, 2, each, wait, watchdog);
    };
    deliver(whorl::BlockingWait{}, figure(5'000, 500'000));
    deliver(whorl::YieldingWait{}, figure(5'000, 500'000));
    deliver(whorl::SleepingWait{}, figure(2'000, 200'000));
    deliver(whorl::PhasedBackoffWait<>{}, figure(2'000, 200'000));
    deliver(whorl::BusySpinWait{}, figure(50, 5'000));  // a time slice for each hand-over
  });
}

TEST_CASE("fault 27: an urgent consumer that parks or sleeps lets an ordinary producer have its CPU") {
  const std::uint64_t items = figure(5'000, 500'000);
  const bool permitted = urge(whorl::BlockingWait{}, items) && urge(kAsleepAtOnce, items) &&
                         urge(whorl::SleepingWait{}, items) && urge(whorl::ExponentialWait{}, items);
  if (!permitted) note("SCHED_FIFO is not permitted here: that half was not run");
}

// ---- 28 ----------------------------------------------------------------------------------------------------------------

namespace {

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// A little of rows 1, 15 and 20: many producers, deadlines and signals that come in between, and a close at any moment.
template <class S>
void mix(Random& random, Watchdog& watchdog) {
  constexpr std::size_t kProducers = 6;
  typename S::template Ring<Living> ring((std::size_t{1} << between(random, 0, 6)) * 8, 8);
  Ledger ledger(kProducers);
  std::vector<std::uint64_t> written(kProducers, 0);
  const std::uint64_t close_after = between(random, 0, 2'000);
  const std::uint64_t salt = random();
  {
    const Crew crew(kProducers, [&](std::size_t producer, std::stop_token, Random& dice) {
      dice.seed(salt + producer);
      Mouth mouth(ring, producer);
      for (WriteResult end = WriteResult::ok; end != WriteResult::closed;) {
        const whorl::Until soon(std::chrono::microseconds(between(dice, 0, 200)));
        end = mouth.write(Living::make(producer, written[producer]), kAsleepAtOnce, soon);
        if (end == WriteResult::ok) ++written[producer];
      }
    });
    for (ReadResult end = ReadResult::ready; end != ReadResult::closed;) {
      end = ring.wait_readable(kAsleepAtOnce, std::chrono::microseconds(between(random, 0, 200)));
      ring.try_consume(ledger, between(random, 1, 64));
      if (ledger.seen() >= close_after) ring.close();
    }
  }
  require_all_delivered(ring, ledger, written);
  REQUIRE(Living::alive == 0);
  watchdog.progress();
}

}  // namespace

TEST_CASE("fault 28: a long mixture of all that loses nothing and grows by nothing") {
  // WHORL_SOAK_SECONDS: for how long, when the three hours of the full figure are too many or too few.
  const char* const given = std::getenv("WHORL_SOAK_SECONDS");
  const std::chrono::milliseconds time = given != nullptr
                                             ? std::chrono::milliseconds(1000 * std::strtoull(given, nullptr, 10))
                                             : figure(3'000ms, std::chrono::milliseconds(3h));
  Random random(seed());
  Watchdog watchdog("fault 28");
  const auto begin = steady_clock::now();
  std::uint64_t warm = 0;
  std::uint64_t rounds = 0;
  for (; steady_clock::now() - begin < time; ++rounds) {
    mix<BiasedInline>(random, watchdog);
    mix<SharedInline>(random, watchdog);
    mix<ExclusiveInline>(random, watchdog);
    mix<ExclusiveDense>(random, watchdog);
    // The stacks and heaps that threads use come and go at first.
    if (warm == 0 && steady_clock::now() - begin > time / 3) warm = resident_bytes();
  }
  const auto growth = static_cast<std::int64_t>(resident_bytes() - warm);
  note(std::to_string(4 * rounds) + " rings, resident memory changed by " + std::to_string(growth / 1024) + " KiB");
  if (!kSanitized) CHECK(growth <= std::int64_t{1} << 20);  // a sanitizer keeps books of its own
}
