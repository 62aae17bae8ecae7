// The n-th thread of a Disruptor cannot be made, for every n. This program has whorl's threads compiled in, with a
// pthread_create that fails when told so.

#include <doctest/doctest.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <whorl/disruptor/disruptor.hpp>
#include <whorl/sync/thread.hpp>
#include <whorl/sync/topology.hpp>

#include "../stress/watchdog.hpp"
#include "../support/disruptors.hpp"
#include "figure.hpp"

namespace {

std::atomic<std::int64_t> before_failure{-1};  // threads that are granted until one is not; negative: none is refused

int faulty_pthread_create(pthread_t* thread, const pthread_attr_t* options, void* (*work)(void*), void* argument) {
  if (before_failure >= 0 && before_failure-- == 0) return EAGAIN;
  return pthread_create(thread, options, work, argument);
}

}  // namespace

#define pthread_create faulty_pthread_create
#include "../../src/thread.cpp"
#undef pthread_create

using namespace whorl_test;
using whorl::PublishResult;

namespace {

constexpr std::int64_t kNodes = 8;

struct Counts {
  std::atomic<int> starts{0};
  std::atomic<int> stops{0};
  std::atomic<std::uint64_t> handled{0};
};
struct Counted {
  Counts& counts;
  void on_start() { ++counts.starts; }
  void on_stop() { ++counts.stops; }
  void operator()(std::uint64_t&) { ++counts.handled; }
};

bool is_out_of_threads(const std::system_error& error) { return error.code().value() == EAGAIN; }

}  // namespace

TEST_CASE_TEMPLATE("fault 14: a start that gets no n-th thread throws, and those that ran have been joined", F,
                   WHORL_TEST_FLOWS) {
  Watchdog watchdog("fault 14: start");
  for (std::uint64_t round = 0; round < figure(1, 100); ++round) {
    for (std::int64_t n = 0; n <= kNodes; ++n) {
      CAPTURE(n);
      Counts counts;
      typename F::template Of<std::uint64_t> d({.capacity = 4});
      whorl::NodeGroup before;
      for (std::int64_t node = 0; node < kNodes; ++node) {
        before = d.handle(Counted{counts}, {.after = node % 3 == 0 ? whorl::NodeGroup() : before});
      }
      before_failure = n == kNodes ? -1 : n;
      bool has_thrown = false;
      try {
        d.start();
      } catch (const std::system_error& error) {
        has_thrown = is_out_of_threads(error);
      }
      before_failure = -1;
      REQUIRE(has_thrown == (n != kNodes));
      if (has_thrown) {
        REQUIRE(d.is_closed());
        REQUIRE(counts.starts <= n);  // one that was halted before it ran has nothing to start, or does both
        REQUIRE(counts.starts == counts.stops);
      } else {
        REQUIRE(producer_of(d).publish([](std::uint64_t&) {}) == PublishResult::ok);
        d.close();
        d.join();
        REQUIRE(counts.starts == kNodes);
        REQUIRE(counts.handled == kNodes);
      }
      watchdog.progress();
    }
  }
}

TEST_CASE_TEMPLATE("fault 14: a node that comes late and gets no thread was never there", F, WHORL_TEST_FLOWS) {
  Watchdog watchdog("fault 14: late");
  Counts stays, late;
  typename F::template Of<std::uint64_t> d({.capacity = 4, .dynamic = true});
  const whorl::NodeId first = d.handle(Counted{stays});
  d.start();
  auto producer = producer_of(d);
  std::uint64_t published = 0;
  for (std::uint64_t round = 0; round < figure(20, 1'000); ++round) {
    before_failure = 0;
    bool has_thrown = false;
    try {
      d.handle(Counted{late}, {.after = {first}});
    } catch (const std::system_error& error) {
      has_thrown = is_out_of_threads(error);
    }
    before_failure = -1;
    REQUIRE(has_thrown);
    for (int i = 0; i < 9; ++i, ++published) REQUIRE(producer.publish([](std::uint64_t&) {}) == PublishResult::ok);
    watchdog.progress();
  }
  d.close();
  d.join();
  REQUIRE(late.starts == 0);
  REQUIRE(late.handled == 0);
  REQUIRE(stays.handled == published);
  REQUIRE(d.stats().nodes.size() == 1);
}
