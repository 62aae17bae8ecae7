// What a Disruptor must survive: its end at any moment, and consumers that come and go.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <whorl/disruptor/disruptor.hpp>

#include "../stress/crew.hpp"
#include "../stress/endings.hpp"
#include "../stress/watchdog.hpp"
#include "../support/disruptors.hpp"
#include "figure.hpp"

using namespace whorl_test;
using whorl::EventContext;
using whorl::PublishResult;
using whorl::SequenceNumber;

namespace {

const auto kNumbered = [](std::uint64_t& e, SequenceNumber s) { e = static_cast<std::uint64_t>(s); };

// Sees an unbroken stretch of numbers.
struct Stretch {
  std::uint64_t first = 0;
  std::uint64_t next = 0;
  std::uint64_t wrong = 0;

  void operator()(std::uint64_t& event, const EventContext& context) {
    if (next == 0) first = next = event;
    wrong += event != next++ || event != static_cast<std::uint64_t>(context.sequence);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("fault 20: a Disruptor ends, whoever ends it, and has handled what it accepted", F,
                   WHORL_TEST_FLOWS) {
  using Clock = std::chrono::steady_clock;
  Watchdog watchdog("fault 20: Disruptor");
  Random random(seed());
  Clock::duration longest{};
  for (std::uint64_t round = 0; round < figure(200, 100'000); ++round) {
    CAPTURE(round);
    const auto begin = Clock::now();
    Round<F>::from_start_to_end(End{static_cast<std::uint8_t>(round % kEnds)}, random);
    longest = std::max(longest, Clock::now() - begin);
    watchdog.progress();
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(longest).count();
  note("Disruptor, " + std::string(F::kShared ? "many producers" : "one producer") +
       ": the longest from start to end took " + std::to_string(ms) + " ms");
}

TEST_CASE_TEMPLATE("fault 20: a Disruptor that is closed or destroyed before it was started ends at once", F,
                   WHORL_TEST_FLOWS) {
  for (std::uint64_t round = 0; round < figure(200, 100'000); ++round) {
    typename F::template Of<std::uint64_t> d({.capacity = 2});
    std::uint64_t handled = 0;
    d.handle([&](std::uint64_t&) { ++handled; });
    if (round % 2 == 0) d.close();
    if (round % 4 == 0) {
      d.start();
      d.join();
    }
    REQUIRE(handled == 0);
  }
}

// Guests come after the one that stays, or beside it, while producers are at it.
TEST_CASE_TEMPLATE("fault 21: nodes come and go under load, and each sees an unbroken stretch", F, WHORL_TEST_FLOWS) {
  Watchdog watchdog("fault 21: under load");
  typename F::template Of<std::uint64_t> d({.capacity = 16, .dynamic = true});
  Stretch stays;
  const whorl::NodeId first = d.handle(std::ref(stays));
  d.start();
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> published{0};
  {
    const Crew crew(F::kShared ? 2 : 1, [&](std::size_t, std::stop_token, Random&) {
      auto producer = producer_of(d);
      while (!over && producer.publish(kNumbered) == PublishResult::ok) ++published;
    });
    Random random(seed());
    for (std::uint64_t round = 0; round < figure(100, 10'000); ++round) {
      CAPTURE(round);
      Stretch guest;
      const SequenceNumber before = d.stats().nodes.front().sequence;
      const whorl::NodeId id =
          round % 2 == 0 ? d.handle(std::ref(guest)) : d.handle(std::ref(guest), {.after = {first}});
      dawdle(between(random, 0, 5'000));
      REQUIRE(d.remove(id));
      REQUIRE(guest.wrong == 0);
      // What was handled before it came it does not see.
      if (guest.next != 0) REQUIRE(static_cast<SequenceNumber>(guest.first) > before);
      watchdog.progress();
    }
    over = true;
  }
  d.close();
  d.join();
  REQUIRE(stays.wrong == 0);
  REQUIRE(d.stats().nodes.size() == 1);
  REQUIRE(d.stats().nodes.front().sequence == static_cast<SequenceNumber>(published.load()) - 1);
}

TEST_CASE_TEMPLATE("fault 21: producers that wait for the slowest go on when it is removed", F, WHORL_TEST_FLOWS) {
  Watchdog watchdog("fault 21: the slowest");
  typename F::template Of<std::uint64_t> d({.capacity = 4, .dynamic = true});
  Stretch stays;
  d.handle(std::ref(stays));
  d.start();
  auto producer = producer_of(d);
  std::uint64_t published = 0;
  for (std::uint64_t round = 0; round < figure(100, 10'000); ++round) {
    CAPTURE(round);
    auto slowest = d.poller();  // nobody polls it
    for (int i = 0; i < 4; ++i) REQUIRE(producer.publish(kNumbered) == PublishResult::ok);
    REQUIRE(producer.try_publish(kNumbered) == PublishResult::full);
    PublishResult result = PublishResult::full;
    const std::uint64_t waits = d.stats().full_waits;
    std::jthread waiting([&] { result = producer.publish(kNumbered); });
    if (round % 2 == 0) {
      while (d.stats().full_waits == waits) std::this_thread::yield();
    }
    REQUIRE(d.remove(slowest.id()));
    waiting.join();
    REQUIRE(result == PublishResult::ok);
    published += 5;
    watchdog.progress();
  }
  REQUIRE(d.drain_for({}));
  REQUIRE(stays.wrong == 0);
  REQUIRE(stays.next == published);
}

TEST_CASE_TEMPLATE("fault 21: who comes at the cursor sees the very next event", F, WHORL_TEST_FLOWS) {
  Watchdog watchdog("fault 21: at the cursor");
  typename F::template Of<std::uint64_t> d({.capacity = 4, .dynamic = true});
  Stretch stays;
  d.handle(std::ref(stays));
  d.start();
  auto producer = producer_of(d);
  std::uint64_t published = 0;
  for (std::uint64_t round = 0; round < figure(100, 10'000); ++round) {
    CAPTURE(round);
    REQUIRE(producer.publish(kNumbered) == PublishResult::ok);
    ++published;
    Stretch guest;
    const whorl::NodeId id = d.handle(std::ref(guest));
    for (std::uint64_t k = 0; k < round % 7; ++k, ++published) {
      REQUIRE(producer.publish(kNumbered) == PublishResult::ok);
    }
    REQUIRE(d.remove(id));
    REQUIRE(guest.wrong == 0);
    REQUIRE(guest.next - guest.first == round % 7);
    if (round % 7 != 0) REQUIRE(guest.next == published);
    watchdog.progress();
  }
  d.close();
  d.join();
  REQUIRE(stays.next == published);
}
