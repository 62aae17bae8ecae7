#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>
#include <whorl/disruptor/lossy_consumer.hpp>

#include "../../support/death.hpp"
#include "../../support/disruptors.hpp"
#include "../../support/message.hpp"
#include "../../support/scale.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::LossyConsumer;
using whorl::LossyContext;
using whorl::PublishResult;
using whorl::ReadResult;
using whorl::SequenceNumber;
using Numbers = std::vector<std::uint64_t>;

namespace {

const auto kNumbered = [](std::uint64_t& e, SequenceNumber s) { e = static_cast<std::uint64_t>(s); };

// What a consumer has got: numbers, their sequences, and how many are missing before each.
struct Got {
  Numbers numbers;
  std::vector<SequenceNumber> sequences;
  Numbers lost;

  void operator()(std::uint64_t& number, const LossyContext& at) {
    numbers.push_back(number);
    sequences.push_back(at.sequence);
    lost.push_back(at.lost);
  }
};

template <class D>
void publish(D& d, std::size_t events) {
  auto producer = producer_of(d);
  std::size_t refused = 0;
  for (; events != 0; --events) refused += producer.publish(kNumbered) != PublishResult::ok;
  REQUIRE(refused == 0);
}

}  // namespace

TEST_CASE_TEMPLATE("LossyConsumer: what finds no room is lost, nobody waits, and it is told how many", F,
                   WHORL_TEST_FLOWS) {
  LossyConsumer<std::uint64_t> screen(4);
  typename F::template Of<std::uint64_t> d({.capacity = 8});
  d.handle(screen.feed());
  d.start();
  publish(d, 100);  // 12 laps, and nobody reads
  REQUIRE(d.drain_for({}));
  CHECK(screen.lost() == 96);

  Got got;
  CHECK(screen.try_consume(got, 3) == 3);
  CHECK(got.numbers == Numbers{0, 1, 2});
  CHECK(got.lost == Numbers{0, 0, 0});
  publish(d, 2);
  REQUIRE(d.drain_for({}));
  CHECK(screen.try_consume(got) == 3);
  CHECK(got.numbers == Numbers{0, 1, 2, 3, 100, 101});
  CHECK(got.sequences == std::vector<SequenceNumber>{0, 1, 2, 3, 100, 101});
  CHECK(got.lost == Numbers{0, 0, 0, 0, 96, 0});
  CHECK(screen.wait_readable(whorl::BlockingWait{}, 1ms) == ReadResult::timed_out);

  publish(d, 7);
  d.close();
  d.join();
  CHECK(screen.lost() == 96 + 3);  // of which the last 3 came after the last event that was delivered
  CHECK(screen.run(got) == ReadResult::closed);
  CHECK(got.numbers == Numbers{0, 1, 2, 3, 100, 101, 102, 103, 104, 105});
  CHECK(got.lost.back() == 0);
  CHECK(screen.stats().delivered == 10);
}

TEST_CASE_TEMPLATE("LossyConsumer: hears of the end though another handler of its node fails then", F,
                   WHORL_TEST_FLOWS) {
  struct Fails {
    void operator()(std::uint64_t&) {}
    void on_stop() { throw std::runtime_error("no flush"); }
  };
  LossyConsumer<std::uint64_t> screen(4);
  typename F::template Of<std::uint64_t> d({.capacity = 8});
  d.handle(whorl::aggregate(Fails{}, screen.feed()));
  d.start();
  publish(d, 1);
  d.close();
  CHECK_THROWS_WITH(d.join(), "no flush");
  CHECK(screen.try_consume([](std::uint64_t&) {}) == 1);
  CHECK(screen.wait_readable(whorl::BlockingWait{}, 1ms) == ReadResult::closed);
}

TEST_CASE_TEMPLATE("LossyConsumer: every event is delivered or lost, in order, at full speed", F, WHORL_TEST_FLOWS) {
  const std::uint64_t events = scaled(100'000);
  for (const std::size_t capacity : {1u, 4u, 64u}) {
    CAPTURE(capacity);
    LossyConsumer<std::uint64_t> screen(capacity);
    typename F::template Of<std::uint64_t> d({.capacity = 16});
    std::uint64_t handled = 0;
    d.handle(whorl::aggregate([&](std::uint64_t&) { ++handled; }, screen.feed()));
    d.start();
    std::uint64_t next = 0;
    std::uint64_t lost = 0;
    std::uint64_t wrong = 0;
    std::thread consumer([&] {
      const auto see = [&](std::uint64_t& number, const LossyContext& at) {
        wrong += number != next + at.lost || at.sequence != static_cast<SequenceNumber>(number);
        next = number + 1;
        lost += at.lost;
      };
      wrong += screen.run(see, SleepAtOnce{}) != ReadResult::closed;
    });
    publish(d, events);
    d.close();
    d.join();
    consumer.join();
    CHECK(handled == events);
    CHECK(wrong == 0);
    CHECK(screen.stats().delivered + screen.lost() == events);
    CHECK(next - lost == screen.stats().delivered);
    CHECK(events - next == screen.lost() - lost);  // after the last one delivered
  }
}

TEST_CASE("LossyConsumer: sequences that were given up are not lost") {
  LossyConsumer<std::uint64_t> screen(8);
  whorl::Disruptor<std::uint64_t> d({.capacity = 8});
  d.handle(screen.feed());
  d.start();
  auto producer = d.producer();
  REQUIRE(producer.publish(kNumbered) == PublishResult::ok);
  CHECK(static_cast<bool>(producer.claim(3)));  // and dropped
  REQUIRE(producer.publish(kNumbered) == PublishResult::ok);
  REQUIRE(d.drain_for({}));
  Got got;
  CHECK(screen.try_consume(got) == 2);
  CHECK(got.sequences == std::vector<SequenceNumber>{0, 4});
  CHECK(got.lost == Numbers{0, 0});
  CHECK(screen.lost() == 0);
}

TEST_CASE("LossyConsumer: keeps a copy, which may be of another type, and is made only when there is room") {
  struct Order {
    std::unique_ptr<int> cannot_be_copied;
    int price = 0;
  };
  int copies = 0;
  LossyConsumer<std::unique_ptr<int>> screen(2);
  whorl::Disruptor<Order> d({.capacity = 4});
  d.handle(screen.feed([&](const Order& order) {
    ++copies;
    return std::make_unique<int>(order.price);
  }));
  d.start();
  auto producer = d.producer();
  for (int i = 0; i < 12; ++i) REQUIRE(producer.publish([&](Order& order) { order.price = i; }) == PublishResult::ok);
  REQUIRE(d.drain_for({}));
  CHECK(copies == 2);
  std::vector<int> prices;
  CHECK(screen.try_consume([&](std::unique_ptr<int>& price) { prices.push_back(*price); }) == 2);
  CHECK(prices == std::vector<int>{0, 1});  // although their events have been written over
}

TEST_CASE("LossyConsumer: a copy that throws is the node's failure, and neither delivered nor lost") {
  struct Skips {
    whorl::ErrorAction on_error(const std::exception_ptr&, std::uint64_t*, SequenceNumber) noexcept {
      return whorl::ErrorAction::skip;
    }
    void operator()(std::uint64_t&) {}
  };
  LossyConsumer<std::uint64_t> screen(8);
  whorl::Disruptor<std::uint64_t> d({.capacity = 8});
  d.handle(whorl::aggregate(Skips{}, screen.feed([](const std::uint64_t& number) {
    if (number % 3 == 1) throw std::runtime_error("this one cannot be copied");
    return number;
  })));
  d.start();
  publish(d, 6);
  d.close();
  d.join();
  Got got;
  CHECK(screen.run(got) == ReadResult::closed);
  CHECK(got.numbers == Numbers{0, 2, 3, 5});
  CHECK(got.lost == Numbers{0, 0, 0, 0});
  CHECK(screen.lost() == 0);
}

TEST_CASE("LossyConsumer: what comes again is delivered, or lost, once") {
  struct Fails {  // twice at each event
    whorl::ErrorAction action;
    std::uint64_t& handled;
    int attempt = 0;
    void operator()(std::uint64_t&) {
      if (attempt++ < 2) throw std::runtime_error("not yet");
      attempt = 0;
      ++handled;
    }
    whorl::ErrorAction on_error(const std::exception_ptr&, std::uint64_t*, SequenceNumber) noexcept { return action; }
  };
  for (const whorl::Position first : kFirstPositions) {
    for (const auto action : {whorl::ErrorAction::retry, whorl::ErrorAction::rewind}) {
      CAPTURE(first);
      LossyConsumer<std::uint64_t> screen(4);
      std::uint64_t handled = 0;
      whorl::Disruptor<std::uint64_t> d({.capacity = 8, .first_position = first});
      d.handle(whorl::aggregate(screen.feed(), Fails{action, handled}), {.max_batch = 1});
      d.start();
      publish(d, 6);
      d.close();
      d.join();
      CHECK(handled == 6);
      Got got;
      CHECK(screen.run(got) == ReadResult::closed);
      CHECK(got.numbers == Numbers{first, first + 1, first + 2, first + 3});
      CHECK(screen.lost() == 2);
    }
  }
}

TEST_CASE("LossyConsumer: ends with its node: halted, failed, removed, or never run") {
  Got got;
  SUBCASE("halted") {
    LossyConsumer<std::uint64_t> screen(8);
    whorl::Disruptor<std::uint64_t> d({.capacity = 8});
    d.handle(screen.feed());
    d.start();
    std::thread consumer([&] { CHECK(screen.run(got) == ReadResult::closed); });
    d.halt();
    d.join();
    consumer.join();
  }
  SUBCASE("failed") {
    LossyConsumer<std::uint64_t> screen(8);
    whorl::Disruptor<std::uint64_t> d({.capacity = 8});
    const auto fail = [](std::uint64_t&) { throw std::runtime_error("on purpose"); };
    d.handle(whorl::aggregate(screen.feed(), fail));
    d.start();
    publish(d, 1);
    CHECK_THROWS_AS(d.join(), std::runtime_error);
    CHECK(screen.run(got) == ReadResult::closed);
    CHECK(got.numbers == Numbers{0});
  }
  SUBCASE("removed") {
    LossyConsumer<std::uint64_t> screen(8);
    whorl::Disruptor<std::uint64_t> d({.capacity = 8, .dynamic = true});
    d.handle([](std::uint64_t&) {});
    const whorl::NodeId feed = d.handle(screen.feed());
    d.start();
    publish(d, 5);
    REQUIRE(d.remove(feed));
    publish(d, 5);
    CHECK(screen.run(got) == ReadResult::closed);
    CHECK(got.numbers == Numbers{0, 1, 2, 3, 4});
  }
  SUBCASE("never run") {
    LossyConsumer<std::uint64_t> screen(8);
    {
      whorl::Disruptor<std::uint64_t> d({.capacity = 8});
      d.handle(screen.feed());
      CHECK(screen.wait_readable(whorl::BlockingWait{}, 1ms) == ReadResult::timed_out);
    }
    CHECK(screen.run(got) == ReadResult::closed);
  }
}

TEST_CASE("LossyConsumer: one that has had enough loses the rest, and so does one that is stopped") {
  LossyConsumer<std::uint64_t> screen(8);
  whorl::Disruptor<std::uint64_t> d({.capacity = 8});
  d.handle(screen.feed());
  d.start();
  publish(d, 4);
  REQUIRE(d.drain_for({}));
  std::stop_source stop;
  Got got;
  const auto stop_it = [&](std::uint64_t& number, const LossyContext& at) {
    got(number, at);
    stop.request_stop();
  };
  CHECK(screen.run(stop_it, whorl::BlockingWait{}, stop.get_token()) == ReadResult::stopped);
  CHECK(got.numbers == Numbers{0, 1, 2, 3});
  publish(d, 2);
  REQUIRE(d.drain_for({}));
  CHECK(screen.run(got, whorl::BlockingWait{}, stop.get_token()) ==
        ReadResult::stopped);  // although there is something
  CHECK(screen.run(got, whorl::BlockingWait{}, 0ns) == ReadResult::timed_out);
  CHECK(got.numbers.size() == 4);
  CHECK(screen.try_consume(got) == 2);
  screen.close();
  publish(d, 5);
  REQUIRE(d.drain_for({}));
  CHECK(screen.lost() == 5);
  CHECK(screen.try_consume(got) == 0);
}

TEST_CASE("LossyConsumer: two of them with one node, each at its own pace") {
  LossyConsumer<std::uint64_t> slow(2);
  LossyConsumer<std::uint64_t> quick(64);
  whorl::Disruptor<std::uint64_t> d({.capacity = 8});
  d.handle(whorl::aggregate(slow.feed(), quick.feed()));
  d.start();
  publish(d, 50);
  d.close();
  d.join();
  Got got;
  CHECK(slow.run(got) == ReadResult::closed);
  CHECK(got.numbers == Numbers{0, 1});
  CHECK(slow.lost() == 48);
  CHECK(quick.lost() == 0);
  CHECK(quick.run(got) == ReadResult::closed);
  CHECK(got.numbers.size() == 52);
}

TEST_CASE("LossyConsumer: says what to do instead") {
  CHECK(refusal_of([] { LossyConsumer<int> bad(12); }).find("LossyConsumer: capacity 12 is not a power of two") == 0);
  LossyConsumer<int> one(4);
  const auto feed = one.feed();
  CHECK(refusal_of([&] { static_cast<void>(one.feed()); }).find("LossyConsumer: it has a feed") == 0);
}

TEST_CASE("LossyConsumer: a processor that runs again is not feeding it any more") {
  if (!WHORL_CHECKED) return;
  const std::string words = dying_words([] {
    LossyConsumer<std::uint64_t> screen(4);
    whorl::RingBuffer<std::uint64_t> ring(4);
    whorl::BatchEventProcessor processor(ring, {}, screen.feed());
    REQUIRE(ring.add_gating(processor.sequence()));
    processor.halt();
    processor.run();  // on_start, on_stop, and nothing else
    REQUIRE(ring.try_publish_event(kNumbered));
    processor.run();
  });
  CHECK(words.find("a lossy consumer ends with its node's run") != std::string::npos);
}
