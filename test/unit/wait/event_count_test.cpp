// Threads that sleep and wake each other. event_count_steps_test.cpp counts what that costs.

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <thread>
#include <vector>
#include <whorl/wait/event_count.hpp>
#include <whorl/wait/wait_strategy.hpp>

#include "../../support/scale.hpp"

using namespace std::chrono_literals;
using whorl::EventCount;
using whorl::Until;
using whorl::WaitResult;
using Payer = EventCount::Payer;

namespace {

constexpr auto kWatchdog = 60s;
constexpr whorl::BlockingWait kAtOnce{0, 0};  // asleep without delay

const auto kNo = [] { return false; };

void wait_for_sleeps(const EventCount& event, std::uint64_t sleeps) {
  while (event.sleeps() < sleeps) std::this_thread::yield();
}

}  // namespace

TEST_CASE("EventCount: a sleeper is woken and finds what has changed") {
  for (const Payer payer : {Payer::sleeper, Payer::both}) {
    EventCount event(payer);
    int data = 0;
    std::atomic<bool> ready{false};
    WaitResult result = WaitResult::timed_out;
    int seen = 0;
    std::thread sleeper([&] {
      result = kAtOnce.wait(event, [&] { return ready.load(std::memory_order_acquire); }, Until(kWatchdog));
      seen = data;
    });
    wait_for_sleeps(event, 1);
    data = 5;
    ready.store(true, std::memory_order_release);
    event.notify();
    sleeper.join();
    CHECK(result == WaitResult::ready);
    CHECK(seen == 5);
  }
}

TEST_CASE("EventCount: one notification wakes all who sleep") {
  for (const Payer payer : {Payer::sleeper, Payer::both}) {
    constexpr std::size_t kSleepers = 4;
    EventCount event(payer);
    std::atomic<bool> ready{false};
    std::vector<WaitResult> results(kSleepers, WaitResult::timed_out);
    {
      std::vector<std::jthread> sleepers;
      for (std::size_t i = 0; i < kSleepers; ++i) {
        sleepers.emplace_back(
            [&, i] { results[i] = kAtOnce.wait(event, [&] { return ready.load(); }, Until(kWatchdog)); });
      }
      wait_for_sleeps(event, kSleepers);
      ready.store(true);
      event.notify();
    }
    for (const WaitResult result : results) CHECK(result == WaitResult::ready);
  }
}

TEST_CASE("EventCount: a stop wakes the sleeper it is meant for") {
  for (const Payer payer : {Payer::sleeper, Payer::both}) {
    EventCount event(payer);
    WaitResult result = WaitResult::ready;
    std::jthread sleeper([&](std::stop_token stop) { result = kAtOnce.wait(event, kNo, Until(kWatchdog, stop)); });
    wait_for_sleeps(event, 1);
    sleeper.request_stop();
    sleeper.join();
    CHECK(result == WaitResult::stopped);
  }
}

TEST_CASE("EventCount: a deadline ends the sleep, not before it has come") {
  for (const Payer payer : {Payer::sleeper, Payer::both}) {
    EventCount event(payer);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(kAtOnce.wait(event, kNo, Until(20ms)) == WaitResult::timed_out);
    CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
    CHECK(event.sleeps() >= 1);
    CHECK_FALSE(event.sleep_unless(kNo, Until(0ns)));
    CHECK_FALSE(event.sleep_unless(kNo, Until(Until::Time::min())));
  }
}

TEST_CASE("EventCount: a stop that was requested before keeps from sleeping") {
  EventCount event(Payer::sleeper);
  std::stop_source source;
  source.request_stop();
  CHECK_FALSE(event.sleep_unless(kNo, source.get_token()));
  CHECK(kAtOnce.wait(event, kNo, source.get_token()) == WaitResult::stopped);
  CHECK(event.sleeps() == 0);
}

TEST_CASE("EventCount: does not sleep when what it waits for is there") {
  EventCount event(Payer::both);
  CHECK(event.sleep_unless([] { return true; }, {}));
  CHECK(event.sleeps() == 0);
}

// Every turn depends on a wake: one that is lost stops the program, and the watchdog says so.
TEST_CASE("EventCount: threads that wake each other in turn lose no wake") {
  for (const Payer payer : {Payer::sleeper, Payer::both}) {
    for (const std::size_t threads : {2u, 3u}) {
      const std::uint64_t turns = whorl_test::scaled(10'000);
      EventCount event(payer);
      std::atomic<std::uint64_t> turn{0};
      std::atomic<bool> lost{false};
      {
        std::vector<std::jthread> players;
        for (std::size_t i = 0; i < threads; ++i) {
          players.emplace_back([&, i] {
            for (std::uint64_t mine = i; mine < turns && !lost.load(); mine += threads) {
              const auto is_mine = [&] { return turn.load(std::memory_order_relaxed) == mine || lost.load(); };
              if (kAtOnce.wait(event, is_mine, Until(kWatchdog)) != WaitResult::ready) lost.store(true);
              if (lost.load()) break;
              turn.store(mine + 1, std::memory_order_relaxed);
              event.notify();
            }
            event.notify();
          });
        }
      }
      CHECK_FALSE(lost.load());
      CHECK(turn.load() == turns);
    }
  }
}
