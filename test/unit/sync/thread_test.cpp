#include <doctest/doctest.h>
#include <pthread.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <whorl/sync/thread.hpp>
#include <whorl/sync/topology.hpp>

#include "../../support/death.hpp"

using whorl::Scheduling;
using whorl::Thread;

namespace {

std::string name_of_this_thread() {
  std::array<char, 64> name{};
  pthread_getname_np(pthread_self(), name.data(), name.size());
  return name.data();
}

}  // namespace

TEST_CASE("thread: becomes what it is told, and nobody else does") {
  const std::string before = name_of_this_thread();
  const int cpu = whorl::allowed_cpus().back();
  std::string name;
  int ran_on = -1, policy = -1;
  Thread thread([&] {
    whorl::become(
        {.name = "a name longer than fits", .cpu = cpu, .scheduling = Scheduling{.policy = Scheduling::Policy::batch}});
    name = name_of_this_thread();
    ran_on = sched_getcpu();
    policy = sched_getscheduler(0);
  });
  CHECK(thread.joinable());
  thread.join();
  CHECK_FALSE(thread.joinable());
  CHECK(name == "a name longer t");
  CHECK(ran_on == cpu);
  CHECK(policy == SCHED_BATCH);
  CHECK(name_of_this_thread() == before);
}

TEST_CASE("thread: what it cannot be is refused") {
  bool is_refused = false;
  Thread([&] {
    try {
      whorl::become({.scheduling = Scheduling{.policy = Scheduling::Policy::fifo, .priority = 1000}});
    } catch (const std::system_error&) {
      is_refused = true;
    }
  }).join();
  CHECK(is_refused);
  CHECK_THROWS_AS(whorl::become({.cpu = -1}), std::invalid_argument);
}

TEST_CASE("thread: is joined when it ends, is moved from, or is moved to") {
  int runs = 0;
  {
    Thread one([&] { ++runs; });
    Thread two = std::move(one);
    CHECK_FALSE(one.joinable());  // moved from, and asked
    CHECK(two.joinable());
    two = Thread([&] { ++runs; });  // after the first one has ended
  }
  CHECK(runs == 2);
  Thread().join();
}

TEST_CASE("thread: stops who waits for its own end") {
  const std::string words = whorl_test::dying_words([] {
    Thread thread;
    std::atomic<bool> is_made{false};
    thread = Thread([&] {
      while (!is_made) std::this_thread::yield();
      thread.join();
    });
    is_made = true;
    std::this_thread::sleep_for(std::chrono::seconds(60));
  });
  CHECK(words.find("a thread does not wait for its own end") != std::string::npos);
}
