#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <whorl/bus/event_bus.hpp>
#include <whorl/disruptor/aggregate.hpp>
#include <whorl/disruptor/rewind.hpp>

#include "../../support/buses.hpp"
#include "../../support/message.hpp"
#include "../../support/scale.hpp"
#include "../../support/sequencers.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::ErrorAction;
using whorl::EventContext;
using whorl::NodeId;
using whorl::PublishResult;
using whorl::SequenceNumber;
using Numbers = std::vector<std::uint64_t>;

namespace {

const auto kNothing = [](const auto&) {};

void wait_until(const std::function<bool()>& is_so) {
  while (!is_so()) std::this_thread::sleep_for(1ms);
}

// Order n, Fill n, Risk n, and so on; returns how many were refused.
template <class P>
std::uint64_t publish_mixed(P& publisher, std::uint64_t first, std::uint64_t end) {
  std::uint64_t refused = 0;
  for (std::uint64_t n = first; n != end; ++n) {
    PublishResult result = PublishResult::ok;
    if (n % 3 == 0) result = publisher.publish(Order{.number = n});
    if (n % 3 == 1) result = publisher.publish(Fill{n});
    if (n % 3 == 2) result = publisher.template emplace<Risk>(n);
    refused += result != PublishResult::ok;
  }
  return refused;
}

Numbers mixed(std::uint64_t first, std::uint64_t end, std::uint64_t topics = 123) {
  Numbers keys;
  for (std::uint64_t n = first; n != end; ++n) {
    const std::uint64_t topic = n % 3 + 1;
    if (topics == 123 || topic == topics) keys.push_back(topic * 1'000'000'000 + n);
  }
  return keys;
}

}  // namespace

TEST_CASE_TEMPLATE("EventBus: each subscriber sees all events of its topics, in one order across topics", B,
                   WHORL_TEST_BUSES) {
  for (const std::size_t capacity : {1u, 4u, 64u}) {
    for (const whorl::Position first : kFirstPositions) {
      Log all, orders, two;
      typename B::template Of<Order, Fill, Risk> bus({.capacity = capacity, .first_position = first});
      bus.subscribe(std::ref(all));
      bus.template subscribe<Order>(std::ref(orders));
      bus.template subscribe<Risk, Fill>(std::ref(two));
      bus.start();
      {
        auto publisher = publisher_of(bus);
        REQUIRE(publish_mixed(publisher, 0, 200) == 0);
      }
      bus.close();
      bus.join();
      CHECK(all.seen == mixed(0, 200));
      CHECK(orders.seen == mixed(0, 200, 1));
      CHECK(two.seen.size() == mixed(0, 200).size() - orders.seen.size());
      CHECK(two.of(2) == mixed(0, 200, 2));
      CHECK(two.of(3) == mixed(0, 200, 3));
    }
  }
}

TEST_CASE("EventBus: many publishers, one order for all subscribers, in which each publisher's is kept") {
  using Bus = whorl::EventBus<whorl::Topics<Order, Fill, Risk>>;
  const std::uint64_t each = scaled(10'000);
  Log one, two;
  Bus bus({.capacity = 64});
  bus.subscribe(std::ref(one));
  bus.subscribe(std::ref(two), {.max_batch = 3});
  bus.start();
  std::atomic<std::uint64_t> refused{0};
  {
    std::vector<std::jthread> publishers;
    for (std::uint64_t p = 0; p < 3; ++p) {
      publishers.emplace_back([&, p] {
        Bus::Publisher publisher = bus.publisher();
        refused += publish_mixed(publisher, p * 3'000'000, p * 3'000'000 + each);
      });
    }
  }
  bus.close();
  bus.join();
  CHECK(refused == 0);
  REQUIRE(one.seen.size() == 3 * each);
  CHECK(one.seen == two.seen);
  std::uint64_t next[3] = {};
  std::uint64_t wrong = 0;
  for (const std::uint64_t key : one.seen) {
    const std::uint64_t number = key % 1'000'000'000;
    wrong += number % 3'000'000 != next[number / 3'000'000]++;
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("EventBus: a subscriber sees what those that it comes after have done", B, WHORL_TEST_BUSES) {
  typename B::template Of<Order, Fill> bus({.capacity = 8});
  std::uint64_t wrong = 0, fills = 0;
  const NodeId check = bus.template subscribe<Order>([](Order& order) { order.checked = order.number + 1; });
  const NodeId idle = bus.template subscribe<Fill>(kNothing);
  bus.subscribe(
      [&](const auto& event) {
        if constexpr (std::is_same_v<decltype(event), const Order&>) {
          wrong += event.checked != event.number + 1;
        } else {
          ++fills;
        }
      },
      {.after = {check, idle}});
  bus.start();
  auto publisher = publisher_of(bus);
  for (std::uint64_t n = 0; n < 1'000; ++n) {
    REQUIRE(publisher.publish(Order{.number = n}) == PublishResult::ok);
    if (n % 7 == 0) REQUIRE(publisher.publish(Fill{n}) == PublishResult::ok);
  }
  REQUIRE(bus.drain_for({}));
  CHECK(wrong == 0);
  CHECK(fills == 143);
  bus.close();
}

TEST_CASE_TEMPLATE("EventBus: who joins sees all that is published from then on, who leaves all until then", B,
                   WHORL_TEST_BUSES) {
  Log always, guest, late;
  typename B::template Of<Order, Fill, Risk> bus({.capacity = 8});
  bus.subscribe(std::ref(always));
  bus.start();
  auto publisher = publisher_of(bus);
  REQUIRE(publish_mixed(publisher, 0, 30) == 0);
  const NodeId id = bus.template subscribe<Order, Risk>(std::ref(guest));
  REQUIRE(publish_mixed(publisher, 30, 60) == 0);
  REQUIRE(bus.leave(id));
  REQUIRE(publish_mixed(publisher, 60, 90) == 0);
  // What a bus carried before it had a subscriber it does not get: it joined at 90.
  bus.subscribe(std::ref(late));
  REQUIRE(publish_mixed(publisher, 90, 120) == 0);
  bus.close();
  bus.join();
  CHECK(always.seen == mixed(0, 120));
  CHECK(guest.of(1) == mixed(30, 60, 1));
  CHECK(guest.of(3) == mixed(30, 60, 3));
  CHECK(guest.of(2).empty());
  CHECK(late.seen == mixed(90, 120));
  CHECK(refusal_of([&] { bus.subscribe(kNothing); }).find("it is closed") != std::string::npos);
}

TEST_CASE_TEMPLATE("EventBus: one may take over from another; the last one stays", B, WHORL_TEST_BUSES) {
  Log first, second;
  typename B::template Of<Order, Fill, Risk> bus({.capacity = 8, .name = "market"});
  const NodeId one = bus.subscribe(std::ref(first));
  bus.start();
  auto publisher = publisher_of(bus);
  REQUIRE(publish_mixed(publisher, 0, 50) == 0);
  CHECK(refusal_of([&] { bus.leave(one); }) ==
        "EventBus 'market': the last subscriber cannot leave while it runs: let the next one join first, or close()");
  const NodeId two = bus.subscribe(std::ref(second));
  REQUIRE(bus.leave(one));
  CHECK(refusal_of([&] { bus.leave(two); }).find("the last subscriber") != std::string::npos);
  REQUIRE(publish_mixed(publisher, 50, 100) == 0);
  bus.close();
  CHECK(bus.leave(two));
  bus.join();
  CHECK(first.seen == mixed(0, 50));
  CHECK(second.seen == mixed(50, 100));
}

namespace {

// The first one, told so, is not built before it may be.
struct Slow {
  struct Site {
    std::atomic<bool> is_begun{false};
    std::atomic<bool> goes_on{false};
    void enter() {
      is_begun = true;
      wait_until([&] { return goes_on.load(); });
    }
  };
  explicit Slow(std::uint64_t made, Site* site = nullptr) : number(made) {
    if (site != nullptr) site->enter();
  }
  std::uint64_t number;
};

}  // namespace

TEST_CASE("EventBus: one that nobody has run stays: only it guards what a publisher is in the middle of") {
  Slow::Site site;
  whorl::EventBus<whorl::Topics<Slow>> bus({.capacity = 4, .name = "market"});
  const NodeId never_run = bus.subscribe(kNothing, {.own_thread = true});
  bus.start();
  std::jthread slow([&] { CHECK(bus.publisher().emplace<Slow>(0, &site) == PublishResult::ok); });
  wait_until([&] { return site.is_begun.load(); });
  bus.subscribe(kNothing);
  CHECK(refusal_of([&] { bus.leave(never_run); }) ==
        "EventBus 'market': subscriber 0 cannot leave before somebody has run it: run() it, or close()");
  auto publisher = bus.publisher();
  for (std::uint64_t n = 1; n < 4; ++n) CHECK(publisher.try_emplace<Slow>(n) == PublishResult::ok);
  CHECK(publisher.try_emplace<Slow>(4) == PublishResult::full);  // there the first one is being built
  bus.close();
  CHECK(bus.leave(never_run));
  site.goes_on = true;
}

TEST_CASE("EventBus: one that is run may leave, and does when it has seen what has begun") {
  Slow::Site site;
  std::vector<std::uint64_t> seen;
  whorl::EventBus<whorl::Topics<Slow>> bus({.capacity = 4});
  const NodeId own = bus.subscribe([&](const Slow& event) { seen.push_back(event.number); }, {.own_thread = true});
  bus.start();
  std::jthread slow([&] { CHECK(bus.publisher().emplace<Slow>(7, &site) == PublishResult::ok); });
  std::jthread runs([&] { bus.run(own); });
  wait_until([&] { return site.is_begun.load(); });
  bus.subscribe(kNothing);
  // Until it is run it is refused, from then on time is up.
  wait_until([&] { return refusal_of([&] { CHECK_FALSE(bus.leave(own, 1ms)); }) == "accepted"; });
  site.goes_on = true;
  CHECK(bus.leave(own));
  CHECK(seen == std::vector<std::uint64_t>{7});
  bus.close();
}

TEST_CASE_TEMPLATE("EventBus: who joins while another thread publishes sees what is claimed from then on", B,
                   WHORL_TEST_BUSES) {
  Slow::Site site;
  std::vector<std::uint64_t> always, late;
  typename B::template Of<Slow> bus({.capacity = 8});
  bus.subscribe([&](const Slow& event) { always.push_back(event.number); });
  bus.start();
  std::jthread publishes([&] {
    auto publisher = publisher_of(bus);
    CHECK(publisher.template emplace<Slow>(0, &site) == PublishResult::ok);
    for (std::uint64_t n = 1; n < 30; ++n) CHECK(publisher.template emplace<Slow>(n) == PublishResult::ok);
    bus.close();
  });
  wait_until([&] { return site.is_begun.load(); });
  bus.subscribe([&](const Slow& event) { late.push_back(event.number); });
  site.goes_on = true;  // what is being built counts as published before
  publishes.join();
  bus.join();
  CHECK(always.size() == 30);
  REQUIRE(late.size() == 29);
  CHECK(late.front() == 1);
  CHECK(late.back() == 29);
}

TEST_CASE_TEMPLATE("EventBus: publishers wait for a slow subscriber, until a deadline or the end", B,
                   WHORL_TEST_BUSES) {
  typename B::template Of<Order> bus({.capacity = 4});
  std::atomic<bool> goes_on{false};
  std::uint64_t seen = 0;
  bus.subscribe([&](const Order&) {
    wait_until([&] { return goes_on.load(); });
    ++seen;
  });
  bus.start();
  auto publisher = publisher_of(bus);
  for (std::uint64_t n = 0; n < 4; ++n) REQUIRE(publisher.try_publish(Order{}) == PublishResult::ok);
  CHECK(publisher.try_publish(Order{}) == PublishResult::full);
  CHECK(publisher.template try_emplace<Order>() == PublishResult::full);
  CHECK(publisher.publish(Order{}, 1ms) == PublishResult::timed_out);
  CHECK_FALSE(bus.drain_for(1ms));
  CHECK_FALSE(publisher.is_closed());
  bus.close();
  CHECK(publisher.publish(Order{}) == PublishResult::closed);
  CHECK(publisher.is_closed());
  CHECK(bus.is_closed());
  goes_on = true;
  bus.join();
  CHECK(seen == 4);
  CHECK(bus.stats().claimed == 4);
}

TEST_CASE_TEMPLATE("EventBus: what is not published is untouched", B, WHORL_TEST_BUSES) {
  typename B::template Of<std::unique_ptr<int>> bus({.capacity = 2});
  int sum = 0;
  bus.subscribe([&](const std::unique_ptr<int>& event) { sum += *event; });
  bus.start();
  auto publisher = publisher_of(bus);
  auto kept = std::make_unique<int>(3);
  CHECK(publisher.publish(std::move(kept)) == PublishResult::ok);
  CHECK(kept == nullptr);
  bus.close();
  kept = std::make_unique<int>(4);
  CHECK(publisher.publish(std::move(kept)) == PublishResult::closed);
  CHECK(publisher.try_publish(std::move(kept)) == PublishResult::closed);
  CHECK(publisher.template emplace<std::unique_ptr<int>>(std::move(kept)) == PublishResult::closed);
  REQUIRE(kept != nullptr);
  CHECK(*kept == 4);
  bus.join();
  CHECK(sum == 3);
}

TEST_CASE_TEMPLATE("EventBus: a subscriber that publishes into its own full bus does not hang", B, WHORL_TEST_BUSES) {
  typename B::template Of<Order, Fill> bus({.capacity = 2});
  std::vector<PublishResult> results;
  std::unique_ptr<typename decltype(bus)::Publisher> inside;
  std::atomic<bool> is_its{false}, is_full{false};
  bus.template subscribe<Order>([&](const Order&) {
    wait_until([&] { return is_its.load(); });
    while (results.empty() || results.back() == PublishResult::ok) results.push_back(inside->publish(Fill{}));
    is_full = true;
  });
  bus.start();
  inside = std::make_unique<typename decltype(bus)::Publisher>(publisher_of(bus));
  REQUIRE(inside->publish(Order{}) == PublishResult::ok);
  is_its = true;
  wait_until([&] { return is_full.load(); });
  bus.close();
  bus.join();
  CHECK(results == std::vector{PublishResult::ok, PublishResult::would_deadlock});
  inside.reset();
}

TEST_CASE("EventBus: says what to do instead") {
  using Bus = whorl::EventBus<whorl::Topics<Order, Fill>>;
  const auto refusal = [](const std::function<void()>& call) { return refusal_of(call); };
  Bus bus({.capacity = 8, .name = "market", .dynamic = false});
  CHECK(refusal([&] { bus.start(); }) == "EventBus 'market': nobody would see an event: subscribe() before start()");
  const NodeId one = bus.subscribe(kNothing);
  CHECK(refusal([&] { static_cast<void>(bus.publisher()); }) ==
        "EventBus 'market': start() it before publisher(): nobody would see an event yet");
  CHECK(refusal([&] { bus.leave(one); }) ==
        "EventBus 'market': subscribers can leave where BusOptions::dynamic says so");
  bus.start();
  CHECK(refusal([&] { bus.subscribe(kNothing); }) ==
        "EventBus 'market': it has been started: subscribe() before start(), or set BusOptions::dynamic");
  CHECK(refusal([&] { Bus bad({.capacity = 1000}); }).find("1000 is not a power of two: use 512 or 1024") !=
        std::string::npos);
  CHECK(bus.capacity() == 8);
}

TEST_CASE("EventBus: says who is not there to leave, to be run, or to come after") {
  using Bus = whorl::EventBus<whorl::Topics<Order>>;
  Bus other;
  const NodeId foreign = other.subscribe(kNothing);
  Bus bus({.capacity = 8, .name = "market"});
  bus.subscribe(kNothing);
  const NodeId gone = bus.subscribe(kNothing);
  const NodeId own = bus.subscribe(kNothing, {.own_thread = true});
  CHECK(refusal_of([&] { bus.run(own); }) == "EventBus 'market': node 2: start() it before its nodes are run");
  CHECK(bus.leave(own));  // nothing has been published yet
  bus.start();
  CHECK(bus.leave(gone));
  CHECK(refusal_of([&] { bus.leave(gone); }) == "EventBus 'market': node 1 has been removed");
  CHECK(refusal_of([&] { bus.leave(foreign); }) == "EventBus 'market': node 0 is another EventBus's");
  CHECK(refusal_of([&] { bus.subscribe(kNothing, {.after = {foreign}}); }) ==
        "EventBus 'market': node 0 is another EventBus's");
}

TEST_CASE_TEMPLATE("EventBus: of each kind in each layout", Layout, whorl::Inline, whorl::Dense, void) {
  Log one, many;
  whorl::EventBus<whorl::Topics<Order, Fill, Risk>, whorl::Single, SleepAtOnce, Layout> single({.capacity = 8});
  whorl::EventBus<whorl::Topics<Order, Fill, Risk>, whorl::Multi, SleepAtOnce, Layout> multi({.capacity = 8});
  const auto carry = [](auto& bus, Log& log) {
    bus.subscribe(std::ref(log));
    bus.start();
    auto publisher = publisher_of(bus);
    REQUIRE(publish_mixed(publisher, 0, 100) == 0);
    bus.close();
    bus.join();
  };
  carry(single, one);
  carry(multi, many);
  CHECK(one.seen == mixed(0, 100));
  CHECK(many.seen == one.seen);
}

TEST_CASE("EventBus: a single publisher can be had again, and not twice") {
  whorl::EventBus<whorl::Topics<Order>, whorl::Single> bus({.capacity = 8});
  Log log;
  bus.subscribe(std::ref(log));
  bus.start();
  {
    auto first = bus.publisher();
    REQUIRE(first);
    CHECK_FALSE(bus.publisher());
    CHECK(first->publish(Order{.number = 1}) == PublishResult::ok);
    auto moved = std::move(*first);
    CHECK(moved.publish(Order{.number = 2}) == PublishResult::ok);
  }
  CHECK(bus.publisher()->publish(Order{.number = 3}) == PublishResult::ok);
  bus.close();
  CHECK_FALSE(bus.publisher());
  bus.join();
  CHECK(log.seen.size() == 3);
}
