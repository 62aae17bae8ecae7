// Barriers and sleep on the real machine.

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>
#include <whorl/sync/sync.hpp>

#include "../../support/scale.hpp"

using namespace std::chrono_literals;
namespace seam = whorl::sync;

namespace {

constexpr auto kWatchdog = 60s;

// Two threads in step: each writes its word, passes its barrier and reads the other's word, round after round. Returns in
// how many rounds neither saw the other.
template <class Left, class Right>
std::uint64_t rounds_without_sight(std::size_t rounds, Left&& left, Right&& right) {
  struct Round {
    seam::Atomic<int> a{0}, b{0};
    int seen_by_a = 0, seen_by_b = 0;
  };
  std::vector<Round> table(rounds);
  seam::Atomic<std::size_t> at_a{0}, at_b{0};
  const auto meet = [](seam::Atomic<std::size_t>& mine, const seam::Atomic<std::size_t>& other, std::size_t round) {
    mine.store(round + 1, seam::relaxed);
    for (unsigned looks = 0; other.load(seam::relaxed) <= round; ++looks) {
      if (looks > 1000) seam::yield();
    }
  };
  {
    const std::jthread a([&] {
      for (std::size_t i = 0; i < rounds; ++i) {
        meet(at_a, at_b, i);
        table[i].a.store(1, seam::relaxed);
        left();
        table[i].seen_by_a = table[i].b.load(seam::relaxed);
      }
    });
    for (std::size_t i = 0; i < rounds; ++i) {
      meet(at_b, at_a, i);
      table[i].b.store(1, seam::relaxed);
      right();
      table[i].seen_by_b = table[i].a.load(seam::relaxed);
    }
  }
  std::uint64_t blind = 0;
  for (const Round& round : table) blind += round.seen_by_a == 0 && round.seen_by_b == 0;
  return blind;
}

}  // namespace

TEST_CASE_TEMPLATE("sync: barriers take any atomic integer, and leave it as it is", W, std::uint8_t, std::uint16_t, int,
                   std::uint32_t, std::uint64_t, std::int64_t, std::uintptr_t) {
  seam::Atomic<W> word{W{77}};
  seam::light_barrier(word);
  seam::full_barrier(word);
  seam::heavy_barrier(word);
  CHECK(word.load() == 77);
}

TEST_CASE("sync: of two threads that pass a barrier each, one sees what the other stored before") {
  seam::Atomic<std::uint32_t> word{0};
  const auto light = [&] { seam::light_barrier(word); };
  const auto full = [&] { seam::full_barrier(word); };
  const auto heavy = [&] { seam::heavy_barrier(word); };
  const auto rounds = static_cast<std::size_t>(whorl_test::scaled(20'000));
  CHECK(rounds_without_sight(rounds, full, full) == 0);
  CHECK(rounds_without_sight(rounds, full, heavy) == 0);
  if (seam::asymmetric()) CHECK(rounds_without_sight(rounds, light, heavy) == 0);
}

TEST_CASE("sync: park returns at once when the word is not what was expected") {
  seam::Atomic<std::uint32_t> word{3};
  seam::park(word, 4, seam::Clock::time_point::max());
  seam::park(word, 2, seam::Clock::now() + 1000h);
  CHECK(word.load() == 3);
}

TEST_CASE("sync: park ends at its deadline, and not for good before it") {
  seam::Atomic<std::uint32_t> word{3};
  const auto deadline = seam::Clock::now() + 20ms;
  while (seam::Clock::now() < deadline) seam::park(word, 3, deadline);  // it may return for no reason
  for (const auto past : {seam::Clock::now() - 1s, seam::Clock::time_point{}, seam::Clock::time_point(-1ns),
                          seam::Clock::time_point::min()}) {
    seam::park(word, 3, past);
  }
  CHECK(word.load() == 3);
}

TEST_CASE("sync: unpark_all wakes all who sleep on the word") {
  seam::Atomic<std::uint32_t> word{0};
  seam::Atomic<int> about_to_sleep{0}, woken_in_time{0};
  constexpr int kSleepers = 3;
  const auto watchdog = seam::Clock::now() + kWatchdog;
  {
    std::vector<std::jthread> sleepers;
    for (int i = 0; i < kSleepers; ++i) {
      sleepers.emplace_back([&] {
        about_to_sleep.fetch_add(1);
        while (word.load() == 0 && seam::Clock::now() < watchdog) seam::park(word, 0, watchdog);
        if (seam::Clock::now() < watchdog) woken_in_time.fetch_add(1);
      });
    }
    while (about_to_sleep.load() != kSleepers) seam::yield();
    std::this_thread::sleep_for(5ms);  // so that as a rule they do sleep: the test holds either way
    word.store(1);
    seam::unpark_all(word);
  }
  CHECK(woken_in_time.load() == kSleepers);
}

TEST_CASE("sync: sleep_until lasts as long as it says, and no time at all when that is past") {
  const auto deadline = seam::Clock::now() + 10ms;
  while (seam::Clock::now() < deadline) seam::sleep_until(deadline);  // it may wake for no reason
  seam::sleep_until(seam::Clock::now() - 1h);
  seam::sleep_until(seam::Clock::time_point::min());
  CHECK(seam::Clock::now() >= deadline);
}

TEST_CASE("sync: points in time before the clock's beginning are counted as the kernel does") {
  using Time = seam::Clock::time_point;
  const auto is = [](Time time, std::int64_t seconds, long nanoseconds) {
    const timespec counted = seam::to_timespec(time);
    return counted.tv_sec == seconds && counted.tv_nsec == nanoseconds;
  };
  CHECK(is(Time(0s), 0, 0));
  CHECK(is(Time(1500ms), 1, 500'000'000));
  CHECK(is(Time(-1ns), -1, 999'999'999));
  CHECK(is(Time::max(), 9'223'372'036, 854'775'807));
}
