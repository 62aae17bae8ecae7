// Built with WHORL_SYNC_HEADER = support/counting_seam.hpp, which records every step instead of waiting. What all wait
// strategies have in common is in wait_strategy_test.cpp.

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>
#include <whorl/wait/backoff_waits.hpp>

using namespace std::chrono_literals;
using namespace whorl;
namespace seam = whorl::sync;
using Naps = std::vector<std::chrono::nanoseconds>;

namespace {

const auto kNo = [] { return false; };

// What it sleeps, one time after the other, in so many looks.
Naps naps_of(const ExponentialWait& wait, const EventCount& of, int looks) {
  seam::trace.clear();
  seam::naps.clear();
  const auto last_look = [&] { return --looks <= 0; };
  CHECK(wait.wait(const_cast<EventCount&>(of), last_look, {}) == WaitResult::ready);
  CHECK(seam::trace == std::string(seam::naps.size(), 's'));
  return seam::naps;
}

}  // namespace

TEST_CASE("NoWait: takes no step between two looks") {
  seam::start_over();
  EventCount event(EventCount::Payer::both);
  int looks = 0;
  CHECK(NoWait{}.wait(event, [&] { return ++looks == 1000; }, {}) == WaitResult::ready);
  CHECK(seam::trace.empty());
  CHECK(event.sleeps() == 0);
}

TEST_CASE("ExponentialWait: without jitter it sleeps `growth` times as long each time, up to the longest") {
  seam::start_over();
  const EventCount event(EventCount::Payer::both);
  CHECK(naps_of({100us, 10ms, 2.0, 0}, event, 11) ==
        Naps{100us, 200us, 400us, 800us, 1600us, 3200us, 6400us, 10ms, 10ms, 10ms});
  CHECK(naps_of({100us, 1ms, 3.0, 0}, event, 6) == Naps{100us, 300us, 900us, 1ms, 1ms});
  CHECK(naps_of({100us, 10ms, 1.0, 0}, event, 4) == Naps{100us, 100us, 100us});
}

TEST_CASE("ExponentialWait: the first sleep is no longer than the longest") {
  seam::start_over();
  const EventCount event(EventCount::Payer::both);
  CHECK(naps_of({1s, 10ms, 2.0, 0}, event, 3) == Naps{10ms, 10ms});
}

TEST_CASE("ExponentialWait: every sleep is off by at most `jitter` of itself, either way") {
  seam::start_over();
  const EventCount event(EventCount::Payer::both);
  const ExponentialWait wait{1ms, 1ms, 2.0, 0.25};
  const Naps naps = naps_of(wait, event, 4001);
  const auto [least, most] = std::ranges::minmax(naps);
  CHECK(least >= 750us);
  CHECK(most <= 1250us);
  // Of 4000 equally likely ones: each of these has a chance of less than 10^-80 to fail.
  CHECK(least < 775us);
  CHECK(most > 1225us);
  const double mean = static_cast<double>(std::ranges::count_if(naps, [](auto nap) { return nap < 1ms; })) / 4000;
  CHECK(std::abs(mean - 0.5) < 0.2);
}

TEST_CASE("ExponentialWait: two threads, or two that wait for different things, do not sleep alike") {
  seam::start_over();
  const EventCount event(EventCount::Payer::both), other(EventCount::Payer::both);
  const ExponentialWait wait;
  const Naps naps = naps_of(wait, event, 20);
  CHECK(naps_of(wait, event, 20) == naps);
  const bool other_event = naps_of(wait, other, 20) != naps;
  CHECK(other_event);
  seam::thread_now = 1'000'003;
  const bool other_thread = naps_of(wait, event, 20) != naps;
  CHECK(other_thread);
}

TEST_CASE("ExponentialWait: sleeps no further than the deadline") {
  seam::start_over();
  EventCount event(EventCount::Payer::both);
  CHECK(ExponentialWait{100us, 10ms, 2.0, 0}.wait(event, kNo, Until(350us)) == WaitResult::timed_out);
  CHECK(seam::naps == Naps{100us, 200us, 50us});
}

TEST_CASE("AdaptiveWait: yields while it is warm, then while it is idle, then sleeps before every look") {
  seam::start_over();
  EventCount event(EventCount::Payer::both);
  int looks = 0;
  CHECK(AdaptiveWait{3, 4, 20us}.wait(event, [&] { return ++looks == 11; }, {}) == WaitResult::ready);
  CHECK(seam::trace == "yyyyyyysss");
  CHECK(seam::naps == Naps{20us, 20us, 20us});
}

TEST_CASE("AdaptiveWait: with no patience at all it sleeps at once") {
  seam::start_over();
  EventCount event(EventCount::Payer::both);
  CHECK(AdaptiveWait{0, 0, 20us}.wait(event, kNo, Until(40us)) == WaitResult::timed_out);
  CHECK(seam::trace == "ss");
}
