#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>
#include <whorl/bus/event_bus.hpp>
#include <whorl/disruptor/aggregate.hpp>

#include "../../support/buses.hpp"
#include "../../support/message.hpp"
#include "../../support/scale.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::LossyContext;
using whorl::LossySubscriber;
using whorl::PublishResult;
using whorl::ReadResult;
using Numbers = std::vector<std::uint64_t>;

TEST_CASE_TEMPLATE("LossySubscriber: gets what finds room, of its topics, and learns how many it has missed", B,
                   WHORL_TEST_BUSES) {
  LossySubscriber<Order, Risk> screen(4);
  Log all;
  typename B::template Of<Order, Fill, Risk> bus({.capacity = 8});
  bus.subscribe(screen);
  bus.subscribe(std::ref(all));
  bus.start();
  auto publisher = publisher_of(bus);
  for (std::uint64_t n = 0; n < 50; ++n) {  // laps of the bus, and nobody reads
    REQUIRE(publisher.publish(Order{.number = n}) == PublishResult::ok);
    REQUIRE(publisher.publish(Fill{n}) == PublishResult::ok);
  }
  REQUIRE(bus.drain_for({}));
  CHECK(screen.lost() == 46);  // fills are none of its business
  CHECK(screen.capacity() == 4);
  Numbers orders, lost, sequences;
  Numbers risks;
  struct See {
    Numbers &orders, &lost, &sequences, &risks;
    void operator()(const Order& order, const LossyContext& at) const {
      orders.push_back(order.number);
      lost.push_back(at.lost);
      sequences.push_back(static_cast<std::uint64_t>(at.sequence));
    }
    void operator()(const Risk& risk, const LossyContext& at) const {
      risks.push_back(risk.number);
      lost.push_back(at.lost);
    }
  };
  const See see{orders, lost, sequences, risks};
  CHECK(screen.try_consume(see, 3) == 3);
  REQUIRE(publisher.publish(Risk{7}) == PublishResult::ok);
  REQUIRE(bus.drain_for({}));
  bus.close();
  bus.join();
  CHECK(screen.run(see) == ReadResult::closed);
  CHECK(orders == Numbers{0, 1, 2, 3});
  CHECK(sequences == Numbers{0, 2, 4, 6});
  CHECK(risks == Numbers{7});
  CHECK(lost == Numbers{0, 0, 0, 0, 46});
  CHECK(screen.stats().delivered == 5);
  CHECK(all.seen.size() == 101);
}

TEST_CASE_TEMPLATE("LossySubscriber: copies what those before it have done; shares another one's thread", B,
                   WHORL_TEST_BUSES) {
  LossySubscriber<Order> screen(64);
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  const auto check = bus.template subscribe<Order>([](Order& order) { order.checked = order.number + 1; });
  std::uint64_t handled = 0;
  bus.template subscribe<Order>(whorl::aggregate([&](const Order&) { ++handled; }, screen.feed()), {.after = {check}});
  bus.start();
  auto publisher = publisher_of(bus);
  for (std::uint64_t n = 0; n < 40; ++n) REQUIRE(publisher.publish(Order{.number = n}) == PublishResult::ok);
  bus.close();
  bus.join();
  std::uint64_t wrong = 0, seen = 0;
  CHECK(screen.run([&](const Order& order) { wrong += order.checked != order.number + 1 || order.number != seen++; }) ==
        ReadResult::closed);
  CHECK(seen == 40);
  CHECK(wrong == 0);
  CHECK(handled == 40);
  CHECK(screen.lost() == 0);
}

TEST_CASE_TEMPLATE("LossySubscriber: may leave, and has had its feed", B, WHORL_TEST_BUSES) {
  LossySubscriber<std::string> screen(8);
  typename B::template Of<std::string, Fill> bus({.capacity = 4});
  bus.subscribe([](const auto&) {});
  bus.start();
  const auto id = bus.subscribe(screen);
  auto publisher = publisher_of(bus);
  REQUIRE(publisher.publish(std::string("a text that is copied, not moved")) == PublishResult::ok);
  REQUIRE(bus.leave(id));
  REQUIRE(publisher.publish(std::string("a text that comes later")) == PublishResult::ok);
  Numbers sizes;
  CHECK(screen.run([&](const std::string& text) { sizes.push_back(text.size()); }) == ReadResult::closed);
  CHECK(sizes == Numbers{32});
  CHECK(refusal_of([&] { bus.subscribe(screen); }).find("it has a feed, or has had one") != std::string::npos);
  bus.close();
  bus.join();
}

TEST_CASE_TEMPLATE("LossySubscriber: a subscription that is refused does not spend it", B, WHORL_TEST_BUSES) {
  using Bus = typename B::template Of<Order, Fill>;
  LossySubscriber<Order> screen(8);
  Bus other;
  const auto foreign = other.subscribe([](const auto&) {});
  Bus bus({.capacity = 4, .dynamic = false});
  CHECK(refusal_of([&] { bus.subscribe(screen, {.after = {foreign}}); }).find("another EventBus") != std::string::npos);
  CHECK(refusal_of([&] { bus.subscribe(screen, {.quota = 3}); }).find("quota 3") != std::string::npos);
  other.subscribe(screen, {}, whorl::YieldingWait{});
  CHECK(refusal_of([&] { bus.subscribe(screen); }).find("it has a feed, or has had one") != std::string::npos);
  other.start();
  auto publisher = publisher_of(other);
  for (std::uint64_t n = 0; n < 4; ++n) REQUIRE(publisher.publish(Order{.number = n}) == PublishResult::ok);
  other.close();
  other.join();
  Numbers orders;
  CHECK(screen.run([&](const Order& order) { orders.push_back(order.number); }) == ReadResult::closed);
  CHECK(orders == Numbers{0, 1, 2, 3});
}

TEST_CASE_TEMPLATE("LossySubscriber: of a bus that never ran it ends with that", B, WHORL_TEST_BUSES) {
  LossySubscriber<Order> screen(8);
  {
    typename B::template Of<Order, Fill> bus({.capacity = 4});
    bus.subscribe(screen);
  }
  CHECK(screen.run([](const Order&) {}) == ReadResult::closed);
}

TEST_CASE_TEMPLATE("LossySubscriber: every event is delivered or missed, in order, at full speed", B,
                   WHORL_TEST_BUSES) {
  const std::uint64_t events = scaled(50'000);
  LossySubscriber<Order> screen(4);
  typename B::template Of<Order, Fill> bus({.capacity = 16});
  bus.subscribe(screen);
  bus.start();
  std::uint64_t next = 0, wrong = 0, missed = 0;
  std::thread consumer([&] {
    (void)screen.run([&](const Order& order, const LossyContext& at) {
      wrong += order.number != next + at.lost;
      missed += at.lost;
      next = order.number + 1;
    });
  });
  {
    auto publisher = publisher_of(bus);
    std::uint64_t refused = 0;
    for (std::uint64_t n = 0; n < events; ++n) {
      refused += publisher.publish(Order{.number = n}) != PublishResult::ok;
      if (n % 5 == 0) refused += publisher.publish(Fill{n}) != PublishResult::ok;
    }
    CHECK(refused == 0);
  }
  bus.close();
  consumer.join();
  bus.join();
  CHECK(wrong == 0);
  CHECK(screen.stats().delivered + screen.lost() == events);
  CHECK(missed <= screen.lost());
}
