#include "../pace.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace packets;

TEST_CASE("Pace: goes up to a window beyond the producer that is furthest behind") {
  Pace pace(2, 10);
  CHECK(pace.wait_for(0, 9, {}));  // the other one is at 0
  std::jthread other([&] { CHECK(pace.wait_for(1, 5, {})); });
  CHECK(pace.wait_for(0, 14, {}));  // not before
  CHECK(pace.end() == 15);
  CHECK_FALSE(pace.is_frozen());
}

TEST_CASE("Pace: nobody waits for one that has left") {
  Pace pace(2, 10);
  pace.leave(1);
  CHECK(pace.wait_for(0, 1'000'000, {}));
}

TEST_CASE("Pace: a stop freezes the end: what lies before it still goes, nothing beyond does") {
  Pace pace(2, 10);
  std::stop_source stop;
  stop.request_stop();
  SUBCASE("seen by one that must wait") { CHECK_FALSE(pace.wait_for(0, 10, stop.get_token())); }
  SUBCASE("seen by one that need not") { CHECK(pace.wait_for(0, 3, stop.get_token())); }
  CHECK(pace.is_frozen());
  CHECK(pace.wait_for(1, 5, {}));  // whether it has seen the stop or not
  CHECK(pace.wait_for(1, 9, {}));
  CHECK_FALSE(pace.wait_for(1, 10, {}));
  CHECK(pace.end() == 10);
}

TEST_CASE("Pace: a producer that waits hears of a stop") {
  Pace pace(2, 1);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  CHECK_FALSE(pace.wait_for(0, 1, stop.get_token()));
}

TEST_CASE("Pace: whenever the stop comes, all end at one place") {
  for (int round = 0; round < 200; ++round) {
    constexpr std::uint64_t kProducers = 3;
    Pace pace(kProducers, 7);
    std::stop_source stop;
    std::vector<std::uint64_t> ends(kProducers);
    {
      std::vector<std::jthread> producers;
      for (std::uint64_t id = 0; id < kProducers; ++id) {
        producers.emplace_back([&, id] {
          ends[id] = id;
          while (pace.wait_for(id, ends[id], stop.get_token())) ends[id] += kProducers;
        });
      }
      stop.request_stop();
    }
    for (const std::uint64_t first_not_sent : ends) {
      REQUIRE(first_not_sent >= pace.end());
      REQUIRE(first_not_sent < pace.end() + kProducers);
    }
  }
}
