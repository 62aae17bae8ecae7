// Built with WHORL_SYNC_HEADER = support/counting_seam.hpp, which records every step instead of waiting.

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>
#include <whorl/wait/backoff_waits.hpp>
#include <whorl/wait/wait_strategy.hpp>

using namespace std::chrono_literals;
using namespace whorl;
namespace seam = whorl::sync;

namespace {

const auto kNo = [] { return false; };

std::string steps(char letter, std::size_t n) { return std::string(n, letter); }

// A thing that is so from the look number `looks` on.
struct ReadyAt {
  int looks;
  int* seen;
  bool operator()() const { return ++*seen >= looks; }
};

using OfThree = PhasedBackoffWait<SleepingWait>;

}  // namespace

#define WHORL_TEST_WAITS                                                                                              \
  NoWait, BusySpinWait, YieldingWait, SleepingWait, BlockingWait, ExponentialWait, AdaptiveWait, PhasedBackoffWait<>, \
      OfThree

TEST_CASE_TEMPLATE("wait strategy: looks at least once, whatever the deadline and whoever asks to stop", W,
                   WHORL_TEST_WAITS) {
  seam::start_over();
  EventCount event(EventCount::Payer::both);
  std::stop_source stopped;
  stopped.request_stop();
  for (const Until& over : {Until(0ns), Until(-1h), Until(Until::Time::min()), Until(stopped.get_token()),
                            Until(0ns, stopped.get_token())}) {
    int looks = 0;
    CHECK(W{}.wait(event, ReadyAt{1, &looks}, over) == WaitResult::ready);
    CHECK(looks == 1);
    looks = 0;
    const WaitResult expected = over.is_stopped() ? WaitResult::stopped : WaitResult::timed_out;
    CHECK(W{}.wait(event, ReadyAt{1000, &looks}, over) == expected);
    CHECK(looks >= 1);
    CHECK(seam::trace.empty());  // and does nothing else
  }
}

TEST_CASE_TEMPLATE("wait strategy: ends when what it waits for is so, whichever look it is", W, WHORL_TEST_WAITS) {
  for (const int looks : {1, 2, 3, 50, 101, 102, 112, 113, 250, 2500}) {
    CAPTURE(looks);
    seam::start_over();
    seam::pause_time = 30ns;
    seam::yield_time = 500ns;
    EventCount event(EventCount::Payer::both);
    seam::on_park = [&] { event.notify(); };
    int seen = 0;
    CHECK(W{}.wait(event, ReadyAt{looks, &seen}, {}) == WaitResult::ready);
    CHECK(seen == looks);
  }
}

TEST_CASE_TEMPLATE("wait strategy: ends at the deadline, not before", W, WHORL_TEST_WAITS) {
  for (const auto time : {1ns, 1000ns, 1'000'000ns, 100'000'000ns}) {
    CAPTURE(time.count());
    seam::start_over();
    seam::look_time = time / 5000 + 1ns;  // so that time passes also for those that never wait
    EventCount event(EventCount::Payer::sleeper);
    const Until until(time);
    CHECK(W{}.wait(event, kNo, until) == WaitResult::timed_out);
    CHECK(seam::time_now >= until.deadline().time_since_epoch());
    CHECK(seam::time_now < until.deadline().time_since_epoch() + 10 * seam::look_time);
  }
}

TEST_CASE_TEMPLATE("wait strategy: ends when a stop is requested meanwhile, asleep or awake", W, WHORL_TEST_WAITS) {
  for (const int at : {1, 5, 150, 1500, 2500}) {
    CAPTURE(at);
    seam::start_over();
    seam::pause_time = 30ns;
    seam::yield_time = 500ns;
    EventCount event(EventCount::Payer::both);
    std::stop_source source;
    int looks = 0;
    const auto stop_at_last = [&] {
      if (++looks == at) source.request_stop();
      return false;
    };
    seam::on_park = [&] { source.request_stop(); };
    CHECK(W{}.wait(event, stop_at_last, source.get_token()) == WaitResult::stopped);
    CHECK(looks <= at + 1);
  }
}

TEST_CASE_TEMPLATE("wait strategy: remembers nothing of one wait in the next", W, WHORL_TEST_WAITS) {
  const W strategy;
  EventCount event(EventCount::Payer::both);
  std::string first;
  std::vector<std::chrono::nanoseconds> first_naps;
  for (int round = 0; round < 3; ++round) {
    seam::start_over();
    seam::pause_time = 30ns;
    seam::yield_time = 500ns;
    seam::on_park = [&] { event.notify(); };
    int seen = 0;
    CHECK(strategy.wait(event, ReadyAt{2100, &seen}, {}) == WaitResult::ready);
    if (round == 0) first = seam::trace, first_naps = seam::naps;
    const bool same = seam::trace == first && seam::naps == first_naps;
    CHECK(same);
  }
}

TEST_CASE_TEMPLATE("wait strategy: what a look throws ends the wait", W, WHORL_TEST_WAITS) {
  seam::start_over();
  EventCount event(EventCount::Payer::both);
  const auto fail = []() -> bool { throw 7; };
  CHECK_THROWS_AS(W{}.wait(event, fail, {}), int);
}

TEST_CASE("BusySpinWait: pauses between looks, and nothing else") {
  seam::start_over();
  EventCount event(EventCount::Payer::both);
  int seen = 0;
  CHECK(BusySpinWait{}.wait(event, ReadyAt{1001, &seen}, {}) == WaitResult::ready);
  CHECK(seam::trace == steps('p', 1000));
}

TEST_CASE("YieldingWait: pauses as often as it is told, then yields at every step") {
  for (const unsigned spins : {0u, 1u, 100u}) {
    seam::start_over();
    EventCount event(EventCount::Payer::both);
    int seen = 0;
    CHECK(YieldingWait{spins}.wait(event, ReadyAt{201, &seen}, {}) == WaitResult::ready);
    CHECK(seam::trace == steps('p', spins) + steps('y', 200 - spins));
  }
}

TEST_CASE("SleepingWait: pauses, yields, then sleeps the same time before every look, but not past the deadline") {
  seam::start_over();
  EventCount event(EventCount::Payer::both);
  CHECK(SleepingWait{3, 2, 40us}.wait(event, kNo, Until(100us)) == WaitResult::timed_out);
  CHECK(seam::trace == "pppyysss");
  CHECK(seam::naps == std::vector<std::chrono::nanoseconds>{40us, 40us, 20us});
}

TEST_CASE("BlockingWait: pauses, yields, and then is asleep until it is woken") {
  seam::start_over();
  EventCount event(EventCount::Payer::both);
  bool ready = false;
  int naps = 0;
  seam::on_park = [&] {
    ready = ++naps == 3;  // the first two wake it for nothing
    event.notify();
  };
  CHECK(BlockingWait{4, 2}.wait(event, [&] { return ready; }, {}) == WaitResult::ready);
  CHECK(seam::trace == "ppppyykkk");
  CHECK(event.sleeps() == 3);
}

TEST_CASE("BlockingWait: does not sleep when what it waits for is so at the look after it has announced itself") {
  seam::start_over();
  EventCount event(EventCount::Payer::both);
  int seen = 0;
  CHECK(BlockingWait{2, 1}.wait(event, ReadyAt{5, &seen}, {}) == WaitResult::ready);
  CHECK(seen == 5);  // one before each of the three steps, one before it announces itself, one after
  CHECK(seam::trace == "ppy");
  CHECK(event.sleeps() == 0);
}

TEST_CASE("BlockingWait: looks again after its longest sleep") {
  seam::start_over();
  EventCount event(EventCount::Payer::sleeper);
  CHECK(BlockingWait{0, 0, 30us}.wait(event, kNo, Until(100us)) == WaitResult::timed_out);
  CHECK(seam::naps == std::vector<std::chrono::nanoseconds>{30us, 30us, 30us, 10us});
}

TEST_CASE("BlockingWait: with neither deadline nor longest sleep it sleeps until woken, for ever if need be") {
  seam::start_over();
  EventCount event(EventCount::Payer::sleeper);
  CHECK_THROWS_WITH_AS(BlockingWait{}.wait(event, kNo, {}), "asleep for ever", std::logic_error);
}

TEST_CASE("PhasedBackoffWait: pauses for a time, yields for another, then does as its fallback") {
  seam::start_over();
  seam::pause_time = 10ns;
  seam::yield_time = 100ns;
  EventCount event(EventCount::Payer::both);
  const PhasedBackoffWait<SleepingWait> wait{1us, 2us, {0, 0, 10us}};
  CHECK(wait.wait(event, kNo, Until(23us)) == WaitResult::timed_out);
  CHECK(seam::trace == steps('p', 100) + steps('y', 20) + "ss");
}

TEST_CASE("PhasedBackoffWait: ends in whichever phase it is") {
  seam::start_over();
  seam::pause_time = 10ns;
  seam::yield_time = 100ns;
  EventCount event(EventCount::Payer::both);
  const PhasedBackoffWait<> wait{1us, 2us, {}};
  CHECK(wait.wait(event, kNo, Until(500ns)) == WaitResult::timed_out);
  CHECK(seam::trace == steps('p', 50));
  seam::trace.clear();
  CHECK(wait.wait(event, kNo, Until(1500ns)) == WaitResult::timed_out);
  CHECK(seam::trace == steps('p', 100) + steps('y', 5));
  seam::trace.clear();
  int seen = 0;
  CHECK(wait.wait(event, ReadyAt{20, &seen}, {}) == WaitResult::ready);
  CHECK(seam::trace == steps('p', 19));
}
