#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>
#include <whorl/disruptor/event_poller.hpp>

#include "../../support/death.hpp"
#include "../../support/ring_buffers.hpp"

using namespace whorl_test;
using whorl::EventContext;
using whorl::EventPoller;
using whorl::PollState;
using whorl::Position;
using whorl::Sequence;
using whorl::SequenceNumber;
using Numbers = std::vector<std::uint64_t>;

namespace {

const auto kNumbered = [](std::uint64_t& e, SequenceNumber s) { e = static_cast<std::uint64_t>(s); };

}  // namespace

TEST_CASE_TEMPLATE("EventPoller: idle, gating, processing, closed", B, WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(4);
  Sequence upstream;
  EventPoller poller(ring, {&upstream});
  REQUIRE(ring.add_gating(poller.sequence()));
  Numbers seen;
  const auto see = [&](std::uint64_t& e) { seen.push_back(e); };
  CHECK(poller.poll(see) == PollState::idle);
  const SequenceNumber claimed = ring.next().sequence;
  CHECK(poller.poll(see) == PollState::idle);
  ring.publish(claimed);
  CHECK(poller.poll(see) == PollState::gating);
  upstream.set(claimed);
  CHECK(poller.poll(see, 0) == PollState::gating);
  CHECK(poller.poll(see) == PollState::processing);
  CHECK(poller.poll(see) == PollState::idle);
  CHECK(poller.sequence().get() == claimed);
  CHECK(seen.size() == 1);
  end(ring);
  CHECK(poller.poll(see) == PollState::closed);
}

TEST_CASE_TEMPLATE("EventPoller: reads a ring that is exactly full, again and again", B, WHORL_TEST_BUFFERS) {
  for (const Position first : kFirstPositions) {
    typename B::template Of<std::uint64_t> ring(4, {}, {.first_position = first});
    EventPoller poller(ring);
    REQUIRE(ring.add_gating(poller.sequence()));
    for (int lap = 0; lap < 10; ++lap) {
      REQUIRE(ring.try_publish_events(4, kNumbered));
      CHECK_FALSE(ring.try_publish_event(kNumbered));
      Numbers seen;
      std::vector<bool> ends;
      const auto see = [&](std::uint64_t& e, const EventContext& context) {
        CHECK(e == static_cast<std::uint64_t>(context.sequence));
        seen.push_back(e);
        ends.push_back(context.end_of_batch);
      };
      CHECK(poller.poll(see) == PollState::processing);
      CHECK(seen.size() == 4);
      CHECK(ends == std::vector<bool>{false, false, false, true});
    }
  }
}

TEST_CASE_TEMPLATE("EventPoller: ends where its handler says, after that event, or after so many", B,
                   WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  EventPoller poller(ring);
  REQUIRE(ring.add_gating(poller.sequence()));
  REQUIRE(ring.try_publish_events(8, kNumbered));
  Numbers seen;
  const auto until_even = [&](std::uint64_t& e) {
    seen.push_back(e);
    return e % 2 == 1;
  };
  CHECK(poller.poll(until_even) == PollState::processing);
  CHECK(poller.sequence().get() == 0);
  CHECK(poller.poll(until_even) == PollState::processing);
  CHECK(poller.sequence().get() == 2);
  CHECK(poller.poll([&](std::uint64_t& e) { seen.push_back(e); }, 3) == PollState::processing);
  CHECK(seen == Numbers{0, 1, 2, 3, 4, 5});
  CHECK(ring.remaining_capacity() == 6);
}

TEST_CASE_TEMPLATE("EventPoller: an event whose handler throws is read again, those before it are not", B,
                   WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  EventPoller poller(ring);
  REQUIRE(ring.add_gating(poller.sequence()));
  REQUIRE(ring.try_publish_events(4, kNumbered));
  Numbers seen;
  bool bad = true;
  const auto see = [&](std::uint64_t& e) {
    if (e == 2 && bad) throw 7;
    seen.push_back(e);
  };
  CHECK_THROWS_AS(poller.poll(see), int);
  CHECK(poller.sequence().get() == 1);
  bad = false;
  CHECK(poller.poll(see) == PollState::processing);
  CHECK(seen == Numbers{0, 1, 2, 3});
}

TEST_CASE_TEMPLATE("EventPoller: passes over what was given up", B, MultiInline, MultiDense) {
  typename B::template Of<std::uint64_t> ring(8);
  EventPoller poller(ring);
  EventPoller follower(ring, {&poller.sequence()});
  REQUIRE(ring.add_gating(follower.sequence()));
  for (int lap = 0; lap < 3; ++lap) {
    REQUIRE(ring.try_publish_event(kNumbered));
    CHECK_THROWS_AS(static_cast<void>(ring.try_publish_events(3, [](std::uint64_t&) { throw 7; })), int);
    REQUIRE(ring.try_publish_event(kNumbered));
    const auto number = static_cast<std::uint64_t>(lap * 5);
    for (auto* reader : {&poller, &follower}) {
      Numbers seen;
      CHECK(reader->poll([&](std::uint64_t& e) { seen.push_back(e); }) == PollState::processing);
      CHECK(seen == Numbers{number, number + 4});
      CHECK(reader->sequence().get() == lap * 5 + 4);
    }
  }
  // One that joins later knows of tombstones before it and after.
  EventPoller late(ring);
  CHECK_THROWS_AS(static_cast<void>(ring.try_publish_event([](std::uint64_t&) { throw 7; })), int);
  REQUIRE(ring.try_publish_event(kNumbered));
  Numbers seen;
  CHECK(late.poll([&](std::uint64_t& e) { seen.push_back(e); }) == PollState::processing);
  CHECK(seen == Numbers{16});
}

TEST_CASE_TEMPLATE(
    "EventPoller: the end of the batch is the last event that was not given up, and without any nothing was there", B,
    MultiInline, MultiDense) {
  const auto fail = [](std::uint64_t&) { throw 7; };
  typename B::template Of<std::uint64_t> ring(8);
  EventPoller poller(ring);
  REQUIRE(ring.add_gating(poller.sequence()));
  REQUIRE(ring.try_publish_events(2, kNumbered));
  CHECK_THROWS_AS(static_cast<void>(ring.try_publish_events(2, fail)), int);
  std::vector<bool> ends;
  const auto see = [&](std::uint64_t&, const EventContext& context) { ends.push_back(context.end_of_batch); };
  CHECK(poller.poll(see) == PollState::processing);
  CHECK(ends == std::vector<bool>{false, true});
  CHECK(poller.sequence().get() == 3);
  CHECK_THROWS_AS(static_cast<void>(ring.try_publish_events(2, fail)), int);
  CHECK(poller.poll(see) == PollState::idle);
  CHECK(poller.sequence().get() == 5);
  CHECK_THROWS_AS(static_cast<void>(ring.try_publish_events(2, fail)), int);
  REQUIRE(ring.try_publish_event(kNumbered));
  CHECK(poller.poll(see, 1) == PollState::processing);  // past tombstones, however few at a time
  CHECK(poller.sequence().get() == 8);
  CHECK_THROWS_AS(static_cast<void>(ring.try_publish_event(fail)), int);
  end(ring);
  CHECK(poller.poll(see) == PollState::closed);
  CHECK(ends.size() == 3);
}

TEST_CASE_TEMPLATE("EventPoller: one that follows a consumer that has ended reads what that one has passed, and ends",
                   B, WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  Sequence upstream;
  EventPoller poller(ring, {&upstream});
  REQUIRE(ring.add_gating(poller.sequence()));
  REQUIRE(ring.try_publish_events(3, kNumbered));
  upstream.set(0);
  upstream.end();
  Numbers seen;
  const auto see = [&](std::uint64_t& e) { seen.push_back(e); };
  CHECK(poller.poll(see) == PollState::processing);
  CHECK(poller.poll(see) == PollState::closed);
  CHECK(seen == Numbers{0});
}

TEST_CASE_TEMPLATE("EventPoller: without anybody upstream it is never held back", B, WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  EventPoller poller(ring);
  REQUIRE(ring.try_publish_event(kNumbered));
  CHECK(poller.poll([](std::uint64_t&) {}, 0) == PollState::idle);
}

TEST_CASE_TEMPLATE("EventPoller: an event that was released early is not read again, though its handler throws", B,
                   WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  EventPoller poller(ring);
  REQUIRE(ring.add_gating(poller.sequence()));
  REQUIRE(ring.try_publish_events(3, kNumbered));
  const auto fail = [&](std::uint64_t& e, const EventContext& context) {
    if (e != 1) return;
    context.release(context.sequence);
    throw 7;
  };
  CHECK_THROWS_AS(poller.poll(fail), int);
  Numbers seen;
  CHECK(poller.poll([&](std::uint64_t& e) { seen.push_back(e); }) == PollState::processing);
  CHECK(seen == Numbers{2});
}

#if WHORL_CHECKED
TEST_CASE("EventContext: says that nothing is released that is not at hand, or twice") {
  Sequence progress(3);
  const EventContext one(5, true, progress);
  CHECK(dying_words([&] { one.release(1); }).find("nothing before what has been released") != std::string::npos);
  CHECK(dying_words([&] { one.release(6); }).find("nothing beyond what is at hand") != std::string::npos);
  one.release(5);
  CHECK(progress.get() == 5);
  const EventContext run(6, true, progress, 4);
  CHECK(dying_words([&] { run.release(10); }).find("nothing beyond what is at hand") != std::string::npos);
  run.release(9);
  CHECK(progress.get() == 9);
}
#endif

TEST_CASE_TEMPLATE("EventPoller: gives room back early when its handler says so", B, WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8);
  EventPoller poller(ring);
  REQUIRE(ring.add_gating(poller.sequence()));
  REQUIRE(ring.try_publish_events(8, kNumbered));
  std::vector<std::size_t> room;
  const auto see = [&](std::uint64_t& e, const EventContext& context) {
    if (e == 2 || e == 5) context.release(context.sequence);
    room.push_back(ring.remaining_capacity());
  };
  CHECK(poller.poll(see) == PollState::processing);
  CHECK(room == std::vector<std::size_t>{0, 0, 3, 3, 3, 6, 6, 6});
  CHECK(ring.remaining_capacity() == 8);
}

TEST_CASE_TEMPLATE("EventPoller: leaves the gate when it ends, and lends its sequence on", B, WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(4);
  const Sequence* lent = nullptr;
  {
    EventPoller poller(ring);
    lent = &poller.sequence();
    REQUIRE(ring.add_gating(poller.sequence()));
    CHECK(ring.gate().size() == 1);
  }
  CHECK(ring.gate().size() == 0);
  EventPoller next(ring);
  CHECK(&next.sequence() == lent);
}
