#include "../pace.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace packets;

TEST_CASE("Pace: goes up to a window beyond what the consumer waits for") {
  Pace pace(10);
  CHECK(pace.wait_for(9, {}));
  std::jthread consumer([&] { pace.advance(5); });
  CHECK(pace.wait_for(14, {}));  // not before
  CHECK(pace.end() == 15);
  CHECK_FALSE(pace.is_frozen());
}

TEST_CASE("Pace: a stop freezes the end: what lies before it still goes, nothing beyond does") {
  Pace pace(10);
  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(pace.wait_for(10, stop.get_token()));
  CHECK(pace.is_frozen());
  pace.advance(100);
  CHECK(pace.end() == 10);
  CHECK(pace.wait_for(9, stop.get_token()));
  CHECK_FALSE(pace.wait_for(10, {}));  // whether it has seen the stop or not
}

TEST_CASE("Pace: a producer that waits hears of a stop") {
  Pace pace(1);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  CHECK_FALSE(pace.wait_for(1, stop.get_token()));
}
