#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>

#include "../../support/allocations.hpp"
#include "../../support/death.hpp"
#include "../../support/disruptors.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::PollState;
using whorl::PublishResult;
using whorl::SequenceNumber;
using Numbers = std::vector<std::uint64_t>;

namespace {

const auto kNumbered = [](std::uint64_t& e, SequenceNumber s) { e = static_cast<std::uint64_t>(s); };

// A Disruptor whose events are polled: nothing moves by itself.
template <class F>
struct Polled {
  typename F::template Of<std::uint64_t> d;
  typename decltype(d)::Poller poller = d.poller();

  explicit Polled(std::size_t capacity, whorl::Position first = 0)
      : d({.capacity = capacity, .first_position = first}) {
    d.start();
  }
  Numbers poll() {
    Numbers numbers;
    while (poller.poll([&](std::uint64_t& e) { numbers.push_back(e); }) == PollState::processing) {
    }
    return numbers;
  }
};

// Does not wait for room.
struct Impatient : SleepAtOnce {
  template <class Event, class Ready>
  whorl::WaitResult wait(Event&, Ready&& ready, const whorl::Until&) const {
    if (ready()) return whorl::WaitResult::ready;
    throw std::runtime_error("no patience");
  }
};

using OneD = whorl::Disruptor<int, whorl::Single>;
using ManyD = whorl::Disruptor<int, whorl::Multi>;
static_assert(!std::is_copy_constructible_v<OneD::Producer> && std::is_move_constructible_v<OneD::Producer>);
static_assert(std::is_copy_constructible_v<ManyD::Producer>);
static_assert(!std::is_copy_constructible_v<OneD> && !std::is_move_constructible_v<OneD>);
static_assert(!std::is_copy_constructible_v<whorl::ClaimedEvents<OneD::Ring>>);

}  // namespace

TEST_CASE_TEMPLATE("Producer: publishes one, batches, ranges, from any first position", F, WHORL_TEST_FLOWS) {
  for (const whorl::Position first : kFirstPositions) {
    CAPTURE(first);
    Polled<F> polled(8, first);
    auto producer = producer_of(polled.d);
    for (int lap = 0; lap < 3; ++lap) {
      CHECK(producer.publish([](std::uint64_t& e) { e = 1; }) == PublishResult::ok);
      CHECK(producer.try_publish([](std::uint64_t& e) { e = 2; }) == PublishResult::ok);
      std::uint64_t next = 3;
      CHECK(producer.publish_batch(2, [&](std::uint64_t& e) { e = next++; }) == PublishResult::ok);
      CHECK(producer.try_publish_batch(2, [&](std::uint64_t& e) { e = next++; }) == PublishResult::ok);
      CHECK(producer.publish_batch(0, kNumbered) == PublishResult::ok);
      const std::array<std::uint32_t, 2> items{7, 8};
      const auto range = producer.publish_range(std::span<const std::uint32_t>(items));
      CHECK(range);
      CHECK(range.published == 2);
      CHECK(polled.poll() == Numbers{1, 2, 3, 4, 5, 6, 7, 8});
    }
  }
}

TEST_CASE_TEMPLATE("Producer: says why nothing was published, and has claimed nothing then", F, WHORL_TEST_FLOWS) {
  Polled<F> polled(4);
  auto producer = producer_of(polled.d);
  CHECK(producer.try_publish_batch(3, kNumbered) == PublishResult::ok);
  CHECK(producer.try_publish_batch(2, kNumbered) == PublishResult::full);
  CHECK(producer.publish_batch(2, kNumbered, 1ms) == PublishResult::timed_out);
  CHECK(producer.publish_batch(5, kNumbered) == PublishResult::full);  // never
  std::stop_source stop;
  stop.request_stop();
  CHECK(producer.publish_batch(2, kNumbered, stop.get_token()) == PublishResult::stopped);
  CHECK(producer.try_claim(2).result() == PublishResult::full);
  CHECK(producer.claim(2, 1ms).result() == PublishResult::timed_out);
  CHECK(polled.d.remaining_capacity() == 1);
  CHECK(polled.d.stats().full_waits == 3);
  const std::array<std::uint64_t, 6> items{3, 4, 5, 6, 7, 8};
  const auto some = producer.publish_range(std::span<const std::uint64_t>(items), 1ms);
  CHECK(some.result == PublishResult::timed_out);
  CHECK(some.published == 1);
  CHECK(polled.poll() == Numbers{0, 1, 2, 3});
  polled.d.close();
  CHECK(producer.publish(kNumbered) == PublishResult::closed);
  CHECK(producer.try_publish(kNumbered) == PublishResult::closed);
  CHECK(producer.claim(1).result() == PublishResult::closed);
  CHECK(producer.try_claim(1).result() == PublishResult::closed);
  CHECK(producer.publish_range(std::span<const std::uint64_t>(items)).result == PublishResult::closed);
  CHECK(polled.d.stats().claimed == 4);
}

TEST_CASE_TEMPLATE("Producer: what throws while it is filled is never seen", F, WHORL_TEST_FLOWS) {
  Polled<F> polled(4);
  auto producer = producer_of(polled.d);
  for (int lap = 0; lap < 5; ++lap) {
    int filled = 0;
    const auto fails = [&](std::uint64_t& e) {
      e = 99;
      if (++filled == 2) throw 7;
    };
    CHECK_THROWS_AS(static_cast<void>(producer.publish_batch(2, fails)), int);
    CHECK(producer.publish([](std::uint64_t& e) { e = 1; }) == PublishResult::ok);
    CHECK(polled.poll() == Numbers{1});
  }
}

TEST_CASE_TEMPLATE("Producer: a claim is filled where it lies, and published when it is committed, or never", F,
                   WHORL_TEST_FLOWS) {
  Polled<F> polled(4);
  auto producer = producer_of(polled.d);
  for (int lap = 0; lap < 5; ++lap) {
    {
      auto events = producer.claim(3);
      REQUIRE(events);
      CHECK(events.size() == 3);
      std::uint64_t next = 10;
      for (std::uint64_t& e : events) e = next++;
      events[1] = 42;
      CHECK(polled.poll().empty());
      events.commit();
      CHECK(polled.poll() == Numbers{10, 42, 12});
    }
    {
      auto events = producer.try_claim(2);
      REQUIRE(events);
      auto moved = std::move(events);
      moved[0] = 99;
    }
    CHECK(polled.poll().empty());
    CHECK(polled.d.remaining_capacity() == 4);
  }
}

TEST_CASE_TEMPLATE("Producer: a claim that is not open has no events to go over", F, WHORL_TEST_FLOWS) {
  Polled<F> polled(4);
  auto producer = producer_of(polled.d);
  std::size_t visited = 0;
  const auto visit = [&](auto& events) {
    for ([[maybe_unused]] std::uint64_t& e : events) ++visited;
  };
  auto open = producer.claim(4);
  auto moved = std::move(open);
  visit(open);
  CHECK(visited == 0);
  visit(moved);
  CHECK(visited == 4);
  moved.commit();
  visit(moved);
  auto none = producer.try_claim(1);
  CHECK(none.result() == PublishResult::full);
  visit(none);
  CHECK(visited == 4);
}

TEST_CASE_TEMPLATE("Producer: a wait strategy that throws leaves the producer outside", F,
                   Flow<whorl::Single, whorl::Inline, Impatient>, Flow<whorl::Multi, whorl::Inline, Impatient>) {
  Polled<F> polled(2);
  auto producer = producer_of(polled.d);
  CHECK(producer.publish_batch(2, kNumbered) == PublishResult::ok);
  CHECK_THROWS_WITH(static_cast<void>(producer.publish(kNumbered)), "no patience");
  CHECK_THROWS_WITH(static_cast<void>(producer.claim(1)), "no patience");
  CHECK(polled.poll() == Numbers{0, 1});
  polled.d.close();
  CHECK(polled.poller.poll([](std::uint64_t&) {}) == PollState::closed);
}

TEST_CASE_TEMPLATE("Producer: claimed in time, committed after the close, and handled", F, WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 4});
  Numbers seen;
  d.handle([&](std::uint64_t& e) { seen.push_back(e); });
  d.start();
  auto producer = producer_of(d);
  auto events = producer.claim(2);
  REQUIRE(events);
  d.close();
  events[0] = 1;
  events[1] = 2;
  events.commit();
  d.join();
  CHECK(seen == Numbers{1, 2});
  CHECK(producer.publish(kNumbered) == PublishResult::closed);
}

TEST_CASE_TEMPLATE("Producer: the only one is had once, given back, and had again, by any thread", F,
                   Flow<whorl::Single, whorl::Inline>, Flow<whorl::Single, whorl::Dense>) {
  Polled<F> polled(8);
  {
    auto first = polled.d.producer();
    REQUIRE(first.has_value());
    CHECK_FALSE(polled.d.producer().has_value());
    auto moved = std::move(*first);
    first.reset();
    CHECK_FALSE(polled.d.producer().has_value());
    std::thread([&] { CHECK(moved.publish(kNumbered) == PublishResult::ok); }).join();
  }
  std::thread([&] {
    auto second = polled.d.producer();
    CHECK(second->publish(kNumbered) == PublishResult::ok);
  }).join();
  CHECK(polled.poll() == Numbers{0, 1});
  polled.d.close();
  CHECK_FALSE(polled.d.producer().has_value());
}

TEST_CASE_TEMPLATE("Producer: copies publish at once, each in its order", F, Flow<whorl::Multi, whorl::Inline>,
                   Flow<whorl::Multi, whorl::Dense>) {
  typename F::template Of<std::uint64_t> d({.capacity = 16});
  std::array<std::uint64_t, 3> next{};
  std::uint64_t wrong = 0;
  d.handle([&](std::uint64_t& e) { wrong += e % 1000 != next[e / 1000]++; });
  d.start();
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t id = 0; id < 3; ++id) {
      threads.emplace_back([id, producer = d.producer()]() mutable {
        for (std::uint64_t k = 0; k < 1000; ++k) {
          CHECK(producer.publish([&](std::uint64_t& e) { e = id * 1000 + k; }) == PublishResult::ok);
        }
      });
    }
  }
  d.close();
  d.join();
  CHECK(wrong == 0);
  CHECK(next == std::array<std::uint64_t, 3>{1000, 1000, 1000});
}

TEST_CASE_TEMPLATE("Producer: of two Disruptors in one thread, in turn", F, WHORL_TEST_FLOWS) {
  Polled<F> one(2), two(64);
  auto first = producer_of(one.d);
  auto second = producer_of(two.d);
  for (int i = 0; i < 10; ++i) {
    CHECK(first.try_publish(kNumbered) == (i < 2 ? PublishResult::ok : PublishResult::full));
    CHECK(second.try_publish(kNumbered) == PublishResult::ok);
  }
  CHECK(one.poll().size() == 2);
  CHECK(two.poll().size() == 10);
}

TEST_CASE_TEMPLATE("Producer: publishing and handling allocate nothing", F, WHORL_TEST_FLOWS) {
  if (!kCountsAllocations) return;
  typename F::template Of<std::uint64_t> d({.capacity = 16});
  std::uint64_t sum = 0;
  d.handle([&](std::uint64_t& e) { sum += e; }, {.after = {d.handle([](std::uint64_t& e) { ++e; })}});
  d.start();
  auto producer = producer_of(d);
  const Allocations before = allocations();
  for (int i = 0; i < 200; ++i) static_cast<void>(producer.publish(kNumbered));
  for (int i = 0; i < 20; ++i) {
    auto events = producer.claim(3);
    for (std::uint64_t& e : events) e = 0;
    events.commit();
  }
  const bool is_drained = d.drain_for(60s);
  CHECK(allocations() == before);
  CHECK(is_drained);
  CHECK(sum == 200 * 201 / 2 + 60);
}

#if WHORL_CHECKED
TEST_CASE("Producer: says that a single one makes one claim at a time, and that it was moved from") {
  using D = whorl::Disruptor<int, whorl::Single>;
  const auto dies = [](auto misuse) {
    return dying_words([&] {
      D d({.capacity = 8, .without_consumers = whorl::EmptyGate::open});
      d.start();
      auto producer = d.producer();
      misuse(*producer);
    });
  };
  CHECK(dies([](auto& producer) {
          const auto open = producer.claim(1);
          static_cast<void>(producer.publish([](int&) {}));
        }).find("end the last one first") != std::string::npos);
  CHECK(dies([](auto& producer) {
          const auto other = std::move(producer);
          static_cast<void>(producer.publish([](int&) {}));
        }).find("publish with the one it was moved to") != std::string::npos);
}
#endif
