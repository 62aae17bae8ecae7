// Producers, a graph of consumers, and consumers that come and go while events flow.
// Forbidden: an event lost, handled twice, torn, out of order, or by a consumer before all upstream of it are done; an event
// overwritten that a consumer has not handled; a thread that waits on although what it waits for is there.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>
#include <whorl/disruptor/batch_event_processor.hpp>
#include <whorl/disruptor/event_poller.hpp>
#include <whorl/disruptor/ring_buffer.hpp>

#include "crew.hpp"
#include "ledger.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using whorl::BatchEventProcessor;
using whorl::EventContext;
using whorl::EventPoller;
using whorl::PollState;
using whorl::Sequence;
using whorl::SequenceNumber;
using whorl::WriteResult;

namespace {

constexpr std::size_t kStages = 3;

struct Event {
  Item item;
  SequenceNumber sequence = -1;
  std::array<std::uint64_t, kStages> marks{};  // what each stage has left here
};

template <class Kind, class Layout>
struct Shape {
  static constexpr std::size_t kProducers = Kind::Claim::kShared ? 3 : 1;
  template <class W>
  using Ring = whorl::RingBuffer<Event, Kind, Layout, W>;
};

// A stage checks that all upstream of it have marked the event, and marks it itself.
struct Stage {
  Stage(std::size_t self, std::vector<std::size_t> upstream, std::size_t producers, Watchdog& watchdog)
      : self(self), upstream(std::move(upstream)), ledger(producers), watchdog(watchdog) {}

  void operator()(Event& event, const EventContext& context) {
    if (context.sequence <= last) ++wrong;  // some are passed over, none comes twice
    last = context.sequence;
    ledger(event.item);
    for (const std::size_t stage : upstream) wrong += event.marks[stage] != event.item.seal + stage;
    event.marks[self] = event.item.seal + self;
    if (context.end_of_batch) watchdog.progress();
  }

  const std::size_t self;
  const std::vector<std::size_t> upstream;
  Ledger ledger;
  Watchdog& watchdog;
  SequenceNumber last = -1;
  std::uint64_t wrong = 0;
};

// One of them fails now and then while it fills an event, if it may.
template <class Ring>
void produce(Ring& ring, std::size_t producer, std::uint64_t each, bool fails, Random& random) {
  for (std::uint64_t n = 0; n < each;) {
    const std::size_t size = std::min<std::size_t>({each - n, ring.capacity(), between(random, 1, 4)});
    std::size_t filled = 0;
    const std::size_t bad = fails && between(random, 0, 20) == 0 ? size - 1 : size;
    try {
      const WriteResult result = ring.publish_events(size, [&](Event& event, SequenceNumber sequence) {
        if (filled == bad) throw 7;
        event.sequence = sequence;
        event.item = Item::make(producer, n + filled++);
      });
      if (result != WriteResult::ok) return;
      n += size;
    } catch (int) {
    }
  }
}

// Two consumers of everything, and one after both.
template <class S, class W>
void run_diamond(std::size_t capacity, std::uint64_t each, bool fails) {
  CAPTURE(capacity);
  Watchdog watchdog("disruptor: diamond");
  typename S::template Ring<W> ring(capacity);
  Stage one(0, {}, S::kProducers, watchdog), two(1, {}, S::kProducers, watchdog),
      last(2, {0, 1}, S::kProducers, watchdog);
  using Processor = BatchEventProcessor<decltype(ring), Stage&>;
  Processor first(ring, {}, one), second(ring, {}, two, {.max_batch = 7});
  Processor third(ring, {&first.sequence(), &second.sequence()}, last);
  REQUIRE(ring.add_gating(third.sequence()));
  std::atomic<std::size_t> writing{S::kProducers};
  {
    const std::jthread a([&] { first.run(); });
    const std::jthread b([&] { second.run(); });
    const std::jthread c([&] { third.run(); });
    const Crew crew(S::kProducers, [&](std::size_t producer, std::stop_token, Random& random) {
      produce(ring, producer, each, fails, random);
      if (writing.fetch_sub(1) != 1) return;
      ring.close();
      if constexpr (!decltype(ring)::kShared) ring.disown();
    });
  }
  for (const Stage* stage : {&one, &two, &last}) {
    CHECK(stage->ledger.complaint() == "");
    CHECK(stage->wrong == 0);
    CHECK(stage->ledger.seen_of_each() == std::vector(S::kProducers, each));
  }
  CHECK(ring.remaining_capacity() == capacity);
}

template <class S, class W>
void run_diamonds() {
  for (const std::size_t capacity : {1u, 4u, 256u}) {
    for (const bool fails : {false, true}) {
      run_diamond<S, W>(capacity, scaled(capacity < 64 ? 2'000 : 30'000), fails);
    }
  }
}

}  // namespace

#define WHORL_STRESS_SHAPES                                                                                    \
  Shape<whorl::Single, whorl::Inline>, Shape<whorl::Single, whorl::Dense>, Shape<whorl::Multi, whorl::Inline>, \
      Shape<whorl::Multi, whorl::Dense>

TEST_CASE_TEMPLATE("disruptor: every event comes once to each, in order, and last to the last, parked", S,
                   WHORL_STRESS_SHAPES) {
  run_diamonds<S, whorl::BlockingWait>();
}

TEST_CASE_TEMPLATE("disruptor: every event comes once to each, in order, and last to the last, yielding", S,
                   WHORL_STRESS_SHAPES) {
  run_diamonds<S, whorl::YieldingWait>();
}

namespace {

// A consumer for a while: what it sees begins somewhere, and there are no gaps but what was given up.
template <class Ring>
struct Guest {
  Guest(Ring& ring, std::initializer_list<Sequence*> upstream)
      : ring(ring), poller(ring, upstream), buried_before(ring.buried()) {}

  // Polls once; false if nothing came.
  bool poll() {
    next = poller.sequence().get() + 1;
    return poller.poll([this](Event& event, const EventContext& context) {
      for (; next < context.sequence; ++next, ++given_up) wrong += !may_be_buried(next);
      wrong += context.sequence != next++ || event.sequence != context.sequence;
      wrong += event.item.seal != Item::seal_of(event.item.producer, event.item.number);
    }) == PollState::processing;
  }

  // A poll that finds nothing but what was given up lets go of it and looks again, and a cell that has been claimed anew says
  // nothing of what was there before.
  bool may_be_buried(SequenceNumber sequence) const {
    return ring.is_buried(sequence) || ring.claimed() > static_cast<whorl::Position>(sequence) + ring.capacity();
  }
  // It is called when the guest has gone.
  std::uint64_t wrong_in_all() const { return wrong + (given_up > ring.buried() - buried_before); }

  Ring& ring;
  EventPoller<Ring> poller;
  SequenceNumber next = 0;
  std::uint64_t wrong = 0;
  std::uint64_t given_up = 0;
  std::uint64_t buried_before = 0;
};

// A chain of two comes, the second one first; reads for a while; the second one hands over to the first, and goes; then the
// first one. Returns how much was wrong.
template <class Ring>
std::uint64_t visit(Ring& ring, Random& random) {
  Guest<Ring> first(ring, {});
  std::uint64_t wrong = 0;
  const auto read = [&](auto&... guests) {
    const std::uint64_t polls = between(random, 1, 30);
    for (std::uint64_t k = 0; k < polls; ++k) {
      if ((static_cast<int>(guests.poll()) + ... + 0) == 0) std::this_thread::yield();
    }
  };
  {
    Guest<Ring> second(ring, {&first.poller.sequence()});
    wrong += !ring.add_gating(second.poller.sequence());
    wrong += !ring.add_gating(first.poller.sequence());
    // As a rule it is not behind the second one, who can guard it from now on. It is where the single producer has meanwhile
    // dropped a claim.
    const bool is_guarded = first.poller.sequence().get() >= second.poller.sequence().get();
    if (is_guarded && between(random, 0, 1) == 0) wrong += !ring.remove_gating(first.poller.sequence());
    read(first, second);
    Sequence* const upstream[] = {&first.poller.sequence()};
    wrong += !ring.hand_over_gating(second.poller.sequence(), upstream);
    wrong += second.wrong_in_all();
  }
  read(first);
  return wrong + first.wrong_in_all();
}

}  // namespace

// One consumer stays; others join, read for a while and leave, while producers publish or fail.
TEST_CASE_TEMPLATE("disruptor: consumers come and go under full traffic, and each sees an unbroken stretch", S,
                   WHORL_STRESS_SHAPES) {
  for (const std::size_t capacity : {1u, 4u, 64u}) {
    CAPTURE(capacity);
    Watchdog watchdog("disruptor: joining");
    typename S::template Ring<whorl::BlockingWait> ring(capacity);
    Stage stays(0, {}, S::kProducers, watchdog);
    BatchEventProcessor<decltype(ring), Stage&> processor(ring, {}, stays);
    REQUIRE(ring.add_gating(processor.sequence()));
    std::atomic<bool> over{false};
    std::atomic<std::uint64_t> wrong{0};
    std::atomic<std::uint64_t> visits{0};
    {
      const std::jthread consumer([&] { processor.run(); });
      const Crew guests(2, [&](std::size_t, std::stop_token, Random& random) {
        while (!over.load()) {
          wrong += visit(ring, random);
          ++visits;
        }
      });
      const std::uint64_t each = scaled(capacity < 64 ? 2'000 : 20'000);
      {
        const Crew producers(S::kProducers, [&](std::size_t producer, std::stop_token, Random& random) {
          produce(ring, producer, each, true, random);
        });
      }
      over.store(true);
      ring.close();
      if constexpr (!decltype(ring)::kShared) ring.disown();
    }
    CHECK(wrong.load() == 0);
    CHECK(visits.load() > 0);
    CHECK(stays.ledger.complaint() == "");
    CHECK(stays.wrong == 0);
    CHECK(ring.gate().size() == 1);
  }
}

TEST_CASE_TEMPLATE("disruptor: closed in the middle, everybody comes to an end, and what was accepted is handled", S,
                   WHORL_STRESS_SHAPES) {
  const std::uint64_t rounds = scaled(300);
  Watchdog watchdog("disruptor: closing");
  for (std::uint64_t round = 0; round < rounds; ++round) {
    typename S::template Ring<whorl::BlockingWait> ring(round % 2 == 0 ? 1 : 8);
    Stage one(0, {}, S::kProducers, watchdog), two(1, {0}, S::kProducers, watchdog);
    using Processor = BatchEventProcessor<decltype(ring), Stage&>;
    Processor first(ring, {}, one), second(ring, {&first.sequence()}, two);
    REQUIRE(ring.add_gating(second.sequence()));
    std::array<std::uint64_t, S::kProducers> accepted{};
    {
      const std::jthread a([&] { first.run(); });
      const std::jthread b([&] { second.run(); });
      const Crew crew(S::kProducers, [&](std::size_t producer, std::stop_token, Random&) {
        const auto publish = [&] {
          return ring.publish_event([&](Event& e) { e.item = Item::make(producer, accepted[producer]); });
        };
        while (publish() == WriteResult::ok) ++accepted[producer];
      });
      dawdle(round % 50 * 200);
      ring.close();
    }
    REQUIRE(two.ledger.complaint() == "");
    REQUIRE(two.wrong == 0);
    REQUIRE(two.ledger.seen_of_each() == std::vector<std::uint64_t>(accepted.begin(), accepted.end()));
    watchdog.progress();
  }
}
