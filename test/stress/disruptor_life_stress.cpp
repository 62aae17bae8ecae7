// A Disruptor's end, at any moment and from any side: closed, halted, failed, destroyed, while producers publish and nodes
// come and go.
// Forbidden: a thread that waits on after the end; an event accepted and, though no node was halted or failed, not handled by
// each of them; one handled that was not accepted, or by a node before those upstream of it; a handler called after its end.

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <whorl/disruptor/disruptor.hpp>

#include "../support/disruptors.hpp"
#include "../support/scale.hpp"
#include "crew.hpp"
#include "endings.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using whorl::PublishResult;

TEST_CASE_TEMPLATE("disruptor_life: it ends, however it ends, and what was accepted has been handled", F,
                   WHORL_TEST_FLOWS) {
  Watchdog watchdog("disruptor_life: ends");
  Random random(seed());
  for (std::uint64_t k = 0, rounds = scaled(300); k < rounds; ++k) {
    CAPTURE(k);
    Round<F>::from_start_to_end(End{static_cast<std::uint8_t>(k % kEnds)}, random);
    watchdog.progress();
  }
}

// Started and ended at once: a thread that has not begun must hear of it.
TEST_CASE_TEMPLATE("disruptor_life: started, and ended at once, from another thread", F, WHORL_TEST_FLOWS) {
  Watchdog watchdog("disruptor_life: at once");
  for (std::uint64_t k = 0, rounds = scaled(1'000); k < rounds; ++k) {
    typename F::template Of<int> d({.capacity = 2});
    const whorl::NodeId first = d.handle([](int&) {});
    d.handle([](int&) {}, {.after = {first}});
    std::jthread ends([&] {
      if (k % 3 == 0) d.close();
      if (k % 3 == 1) d.halt();
      if (k % 3 == 2) d.halt(first);
    });
    d.start();
    d.join();
    watchdog.progress();
  }
}

// The only producer is between two publications, or inside one, when it is closed.
TEST_CASE_TEMPLATE("disruptor_life: the end is exact while its producer comes and goes", F, WHORL_TEST_FLOWS) {
  Watchdog watchdog("disruptor_life: exact");
  for (std::uint64_t k = 0, rounds = scaled(3'000); k < rounds; ++k) {
    std::uint64_t handled = 0, accepted = 0;
    typename F::template Of<int> d({.capacity = 64});
    d.handle([&](int&) { ++handled; });
    d.start();
    std::atomic<bool> go{false}, is_over{false};
    std::jthread produces([&] {
      auto producer = try_producer_of(d);
      while (!go) {
      }
      for (int i = 0; i < 20 && producer; ++i) accepted += producer->try_publish([](int&) {}) == PublishResult::ok;
      while (!is_over) std::this_thread::yield();  // it stays, and says nothing more
    });
    go = true;
    dawdle(k % 64);
    d.close();
    d.join();
    is_over = true;
    produces.join();
    REQUIRE(handled == accepted);
    watchdog.progress();
  }
}

TEST_CASE_TEMPLATE("disruptor_life: nodes come and go while it ends", F, WHORL_TEST_FLOWS) {
  Watchdog watchdog("disruptor_life: coming and going");
  Random random(seed());
  for (std::uint64_t k = 0, rounds = scaled(100); k < rounds; ++k) {
    typename F::template Of<int> d({.capacity = 4, .dynamic = true});
    const whorl::NodeId stays = d.handle([](int&) {});
    d.start();
    std::jthread produces([&] {
      auto producer = try_producer_of(d);
      while (producer && producer->publish([](int&) {}) == PublishResult::ok) {
      }
    });
    const std::uint64_t moment = between(random, 0, between(random, 1, 20'000));
    std::jthread ends([&] {
      dawdle(moment);
      k % 2 == 0 ? d.close() : d.halt(stays);
    });
    while (!d.is_closed()) {
      try {
        const whorl::NodeId guest = d.handle([](int&) {}, {.after = {stays}});
        REQUIRE(d.remove(guest));
      } catch (const std::invalid_argument&) {
        REQUIRE(d.is_closed());
      }
    }
    ends.join();
    d.join();
    watchdog.progress();
  }
}
