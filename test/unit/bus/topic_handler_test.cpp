// What a subscriber is told besides events: hooks, batches, errors and what becomes of them.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <whorl/bus/event_bus.hpp>
#include <whorl/disruptor/aggregate.hpp>
#include <whorl/disruptor/rewind.hpp>

#include "../../support/buses.hpp"
#include "../../support/message.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::ErrorAction;
using whorl::EventContext;
using whorl::PublishResult;
using whorl::SequenceNumber;
using Numbers = std::vector<std::uint64_t>;

namespace {

// Numbers 0 to n - 1, every third one an order and the others fills; n in all.
template <class Bus>
void publish(Bus& bus, std::uint64_t n) {
  auto publisher = publisher_of(bus);
  std::uint64_t refused = 0;
  for (std::uint64_t k = 0; k < n; ++k) {
    refused += (k % 3 == 0 ? publisher.publish(Order{.number = k}) : publisher.publish(Fill{k})) != PublishResult::ok;
  }
  REQUIRE(refused == 0);
}

// Fails on order 3, so often; then says what is to become of it.
template <class Bus>
struct Failing {
  std::uint64_t failures = 1;
  ErrorAction answer = ErrorAction::skip;
  Numbers seen = {};
  Numbers failed_on = {};
  std::string why = {};

  void operator()(const Order& order) {
    if (order.number == 3 && failures != 0) {
      --failures;
      throw std::runtime_error("three");
    }
    seen.push_back(order.number);
  }
  ErrorAction on_error(const std::exception_ptr& error, typename Bus::Stored* event, SequenceNumber) noexcept {
    if (event != nullptr && event->template holds<Order>())
      failed_on.push_back(event->template get_if<Order>()->number);
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& failure) {
      why = failure.what();
    }
    return answer;
  }
};

}  // namespace

TEST_CASE_TEMPLATE("TopicHandler: a failure is skipped, tried again, or the end, as the subscriber says", B,
                   WHORL_TEST_BUSES) {
  using Bus = typename B::template Of<Order, Fill>;
  Failing<Bus> skips, retries{.failures = 3, .answer = ErrorAction::retry};
  Log fills;
  Bus bus({.capacity = 8});
  bus.template subscribe<Order>(std::ref(skips));
  bus.template subscribe<Order>(std::ref(retries));
  bus.template subscribe<Fill>(std::ref(fills));
  bus.start();
  publish(bus, 12);
  bus.close();
  bus.join();
  CHECK(skips.seen == Numbers{0, 6, 9});
  CHECK(skips.failed_on == Numbers{3});
  CHECK(skips.why == "three");
  CHECK(retries.seen == Numbers{0, 3, 6, 9});
  CHECK(retries.failed_on == Numbers{3, 3, 3});
  CHECK(fills.seen.size() == 8);
}

TEST_CASE_TEMPLATE("TopicHandler: a failure that nobody judges ends the bus, and join throws it", B, WHORL_TEST_BUSES) {
  using Bus = typename B::template Of<Order, Fill>;
  Failing<Bus> fails{.answer = ErrorAction::halt};
  Log others;
  Bus bus({.capacity = 8});
  const auto first = bus.template subscribe<Order>(std::ref(fails));
  Log after;
  bus.subscribe(std::ref(after), {.after = {first}});
  bus.subscribe(std::ref(others));
  bus.start();
  publish(bus, 4);
  CHECK_THROWS_WITH(bus.join(), "three");
  CHECK(bus.error() != nullptr);
  CHECK(bus.is_closed());
  CHECK(others.seen.size() == 4);
  CHECK(after.seen.size() <= 3);
  CHECK(fails.seen == Numbers{0});
}

TEST_CASE_TEMPLATE("TopicHandler: the end of a batch is told whatever topic its last event is of", B,
                   WHORL_TEST_BUSES) {
  struct Flushes {
    std::uint64_t unflushed = 0;
    std::uint64_t flushed = 0;
    std::uint64_t starts = 0, stops = 0, batches = 0, ends = 0;
    void operator()(const Order&) { ++unflushed; }
    void on_start() { ++starts; }
    void on_stop() { ++stops; }
    void on_batch_start(std::size_t, std::size_t) { ++batches; }
    void on_batch_end(SequenceNumber) {
      flushed += std::exchange(unflushed, 0);
      ++ends;
    }
  };
  Flushes journal;
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  bus.template subscribe<Order>(std::ref(journal), {.max_batch = 2});
  bus.start();
  publish(bus, 30);
  bus.close();
  bus.join();
  CHECK(journal.flushed == 10);
  CHECK(journal.unflushed == 0);
  CHECK(journal.batches == journal.ends);
  CHECK(journal.ends >= 15);
  CHECK(journal.starts == 1);
  CHECK(journal.stops == 1);
}

TEST_CASE_TEMPLATE("TopicHandler: a flush that fails is a failure on the last event of its batch", B,
                   WHORL_TEST_BUSES) {
  struct FailsToFlush {
    std::uint64_t tries = 0;
    Numbers failed_at = {};
    void operator()(const Order&) {}
    void on_batch_end(SequenceNumber) {
      if (++tries < 3) throw std::runtime_error("no flush");
    }
    ErrorAction on_error(const std::exception_ptr&, void*, SequenceNumber at) noexcept {
      failed_at.push_back(static_cast<std::uint64_t>(at));
      return ErrorAction::retry;
    }
  };
  FailsToFlush journal;
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  bus.template subscribe<Order>(std::ref(journal), {.max_batch = 1});
  bus.start();
  publish(bus, 2);
  bus.close();
  bus.join();
  CHECK(journal.tries == 4);
  CHECK(journal.failed_at == Numbers{0, 0});
}

namespace {

// Its first flush fails, when another order has come; then that order does.
struct Rewinds {
  std::function<void(std::uint64_t)> publish;
  std::function<void()> close;
  Numbers handled = {};
  int failures = 0;

  void operator()(const Order& order) {
    if (order.number == 1 && failures < 2) throw std::runtime_error("order");
    handled.push_back(order.number);
  }
  void on_batch_end(SequenceNumber) {
    if (failures != 0) return close();
    publish(1);
    throw std::runtime_error("no flush");
  }
  ErrorAction on_error(const std::exception_ptr&, void*, SequenceNumber) noexcept {
    return ++failures == 1 ? ErrorAction::retry : ErrorAction::rewind;
  }
};

}  // namespace

TEST_CASE_TEMPLATE("TopicHandler: what an earlier batch has handled does not come again when the next is rewound", B,
                   WHORL_TEST_BUSES) {
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  Rewinds journal{.publish = {}, .close = [&] { bus.close(); }};
  const whorl::NodeId mine = bus.template subscribe<Order>(std::ref(journal), {.own_thread = true});
  bus.start();
  auto publisher = publisher_of(bus);
  journal.publish = [&](std::uint64_t k) { CHECK(publisher.publish(Order{.number = k}) == PublishResult::ok); };
  journal.publish(0);
  CHECK(bus.run(mine) == whorl::RunEnd::closed);
  bus.join();
  CHECK(journal.handled == Numbers{0, 1});
}

namespace {

// Gathers orders, and writes them at the end of a batch. Each of both fails where it is told to, and then says so.
struct Gathers {
  std::uint64_t failing_order = ~std::uint64_t{0};
  std::uint64_t failing_writes = 0;
  ErrorAction answer = ErrorAction::retry;
  Numbers gathered = {};
  Numbers written = {};
  std::uint64_t ends = 0;
  std::uint64_t failures = 0;

  void operator()(const Order& order) {
    if (order.number == failing_order) throw std::runtime_error("order");
    gathered.push_back(order.number);
  }
  void on_batch_end(SequenceNumber) {
    ++ends;
    if (failing_writes != 0) {
      --failing_writes;
      throw std::runtime_error("write");
    }
    written.insert(written.end(), gathered.begin(), gathered.end());
    gathered.clear();
  }
  ErrorAction on_error(const std::exception_ptr&, void*, SequenceNumber) noexcept {
    ++failures;
    return answer;
  }
};

// Orders 0 to n - 1, all there before these subscribers, of own_thread, are run to their end.
template <class Bus, class... Nodes>
void run_after(std::uint64_t n, Bus& bus, Nodes... nodes) {
  bus.start();
  {
    auto publisher = publisher_of(bus);
    for (std::uint64_t k = 0; k != n; ++k) REQUIRE(publisher.publish(Order{.number = k}) == PublishResult::ok);
  }
  bus.close();
  (bus.run(nodes), ...);
  bus.join();
}

}  // namespace

TEST_CASE_TEMPLATE("TopicHandler: a flush that is tried again is so without the event", B, WHORL_TEST_BUSES) {
  Gathers journal{.failing_writes = 3};
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  const auto node = bus.template subscribe<Order>(std::ref(journal), {.max_batch = 2, .own_thread = true});
  run_after(4, bus, node);
  CHECK(journal.failures == 3);
  CHECK(journal.written == Numbers{0, 1, 2, 3});
  CHECK(journal.gathered.empty());
}

TEST_CASE_TEMPLATE("TopicHandler: a flush that is skipped is left for the end of the next batch", B, WHORL_TEST_BUSES) {
  Gathers journal{.failing_writes = 1, .answer = ErrorAction::skip};
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  const auto node = bus.template subscribe<Order>(std::ref(journal), {.max_batch = 2, .own_thread = true});
  run_after(4, bus, node);
  CHECK(journal.failures == 1);
  CHECK(journal.ends == 2);
  CHECK(journal.written == Numbers{0, 1, 2, 3});
}

TEST_CASE_TEMPLATE("TopicHandler: a batch whose last event is skipped ends nevertheless", B, WHORL_TEST_BUSES) {
  Gathers journal{.failing_order = 3, .answer = ErrorAction::skip};
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  const whorl::HandlerOptions options{.max_batch = 0, .own_thread = true};
  std::optional<whorl::NodeId> subscriber;
  SUBCASE("in a handler") { subscriber = bus.template subscribe<Order>(std::ref(journal), options); }
  SUBCASE("in one that others hold") {
    subscriber = bus.template subscribe<Order>(
        whorl::aggregate(whorl::rewinding(std::ref(journal), whorl::RewindUpTo{1})), options);
  }
  run_after(4, bus, *subscriber);
  CHECK(journal.failures == 1);
  CHECK(journal.ends == 1);
  CHECK(journal.written == Numbers{0, 1, 2});
}

TEST_CASE_TEMPLATE("TopicHandler: a flush that fails for good after the last event was skipped ends nothing twice", B,
                   WHORL_TEST_BUSES) {
  Gathers journal{.failing_order = 3, .failing_writes = 5, .answer = ErrorAction::skip};
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  const auto node = bus.template subscribe<Order>(std::ref(journal), {.max_batch = 0, .own_thread = true});
  run_after(4, bus, node);
  CHECK(journal.failures == 2);
  CHECK(journal.ends == 1);
  CHECK(journal.written.empty());
}

TEST_CASE_TEMPLATE("TopicHandler: handlers that are held by others are told of ends of batches", B, WHORL_TEST_BUSES) {
  Gathers one, two, three;
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  const whorl::HandlerOptions options{.max_batch = 2, .own_thread = true};
  const auto both =
      bus.template subscribe<Order>(whorl::aggregate(std::ref(one), whorl::rewinding(std::ref(two))), options);
  const auto alone = bus.template subscribe<Order>(whorl::rewinding(std::ref(three)), options);
  run_after(4, bus, both, alone);
  for (const Gathers* each : {&one, &two, &three}) {
    CHECK(each->written == Numbers{0, 1, 2, 3});
    CHECK(each->ends == 2);
  }
}

TEST_CASE_TEMPLATE("TopicHandler: a flush that fails is rewound, so often as the policy says", B, WHORL_TEST_BUSES) {
  struct Anew : Gathers {
    void on_batch_start(std::size_t, std::size_t) { gathered.clear(); }
  };
  Anew journal{{.failing_writes = 3, .answer = ErrorAction::skip}};
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  const auto node = bus.template subscribe<Order>(whorl::rewinding(std::ref(journal), whorl::RewindUpTo{3}),
                                                  {.max_batch = 2, .own_thread = true});
  run_after(4, bus, node);
  CHECK(journal.failures == 1);  // after the third try it is asked, and skips
  CHECK(journal.ends == 4);
  CHECK(journal.written == Numbers{2, 3});
}

TEST_CASE_TEMPLATE("TopicHandler: handlers that are held by others judge errors by where the event lies", B,
                   WHORL_TEST_BUSES) {
  using Bus = typename B::template Of<Order, Fill>;
  Failing<Bus> one, two;
  Bus bus({.capacity = 8});
  bus.template subscribe<Order>(whorl::aggregate(std::ref(one)));
  bus.template subscribe<Order>(whorl::rewinding(std::ref(two), whorl::RewindUpTo{1}));
  bus.start();
  publish(bus, 12);
  bus.close();
  bus.join();
  for (const Failing<Bus>* each : {&one, &two}) {
    CHECK(each->failed_on == Numbers{3});
    CHECK(each->seen == Numbers{0, 6, 9});
  }
}

TEST_CASE_TEMPLATE("TopicHandler: a wait without events, a thread of the caller's, a context", B, WHORL_TEST_BUSES) {
  struct Waits {
    std::atomic<std::uint64_t> timeouts{0};
    void operator()(const Fill&) {}
    void on_timeout(SequenceNumber) { ++timeouts; }
  };
  Waits waits;
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  bus.template subscribe<Fill>(std::ref(waits), {.timeout = 1ms});
  Numbers sequences;
  const auto own = bus.template subscribe<Order>(
      [&](const Order&, const EventContext& at) {
        sequences.push_back(static_cast<std::uint64_t>(at.sequence));
        at.release(at.sequence);
      },
      {.own_thread = true}, whorl::YieldingWait{});
  bus.start();
  std::jthread mine([&] { CHECK(bus.run(own) == whorl::RunEnd::closed); });
  publish(bus, 9);
  while (waits.timeouts == 0) std::this_thread::sleep_for(1ms);
  bus.close();
  mine.join();
  bus.join();
  CHECK(sequences == Numbers{0, 3, 6});
}

TEST_CASE_TEMPLATE("TopicHandler: handlers that hold handlers: aggregate, rewinding", B, WHORL_TEST_BUSES) {
  Log one, two;
  std::uint64_t failures = 2;
  const auto fails_on_fills = [&](const auto& event) {
    if (std::is_same_v<decltype(event), const Fill&> && failures != 0) {
      --failures;
      throw std::runtime_error("again");
    }
    two(event);
  };
  typename B::template Of<Order, Fill, Risk> bus({.capacity = 8});
  bus.template subscribe<Order, Fill>(
      whorl::aggregate(std::ref(one), whorl::rewinding(fails_on_fills, whorl::RewindUpTo{5})), {.max_batch = 1});
  bus.start();
  publish(bus, 6);
  bus.close();
  bus.join();
  CHECK(two.seen.size() == 6);
  CHECK(one.seen.size() == 8);  // the first of an aggregate sees a batch that comes again
}

TEST_CASE_TEMPLATE("TopicHandler: what on_start throws comes out of start, or of subscribe while others run", B,
                   WHORL_TEST_BUSES) {
  struct CannotStart {
    void operator()(const Order&) {}
    void on_start() { throw std::runtime_error("no file"); }
  };
  using Bus = typename B::template Of<Order, Fill>;
  {
    Bus bus({.capacity = 8});
    bus.template subscribe<Order>(CannotStart{});
    CHECK_THROWS_WITH(bus.start(), "no file");
  }
  Log log;
  Bus bus({.capacity = 8});
  const auto first = bus.subscribe(std::ref(log));
  bus.start();
  CHECK_THROWS_WITH(bus.template subscribe<Order>(CannotStart{}), "no file");
  CHECK(refusal_of([&] { bus.leave(first); }).find("the last subscriber") != std::string::npos);
  publish(bus, 20);
  bus.close();
  bus.join();
  CHECK(log.seen.size() == 20);
}

TEST_CASE_TEMPLATE("EventBus: halted, it leaves what has not been handled", B, WHORL_TEST_BUSES) {
  std::atomic<bool> goes_on{false};
  std::uint64_t seen = 0;
  typename B::template Of<Order, Fill> bus({.capacity = 8, .on_destroy = whorl::OnDestroy::halt});
  bus.subscribe(
      [&](const auto&) {
        while (!goes_on) std::this_thread::sleep_for(1ms);
        ++seen;
      },
      {.max_batch = 1});
  bus.start();
  publish(bus, 8);
  bus.halt();
  goes_on = true;
  bus.join();
  CHECK(seen <= 1);
}
