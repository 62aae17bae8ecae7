#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <vector>
#include <whorl/disruptor/ring_buffer.hpp>
#include <whorl/disruptor/sequence_barrier.hpp>

#include "../../support/allocations.hpp"
#include "../../support/elements.hpp"
#include "../../support/ring_buffers.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::Position;
using whorl::Sequence;
using whorl::SequenceNumber;
using whorl::Until;
using whorl::WriteResult;
using Numbers = std::vector<std::uint64_t>;

namespace {

// The events from `from` to the last one published, but tombstones.
template <class Ring>
Numbers published(Ring& ring, SequenceNumber from) {
  Numbers values;
  const SequenceNumber last = ring.highest_published(from, from + static_cast<SequenceNumber>(ring.capacity()) - 1);
  for (SequenceNumber s = from; s <= last; ++s)
    if (!ring.is_buried(s)) values.push_back(ring.get(s));
  return values;
}

}  // namespace

static_assert(!whorl::RingBuffer<std::uint64_t>::kDense && whorl::RingBuffer<CacheLineBlock>::kDense);
static_assert(whorl::RingBuffer<std::uint64_t>::kShared && !whorl::RingBuffer<std::uint64_t, whorl::Single>::kShared);

TEST_CASE_TEMPLATE("RingBuffer: events are filled in place, by value or by sequence, and read by sequence", B,
                   WHORL_TEST_BUFFERS) {
  for (const Position first : kFirstPositions) {
    Sequence consumer;
    typename B::template Of<std::uint64_t> ring(4, {}, {.first_position = first});
    REQUIRE(ring.add_gating(consumer));
    auto next = static_cast<SequenceNumber>(first);
    for (int lap = 0; lap < 10; ++lap) {
      CHECK(ring.try_publish_event([](std::uint64_t& e) { e = 5; }));
      CHECK(ring.publish_event([](std::uint64_t& e, SequenceNumber s) { e = static_cast<std::uint64_t>(s); }) ==
            WriteResult::ok);
      CHECK(ring.try_publish_events(2, [](std::uint64_t& e, SequenceNumber s) { e = static_cast<std::uint64_t>(s); }));
      CHECK_FALSE(ring.try_publish_event([](std::uint64_t&) { FAIL("there is no room"); }));
      const auto number = static_cast<std::uint64_t>(next);
      CHECK(published(ring, next) == Numbers{5, number + 1, number + 2, number + 3});
      CHECK(ring.is_available(next + 3));
      consumer.set(next += 3);
      ++next;
    }
  }
}

TEST_CASE_TEMPLATE("RingBuffer: claims, fills and publishes by hand; two open claims are not seen", B,
                   WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(4);
  const SequenceNumber one = ring.next().sequence;
  const SequenceNumber three = ring.next(2).sequence;
  ring[one] = 10;
  ring[three - 1] = 11;
  ring[three] = 12;
  CHECK(published(ring, 0).empty());
  ring.publish(one);
  CHECK(published(ring, 0) == Numbers{10});
  ring.publish(three - 1, three);
  CHECK(published(ring, 0) == Numbers{10, 11, 12});
}

TEST_CASE_TEMPLATE("RingBuffer: a throw while filling publishes nothing, and the ring goes on", B, WHORL_TEST_BUFFERS) {
  for (std::size_t bad = 0; bad < 3; ++bad) {
    CAPTURE(bad);
    Sequence consumer;
    typename B::template Of<std::uint64_t> ring(8);
    REQUIRE(ring.add_gating(consumer));
    std::size_t filled = 0;
    const auto fill = [&](std::uint64_t& e) {
      e = 66;
      if (filled++ == bad) throw 7;
    };
    CHECK_THROWS_AS(static_cast<void>(ring.try_publish_events(3, fill)), int);
    CHECK(published(ring, 0).empty());
    CHECK(ring.buried() == (B::kShared ? 3 : 0));
    CHECK(ring.claimed() == (B::kShared ? 3 : 0));
    filled = bad;
    CHECK_THROWS_AS(static_cast<void>(ring.publish_event(fill)), int);
    CHECK(ring.publish_event([](std::uint64_t& e) { e = 1; }) == WriteResult::ok);
    CHECK(published(ring, 0) == Numbers{1});
    consumer.set(static_cast<SequenceNumber>(ring.claimed()) - 1);
    for (std::uint64_t lap = 0; lap < 5; ++lap) {
      const auto from = static_cast<SequenceNumber>(ring.claimed());
      CHECK(ring.try_publish_events(8, [&](std::uint64_t& e) { e = lap; }));
      CHECK(published(ring, from) == Numbers(8, lap));
      consumer.set(from + 7);
    }
  }
}

TEST_CASE_TEMPLATE("RingBuffer: a batch is all or nothing, and none where none fits", B, WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(4);
  const auto fill = [](std::uint64_t& e) { e = 1; };
  CHECK_FALSE(ring.try_publish_events(0, fill));
  CHECK_FALSE(ring.try_publish_events(5, fill));
  CHECK(ring.publish_events(5, fill) == WriteResult::full);
  CHECK(ring.try_publish_events(3, fill));
  CHECK_FALSE(ring.try_publish_events(2, fill));
  CHECK(ring.publish_events(2, fill, Until(1ms)) == WriteResult::timed_out);
  CHECK(published(ring, 0) == Numbers{1, 1, 1});
  end(ring);
  CHECK(ring.publish_event(fill) == WriteResult::closed);
  CHECK_FALSE(ring.try_publish_event(fill));
}

TEST_CASE_TEMPLATE("RingBuffer: events are made once, in place, and are there for as long as the ring", B,
                   WHORL_TEST_BUFFERS) {
  struct Pinned {
    explicit Pinned(std::size_t i) : number(i) {}
    Pinned(const Pinned&) = delete;
    std::size_t number;
  };
  const auto make = [](std::size_t i) { return Pinned(i); };
  typename B::template Of<Pinned> ring(4, make);
  for (SequenceNumber s = 0; s < 4; ++s) CHECK(ring.get(s).number == static_cast<std::size_t>(s));
  CHECK(&ring.get(1) == &ring.get(5));

  const std::int64_t live = Tracked::live;
  {
    typename B::template Of<Tracked> tracked(8, [](std::size_t i) { return Tracked(i); });
    CHECK(Tracked::live == live + 8);
    CHECK(tracked.try_publish_event([](Tracked& e) { e.number = 3; }));
    CHECK(Tracked::live == live + 8);
  }
  CHECK(Tracked::live == live);
}

TEST_CASE_TEMPLATE("RingBuffer: what a constructor throws that makes the events leaves nothing behind", B,
                   WHORL_TEST_BUFFERS) {
  const std::int64_t live = Tracked::live;
  const auto make = [](std::size_t i) {
    if (i == 5) throw 7;
    return Tracked(i);
  };
  CHECK_THROWS_AS((typename B::template Of<Tracked>(8, make)), int);
  CHECK(Tracked::live == live);
}

TEST_CASE_TEMPLATE("RingBuffer: events of a dense one lie side by side up to the end of the ring", B, SingleDense,
                   MultiDense) {
  typename B::template Of<std::uint64_t> ring(8);
  CHECK(ring.span(0, 3).data() == &ring.get(0));
  CHECK(ring.span(0, 3).size() == 3);
  CHECK(ring.span(8, 8).size() == 8);
  CHECK(ring.span(5, 8).size() == 3);
  CHECK(ring.span(13, 2).size() == 2);
  CHECK(&ring.span(6, 2)[1] == &ring.get(7));
}

TEST_CASE_TEMPLATE("RingBuffer: publishing allocates nothing", B, WHORL_TEST_BUFFERS) {
  if (!kCountsAllocations) return;
  Sequence consumer;
  typename B::template Of<std::uint64_t> ring(4);
  REQUIRE(ring.add_gating(consumer));
  const Allocations before = allocations();
  for (std::uint64_t i = 0; i < 100; ++i) {
    static_cast<void>(ring.publish_event([&](std::uint64_t& e) { e = i; }));
    consumer.set(static_cast<SequenceNumber>(i));
  }
  CHECK(allocations() == before);
}

TEST_CASE_TEMPLATE("RingBuffer: one thread publishes into two rings, each with a room of its own", B,
                   WHORL_TEST_BUFFERS) {
  typename B::template Of<std::uint64_t> large(64), small(4);
  const auto fill = [](std::uint64_t& e) { e = 1; };
  std::size_t in_small = 0;
  for (int i = 0; i < 64; ++i) {
    CHECK(large.try_publish_event(fill));
    in_small += small.try_publish_event(fill);
  }
  CHECK(in_small == 4);
  CHECK_FALSE(large.try_publish_event(fill));
}

TEST_CASE_TEMPLATE("RingBuffer: a producer that waits for room is freed by the consumer, and by closing", B,
                   WHORL_TEST_BUFFERS) {
  for (const bool closes : {false, true}) {
    Sequence consumer;
    typename B::template Of<std::uint64_t> ring(2);
    REQUIRE(ring.add_gating(consumer));
    REQUIRE(ring.try_publish_events(2, [](std::uint64_t& e) { e = 1; }));
    WriteResult result = WriteResult::full;
    bool filled = false;
    std::thread producer([&] {
      result = ring.publish_event(
          [&](std::uint64_t& e) {
            e = 2;
            filled = true;
          },
          Until(60s));
    });
    while (consumer.waiting().sleeps() == 0) std::this_thread::yield();
    closes ? ring.close() : consumer.set(0);
    producer.join();
    CHECK(result == (closes ? WriteResult::closed : WriteResult::ok));
    CHECK(filled == !closes);
  }
}
