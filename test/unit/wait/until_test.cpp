// Built with WHORL_SYNC_HEADER = support/counting_seam.hpp, whose clock stands still unless it is told to move.

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <stop_token>
#include <whorl/wait/until.hpp>

using whorl::Until;
using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::nanoseconds;

namespace {

using Time = Until::Time;

Time now() { return Time(whorl::sync::time_now); }

void start_at(nanoseconds time) {
  whorl::sync::start_over();
  whorl::sync::time_now = time;
}

}  // namespace

TEST_CASE("Until: says nothing, and there is no end") {
  start_at(nanoseconds::max() - 1ns);
  const Until until;
  CHECK(until.deadline() == Until::kNever);
  CHECK_FALSE(until.is_over());
  CHECK_FALSE(until.is_stopped());
  CHECK_FALSE(until.stop().stop_possible());
}

TEST_CASE("Until: a duration counts from construction, and is over at its last moment") {
  start_at(1000s);
  const Until until(5ms);
  CHECK(until.deadline() == Time(1000s + 5ms));
  whorl::sync::time_now += 5ms - 1ns;
  CHECK_FALSE(until.is_over());
  whorl::sync::time_now += 1ns;
  CHECK(until.is_over());
  whorl::sync::time_now += 1000h;
  CHECK(until.is_over());
}

TEST_CASE("Until: no time, or less than none, is over at once, whatever the clock says") {
  for (const nanoseconds time : {-1000s, 0s, 1000s}) {
    start_at(time);
    CHECK(Until(0ns).is_over());
    CHECK(Until(-1ns).is_over());
    CHECK(Until(0h).is_over());
    CHECK(Until(nanoseconds::min()).is_over());
    CHECK(Until(std::chrono::hours::min()).is_over());
    CHECK(Until(duration<double>(0.0)).is_over());
    CHECK(Until(duration<double>(-1e300)).is_over());
    CHECK(Until(duration<double>(-std::numeric_limits<double>::infinity())).is_over());
    CHECK(Until(duration<unsigned>(0)).is_over());
  }
}

TEST_CASE("Until: no time is over without a look at the clock, and any time takes one") {
  start_at(1000s);
  whorl::sync::look_time = 1ns;
  CHECK(Until(0ns).deadline() == Time::min());
  CHECK(Until(-1ns).deadline() == Time::min());
  CHECK(now() == Time(1000s));
  const Until soon(1ns);
  CHECK(now() == Time(1000s + 1ns));
  CHECK(soon.deadline() == now() + 1ns);
}

TEST_CASE("Until: what is too long to count means for ever") {
  for (const nanoseconds time : {nanoseconds(0), nanoseconds(1000s), nanoseconds::max() / 2, nanoseconds(-1000s)}) {
    start_at(time);
    CAPTURE(time.count());
    CHECK(Until(nanoseconds::max()).deadline() == Until::kNever);
    CHECK(Until(std::chrono::seconds::max()).deadline() == Until::kNever);
    CHECK(Until(std::chrono::hours::max()).deadline() == Until::kNever);
    CHECK(Until(std::chrono::hours::max() - 1h).deadline() == Until::kNever);
    CHECK(Until(std::chrono::years(293)).deadline() == Until::kNever);
    CHECK(Until(duration<std::uint64_t, std::nano>(UINT64_MAX - 1)).deadline() == Until::kNever);
    CHECK(Until(duration<double>(1e300)).deadline() == Until::kNever);
    CHECK(Until(duration<double>(std::numeric_limits<double>::infinity())).deadline() == Until::kNever);
    CHECK(Until(duration<float, std::ratio<86400>>(1e9f)).deadline() == Until::kNever);
  }
}

TEST_CASE("Until: the longest time that fits is counted, and one that does not quite fit is for ever") {
  for (const nanoseconds time : {nanoseconds(1), nanoseconds(1000s), nanoseconds::max() / 2}) {
    start_at(time);
    CAPTURE(time.count());
    const nanoseconds left = Until::kNever - now();
    CHECK(Until(left - 1ms).deadline() == Until::kNever - 1ms);
    CHECK(Until(left).deadline() == Until::kNever);
    CHECK(Until(left + 1ns).deadline() == Until::kNever);
  }
}

TEST_CASE("Until: durations of any type are counted in nanoseconds") {
  start_at(1000s);
  CHECK(Until(duration<double, std::milli>(1.5)).deadline() == now() + 1500us);
  CHECK(Until(duration<float>(0.25f)).deadline() == now() + 250ms);
  CHECK(Until(duration<std::uint8_t>(std::uint8_t{200})).deadline() == now() + 200s);
  CHECK(Until(std::chrono::days(3)).deadline() == now() + 72h);
  CHECK(Until(duration<double>(1e-12)).is_over());  // less than the clock can count
}

TEST_CASE("Until: a point in time is that point") {
  start_at(1000s);
  CHECK(Until(now() + 1ns).deadline() == now() + 1ns);
  CHECK_FALSE(Until(now() + 1ns).is_over());
  CHECK(Until(now()).is_over());
  CHECK(Until(Time::min()).is_over());
  CHECK_FALSE(Until(Time::max()).is_over());
  whorl::sync::time_now = nanoseconds::max();
  CHECK_FALSE(Until(Time::max()).is_over());
}

TEST_CASE("Until: hears of a stop, before and after, and of no other") {
  start_at(1000s);
  std::stop_source source, other;
  const Until from_the_start(source.get_token());
  const Until with_deadline(now() + 1s, source.get_token());
  const Until with_patience(1s, source.get_token());
  const Until somebody_elses(other.get_token());
  for (const Until* until : {&from_the_start, &with_deadline, &with_patience}) CHECK_FALSE(until->is_stopped());
  source.request_stop();
  for (const Until* until : {&from_the_start, &with_deadline, &with_patience}) {
    CHECK(until->is_stopped());
    CHECK_FALSE(until->is_over());
  }
  CHECK_FALSE(somebody_elses.is_stopped());
  CHECK(Until(source.get_token()).is_stopped());
  CHECK(from_the_start.deadline() == Until::kNever);
  CHECK(with_deadline.deadline() == now() + 1s);
}

TEST_CASE("Until: no_longer_than takes the earlier end, and keeps the stop") {
  start_at(1000s);
  std::stop_source source;
  const Until until(5ms, source.get_token());
  CHECK(until.no_longer_than(1ms).deadline() == now() + 1ms);
  CHECK(until.no_longer_than(1h).deadline() == now() + 5ms);
  CHECK(until.no_longer_than(nanoseconds::max()).deadline() == now() + 5ms);
  CHECK(until.no_longer_than(0ns).is_over());
  CHECK(Until().no_longer_than(nanoseconds::max()).deadline() == Until::kNever);
  CHECK(Until().no_longer_than(1ms).deadline() == now() + 1ms);
  const Until shorter = until.no_longer_than(1ms);
  source.request_stop();
  CHECK(shorter.is_stopped());
}
