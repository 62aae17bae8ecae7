#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>
#include <whorl/bus/event_bus.hpp>

#include "../../support/allocations.hpp"
#include "../../support/buses.hpp"
#include "../../support/elements.hpp"
#include "../../support/scale.hpp"

using namespace whorl_test;
using whorl::PublishResult;
using Numbers = std::vector<std::uint64_t>;

namespace {

// How many of it there are, in any thread.
struct Counted {
  explicit Counted(std::uint64_t number, bool fails = false) : number(number) {
    if (fails) throw std::runtime_error("told to fail");
    ++live;
  }
  Counted(const Counted& other) : Counted(other.number) {}
  Counted& operator=(const Counted&) = default;
  ~Counted() { --live; }
  std::uint64_t number;
  static inline std::atomic<std::int64_t> live{0};
};

}  // namespace

TEST_CASE_TEMPLATE("BusPublisher: an event is destroyed when it is overwritten, and at the end", B, WHORL_TEST_BUSES) {
  {
    typename B::template Of<Counted, Order> bus({.capacity = 4});
    Numbers seen;
    bus.template subscribe<Counted>([&](const Counted& event) { seen.push_back(event.number); });
    bus.start();
    auto publisher = publisher_of(bus);
    for (std::uint64_t n = 0; n < 4; ++n) REQUIRE(publisher.template emplace<Counted>(n) == PublishResult::ok);
    REQUIRE(bus.drain_for({}));
    CHECK(Counted::live == 4);  // handled, and still there
    REQUIRE(publisher.publish(Order{}) == PublishResult::ok);
    CHECK(Counted::live == 3);
    REQUIRE(publisher.publish(Counted(7)) == PublishResult::ok);
    CHECK(Counted::live == 3);
    REQUIRE(bus.drain_for({}));
    CHECK(seen == Numbers{0, 1, 2, 3, 7});
    bus.close();
    bus.join();
    CHECK(Counted::live == 3);
  }
  CHECK(Counted::live == 0);
}

TEST_CASE_TEMPLATE("BusPublisher: a constructor that throws publishes nothing, and what lay there is gone", B,
                   WHORL_TEST_BUSES) {
  {
    Numbers seen;
    typename B::template Of<Counted> bus({.capacity = 2});
    bus.subscribe([&](const Counted& event) { seen.push_back(event.number); });
    bus.start();
    auto publisher = publisher_of(bus);
    for (std::uint64_t n = 0; n < 2; ++n) REQUIRE(publisher.template emplace<Counted>(n) == PublishResult::ok);
    REQUIRE(bus.drain_for({}));
    CHECK_THROWS_WITH((void)publisher.template emplace<Counted>(std::uint64_t{2}, true), "told to fail");
    CHECK(Counted::live == 1);
    for (std::uint64_t n = 3; n < 9; ++n) REQUIRE(publisher.template emplace<Counted>(n) == PublishResult::ok);
    REQUIRE(bus.drain_for({}));
    CHECK_THROWS_WITH((void)publisher.template try_emplace<Counted>(std::uint64_t{9}, true), "told to fail");
    bus.close();
    bus.join();
    CHECK(seen == Numbers{0, 1, 3, 4, 5, 6, 7, 8});
  }
  CHECK(Counted::live == 0);
}

TEST_CASE_TEMPLATE("BusPublisher: nothing is allocated", B, WHORL_TEST_BUSES) {
  if (!kCountsAllocations) return;
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  std::uint64_t sum = 0;
  bus.subscribe([&](const auto& event) { sum += event.number; });
  bus.start();
  auto publisher = publisher_of(bus);
  REQUIRE(publisher.publish(Order{}) == PublishResult::ok);
  REQUIRE(bus.drain_for({}));
  const Allocations before = allocations();
  std::uint64_t refused = 0;
  for (std::uint64_t n = 0; n < 1'000; ++n) {
    refused += publisher.publish(Order{.number = n}) != PublishResult::ok;
    refused += publisher.template emplace<Fill>(n) != PublishResult::ok;
  }
  const Allocations after = allocations();
  CHECK(refused == 0);
  CHECK(after == before);
  bus.close();
  bus.join();
  CHECK(sum == 999'000);
}

TEST_CASE_TEMPLATE("BusPublisher: a range, in pieces; a batch of several topics, whole", B, WHORL_TEST_BUSES) {
  Log log;
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  bus.subscribe(std::ref(log));
  bus.start();
  auto publisher = publisher_of(bus);
  std::vector<Fill> fills;
  for (std::uint64_t n = 0; n < 21; ++n) fills.push_back({n});
  const auto done = publisher.publish_range(std::span<const Fill>(fills));
  CHECK(done.result == PublishResult::ok);
  CHECK(done.published == 21);
  REQUIRE(bus.drain_for({}));
  CHECK(log.of(2).size() == 21);
  CHECK(log.seen.back() == Log::key(Fill{20}));

  // The third is left empty: what was there a lap ago does not come again.
  std::uint64_t k = 0;
  CHECK(publisher.publish_batch(4, [&](auto& stored) {
    if (k % 2 == 0 && k != 2) stored = Order{.number = k};
    if (k % 2 == 1) stored.template emplace<Fill>(k);
    ++k;
  }) == PublishResult::ok);
  CHECK(publisher.publish_batch(9, [](auto&) {}) == PublishResult::full);
  CHECK(publisher.publish_batch(0, [](auto&) {}) == PublishResult::ok);
  bus.close();
  bus.join();
  REQUIRE(log.seen.size() == 24);
  CHECK(Numbers(log.seen.end() - 3, log.seen.end()) ==
        Numbers{Log::key(Order{.number = 0}), Log::key(Fill{1}), Log::key(Fill{3})});
  CHECK(publisher.publish_range(std::span<const Fill>(fills)).published == 0);
}

TEST_CASE_TEMPLATE("BusPublisher: large events, strings, and what is built in place only", B, WHORL_TEST_BUSES) {
  struct Fixed {
    explicit Fixed(int n) : number(n) {}
    Fixed(const Fixed&) = delete;
    Fixed& operator=(const Fixed&) = delete;
    int number;
  };
  using Large = whorl::TopicsUpTo<1450, Packet, std::string, Fixed>;
  using Kind = std::conditional_t<B::kShared, whorl::Multi, whorl::Single>;
  whorl::EventBus<Large, Kind> bus({.capacity = 16});
  std::uint64_t packets = 0, wrong = 0;
  std::string text;
  int fixed = 0;
  bus.template subscribe<Packet>([&](const Packet& p) { wrong += !Item<Packet>::is(p, packets++); });
  bus.template subscribe<std::string>([&](const std::string& s) { text += s; });
  bus.template subscribe<Fixed>([&](const Fixed& f) { fixed += f.number; });
  bus.start();
  auto publisher = publisher_of(bus);
  for (std::uint64_t n = 0; n < 100; ++n) {
    REQUIRE(publisher.publish(Item<Packet>::make(n)) == PublishResult::ok);
    REQUIRE(publisher.publish(std::string("a text that is stored elsewhere, ")) == PublishResult::ok);
    REQUIRE(publisher.template emplace<Fixed>(1) == PublishResult::ok);
  }
  bus.close();
  bus.join();
  CHECK(packets == 100);
  CHECK(wrong == 0);
  CHECK(text.size() == 100 * 33);
  CHECK(fixed == 100);
}
