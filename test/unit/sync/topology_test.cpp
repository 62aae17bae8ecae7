#include <doctest/doctest.h>
#include <sched.h>

#include <algorithm>
#include <string>
#include <thread>
#include <whorl/sync/topology.hpp>

#include "../../support/message.hpp"

TEST_CASE("topology: there is a CPU to run on, and they come in ascending order without repetition") {
  const std::vector<int> cpus = whorl::allowed_cpus();
  REQUIRE(!cpus.empty());
  CHECK(std::ranges::adjacent_find(cpus, std::ranges::greater_equal{}) == cpus.end());
}

TEST_CASE("topology: a pinned thread runs on that CPU, may use no other, and other threads are not touched") {
  const std::vector<int> before = whorl::allowed_cpus();
  for (const int cpu : before) {
    CAPTURE(cpu);
    int ran_on = -1;
    std::vector<int> left;
    std::thread([&] {
      whorl::pin_this_thread(cpu);
      ran_on = sched_getcpu();
      left = whorl::allowed_cpus();
    }).join();
    CHECK(ran_on == cpu);
    CHECK(left == std::vector<int>{cpu});
  }
  CHECK(whorl::allowed_cpus() == before);
}

TEST_CASE("topology: a CPU that is not allowed is refused, naming it and those that are") {
  std::string legal;
  for (const int cpu : whorl::allowed_cpus()) legal += (legal.empty() ? "" : ", ") + std::to_string(cpu);
  const int beyond = whorl::allowed_cpus().back() + 1;
  for (const int cpu : {-1, beyond}) {
    CHECK(whorl_test::refusal_of([cpu] { whorl::pin_this_thread(cpu); }) ==
          "pin_this_thread: cpu " + std::to_string(cpu) + " is not one this thread may use: use one of " + legal);
  }
}
