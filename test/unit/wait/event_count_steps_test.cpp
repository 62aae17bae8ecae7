// What an EventCount costs whom. Built with WHORL_SYNC_HEADER = support/counting_seam.hpp, which counts barriers and wakes.

#include <doctest/doctest.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <whorl/wait/event_count.hpp>

using namespace std::chrono_literals;
using whorl::EventCount;
using whorl::Until;
namespace seam = whorl::sync;
using Payer = EventCount::Payer;

namespace {

const auto kNo = [] { return false; };

}  // namespace

TEST_CASE("EventCount: as long as nobody has slept, a notification is a light barrier and nothing more") {
  for (const Payer payer : {Payer::sleeper, Payer::both}) {
    seam::start_over();
    EventCount event(payer);
    for (int i = 0; i < 1000; ++i) event.notify();
    CHECK(seam::light_barriers == 1000);
    CHECK(seam::full_barriers == 0);
    CHECK(seam::wakes == 0);
    CHECK(event.sleeps() == 0);
  }
}

TEST_CASE("EventCount: a sleeper that pays has a heavy barrier each time, and wakers nothing once it is awake") {
  seam::start_over();
  EventCount event(Payer::sleeper);
  seam::on_park = [&] { event.notify(); };
  for (int round = 1; round <= 5; ++round) {
    CHECK_FALSE(event.sleep_unless(kNo, {}));
    CHECK(seam::heavy_barriers == round);
    CHECK(seam::wakes == round);
    event.notify();
    CHECK(seam::wakes == round);
  }
  CHECK(seam::full_barriers == 0);
  CHECK(event.sleeps() == 5);
}

TEST_CASE("EventCount: where both pay, the first sleeper has the only heavy barrier, and then all have fences") {
  seam::start_over();
  EventCount event(Payer::both);
  seam::on_park = [&] { event.notify(); };
  for (int round = 0; round < 5; ++round) CHECK_FALSE(event.sleep_unless(kNo, {}));
  CHECK(seam::heavy_barriers == 1);
  CHECK(seam::full_barriers == 4 + 5);  // the later sleepers', and the wakers'
  event.notify();
  CHECK(seam::full_barriers == 4 + 5 + 1);
  CHECK(seam::wakes == 5);
}

TEST_CASE("EventCount: where barriers cannot be one-sided all pay fences from the start, and none is heavy") {
  for (const Payer payer : {Payer::sleeper, Payer::both}) {
    seam::start_over();
    seam::one_sided = false;
    EventCount event(payer);
    event.notify();
    CHECK(seam::full_barriers == 1);
    seam::on_park = [&] { event.notify(); };
    for (int round = 0; round < 5; ++round) CHECK_FALSE(event.sleep_unless(kNo, {}));
    CHECK(seam::full_barriers == 1 + 5 + 5);
    CHECK(seam::heavy_barriers == 0);
    CHECK(seam::wakes == 5);
  }
}

TEST_CASE("EventCount: looks between the announcement and the sleep, and does not sleep if that is so") {
  for (const Payer payer : {Payer::sleeper, Payer::both}) {
    seam::start_over();
    EventCount event(payer);
    const auto look = [] {
      CHECK(seam::heavy_barriers == 1);  // what has changed before the barrier is seen
      return true;
    };
    CHECK(event.sleep_unless(look, {}));
    CHECK(seam::trace.empty());
    CHECK(event.sleeps() == 0);
  }
}

TEST_CASE("EventCount: a notification between the announcement and the sleep is not slept through") {
  for (const Payer payer : {Payer::sleeper, Payer::both}) {
    for (const bool first : {true, false}) {
      seam::start_over();
      EventCount event(payer);
      seam::on_park = [&] { event.notify(); };
      if (!first) event.sleep_unless(kNo, {});
      seam::trace.clear();
      const auto change_too_late = [&] {
        event.notify();
        return false;
      };
      CHECK_FALSE(event.sleep_unless(change_too_late, {}));
      CHECK(seam::trace.empty());  // the kernel found the word changed
    }
  }
}

TEST_CASE("EventCount: a stop requested at any moment ends the sleep, or comes before it") {
  for (const Payer payer : {Payer::sleeper, Payer::both}) {
    for (int moment = 0; moment < 3; ++moment) {
      CAPTURE(moment);
      seam::start_over();
      EventCount event(payer);
      std::stop_source source;
      const auto look = [&] {
        if (moment == 1) source.request_stop();
        return false;
      };
      seam::on_park = [&] { source.request_stop(); };
      if (moment == 0) source.request_stop();
      CHECK_FALSE(event.sleep_unless(look, source.get_token()));
      CHECK(seam::trace == (moment == 2 ? "k" : ""));
      CHECK(event.sleeps() == (moment == 2 ? 1 : 0));
    }
  }
}

TEST_CASE("EventCount: sleeps until the deadline, and no longer") {
  seam::start_over();
  EventCount event(Payer::sleeper);
  CHECK_FALSE(event.sleep_unless(kNo, Until(7us)));
  REQUIRE(seam::naps.size() == 1);
  CHECK(seam::naps[0] == 7us);
}
