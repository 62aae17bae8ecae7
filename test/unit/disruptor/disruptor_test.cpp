#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>

#include "../../support/death.hpp"
#include "../../support/disruptors.hpp"
#include "../../support/message.hpp"
#include "../../support/scale.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::ErrorAction;
using whorl::EventContext;
using whorl::PollState;
using whorl::PublishResult;
using whorl::RunEnd;
using whorl::SequenceNumber;
using Edges = std::vector<std::vector<std::size_t>>;
using Numbers = std::vector<std::uint64_t>;

namespace {

const auto kNothing = [](const auto&) {};
const auto kNumbered = [](std::uint64_t& e, SequenceNumber s) { e = static_cast<std::uint64_t>(s); };

template <class F>
void run_graph(const Edges& edges, std::size_t capacity, std::uint64_t events) {
  typename F::template Of<Marked> d({.capacity = capacity});
  MarkedGraph graph(d, edges);
  d.start();
  {
    auto producer = producer_of(d);
    REQUIRE(publish_numbers(producer, 0, events));
  }
  d.close();
  d.join();
  CHECK(graph.seen() == static_cast<std::int64_t>(events));
}

void wait_until(const std::function<bool()>& is_so) {
  while (!is_so()) std::this_thread::sleep_for(1ms);
}

}  // namespace

TEST_CASE_TEMPLATE("Disruptor: unicast, pipeline, diamond, multicast", F, WHORL_TEST_FLOWS) {
  for (const std::size_t capacity : {1u, 4u, 64u}) {
    CAPTURE(capacity);
    const std::uint64_t events = scaled(2'000);
    run_graph<F>({{}}, capacity, events);
    run_graph<F>({{}, {0}, {1}}, capacity, events);
    run_graph<F>({{}, {}, {0, 1}}, capacity, events);
    run_graph<F>({{}, {}, {}}, capacity, events);
  }
}

TEST_CASE_TEMPLATE("Disruptor: a chain of eight; sixty-four in a row, and one after them all", F, WHORL_TEST_FLOWS) {
  run_graph<F>({{}, {0}, {1}, {2}, {3}, {4}, {5}, {6}}, 16, scaled(2'000));
  run_graph<F>(Edges(64), 32, scaled(500));
  Edges and_one(64);
  and_one.emplace_back();
  for (std::size_t node = 0; node < 64; ++node) and_one.back().push_back(node);
  run_graph<F>(and_one, 32, scaled(500));
}

TEST_CASE_TEMPLATE("Disruptor: nobody is ever ahead of what it comes after, in random graphs", F,
                   Flow<whorl::Single, whorl::Inline>, Flow<whorl::Multi, whorl::Dense>) {
  Random random(seed());
  for (std::uint64_t round = 0, rounds = scaled(100); round < rounds; ++round) {
    const std::size_t nodes = between(random, 1, 12);
    Edges edges(nodes);
    for (std::size_t node = 1; node < nodes; ++node) {
      for (std::size_t before = 0; before < node; ++before) {
        if (between(random, 0, 3) == 0) edges[node].push_back(before);
      }
    }
    const std::size_t capacity = std::size_t{1} << between(random, 0, 6);
    run_graph<F>(edges, capacity, between(random, 1, 500));
  }
}

TEST_CASE("Disruptor: says what to do instead") {
  using D = whorl::Disruptor<int>;
  const auto refusal = [](const std::function<void()>& call) { return refusal_of(call); };
  D d({.capacity = 8, .name = "market"});
  CHECK(refusal([&] { d.start(); }).find("Disruptor 'market': nobody would handle an event: handle() them") == 0);
  CHECK(refusal([&] { static_cast<void>(d.producer()); }).find("Disruptor 'market': start() it before") == 0);
  const whorl::NodeId one = d.handle(kNothing, {.name = "one"});
  D other({.capacity = 8});
  const whorl::NodeId foreign = other.handle(kNothing);
  CHECK(refusal([&] { d.handle(kNothing, {.after = {foreign}}); }) ==
        "Disruptor 'market': node 0 is another Disruptor's");
  CHECK(refusal([&] { d.handle(kNothing, {.cpu = 0, .own_thread = true}); }).find("own_thread leaves CPU") !=
        std::string::npos);
  CHECK(refusal([&] { d.run(one); }).find("node 0 'one': it is not yours to run") != std::string::npos);
  CHECK(refusal([&] { d.remove(one); }).find("DisruptorOptions::dynamic") != std::string::npos);
  d.start();
  CHECK(refusal([&] { d.start(); }).find("it has been started") != std::string::npos);
  CHECK(refusal([&] { d.handle(kNothing); }).find("handle() before start()") != std::string::npos);
  CHECK(refusal([&] { D bad({.capacity = 1000}); }).find("1000 is not a power of two: use 512 or 1024") !=
        std::string::npos);

  D many({.capacity = 8});
  for (int i = 0; i < 65; ++i) many.handle(kNothing);
  CHECK(refusal([&] { many.start(); }).find("more than 64 nodes that producers wait for") != std::string::npos);
}

TEST_CASE("Disruptor: a handler that would wait for itself is told so") {
  whorl::Disruptor<int> d({.capacity = 8});
  std::vector<std::string> refusals;
  d.handle([&](int&) {
    for (const std::function<void()>& call :
         {std::function<void()>([&] { d.join(); }), std::function<void()>([&] { d.drain_for(1s); })}) {
      try {
        call();
      } catch (const std::invalid_argument& error) {
        refusals.push_back(error.what());
      }
    }
  });
  d.start();
  CHECK(d.producer().publish(kNothing) == PublishResult::ok);
  d.close();
  d.join();
  REQUIRE(refusals.size() == 2);
  CHECK(refusals[0].find("a handler cannot join") != std::string::npos);
}

TEST_CASE_TEMPLATE("Disruptor: without a consumer events are lost if that is wished", F, WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 4, .without_consumers = whorl::EmptyGate::open});
  d.start();
  auto producer = producer_of(d);
  for (int i = 0; i < 20; ++i) CHECK(producer.try_publish(kNumbered) == PublishResult::ok);
}

TEST_CASE_TEMPLATE("Disruptor: a handler that fails closes it, producers and dependents end, join says why", F,
                   WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 4});
  Numbers sibling, dependent;
  const whorl::NodeId bad = d.handle([](std::uint64_t& e) {
    if (e == 2) throw std::runtime_error("two");
  });
  d.handle([&](std::uint64_t& e) { sibling.push_back(e); });
  d.handle([&](std::uint64_t& e) { dependent.push_back(e); }, {.after = {bad}});
  d.start();
  auto producer = producer_of(d);
  std::uint64_t accepted = 0;
  PublishResult result = PublishResult::ok;
  while ((result = producer.publish(kNumbered)) == PublishResult::ok) ++accepted;
  CHECK(result == PublishResult::closed);
  CHECK(producer.try_publish(kNumbered) == PublishResult::closed);
  CHECK(producer.is_closed());
  CHECK_THROWS_WITH(d.join(), "two");
  CHECK_THROWS_WITH(d.join(), "two");
  CHECK(d.error() != nullptr);
  CHECK(sibling.size() == accepted);
  CHECK(dependent.size() <= 2);
  CHECK_FALSE(d.drain_for(60s));
}

TEST_CASE_TEMPLATE("Disruptor: an error that the handler settles ends nothing", F, WHORL_TEST_FLOWS) {
  struct Settles {
    std::uint64_t handled = 0;
    int errors = 0;
    void operator()(std::uint64_t& e) {
      if (e % 3 == 0) throw 3;
      ++handled;
    }
    ErrorAction on_error(const std::exception_ptr&, const std::uint64_t*, SequenceNumber) noexcept {
      ++errors;
      return ErrorAction::skip;
    }
  } handler;
  typename F::template Of<std::uint64_t> d({.capacity = 8});
  d.handle(std::ref(handler));
  d.start();
  auto producer = producer_of(d);
  for (int i = 0; i < 30; ++i) CHECK(producer.publish(kNumbered) == PublishResult::ok);
  d.close();
  d.join();
  CHECK(handler.errors == 10);
  CHECK(handler.handled == 20);
}

namespace {

struct Life {
  std::atomic<int> starts{0}, stops{0};
  std::string why = {};
  void operator()(std::uint64_t&) {}
  void on_start() {
    if (!why.empty()) throw std::runtime_error(why);
    ++starts;
  }
  void on_stop() { ++stops; }
};

}  // namespace

TEST_CASE_TEMPLATE("Disruptor: start returns when all have started, or throws and nothing runs", F, WHORL_TEST_FLOWS) {
  for (const bool fails : {false, true}) {
    Life one, two, three;
    if (fails) two.why = "no journal";
    typename F::template Of<std::uint64_t> d({.capacity = 8});
    const whorl::NodeId first = d.handle(std::ref(one));
    d.handle(std::ref(two), {.after = {first}});
    d.handle(std::ref(three), {.after = {first}});
    if (fails) {
      CHECK_THROWS_WITH(d.start(), "no journal");
      CHECK(d.is_closed());
      CHECK(one.starts == one.stops.load());
      CHECK(three.starts == three.stops.load());
      CHECK(two.stops == 1);
    } else {
      d.start();
      CHECK(one.starts + two.starts + three.starts == 3);
      CHECK(one.stops + two.stops + three.stops == 0);
      d.close();
      d.join();
      CHECK(one.stops + two.stops + three.stops == 3);
    }
  }
}

TEST_CASE("Disruptor: a thread that cannot be what it should be fails the start") {
  whorl::Disruptor<int> d({.capacity = 8});
  d.handle(kNothing, {.cpu = 100'000});
  CHECK_THROWS_AS(d.start(), std::invalid_argument);
}

TEST_CASE_TEMPLATE("Disruptor: closed with a producer that waits for room, and one that does nothing", F,
                   WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 2});
  std::atomic<bool> go{false};
  std::uint64_t handled = 0;
  d.handle([&](std::uint64_t&) {
    while (!go) std::this_thread::yield();
    ++handled;
  });
  d.start();
  auto producer = producer_of(d);
  PublishResult result = PublishResult::ok;
  {
    std::jthread waits([&] {
      while (result == PublishResult::ok) result = producer.publish(kNumbered);
    });
    wait_until([&] { return d.stats().full_waits != 0; });
    d.close();
  }
  CHECK(result == PublishResult::closed);
  go = true;
  d.join();  // with the producer still there
  CHECK(handled == 2);
}

TEST_CASE_TEMPLATE("Disruptor: ends though its producer stays, and everything accepted has been handled", F,
                   WHORL_TEST_FLOWS) {
  typename F::template Of<Marked> d({.capacity = 8});
  MarkedGraph graph(d, {{}, {0}});
  d.start();
  auto producer = producer_of(d);
  REQUIRE(publish_numbers(producer, 0, 100));
  CHECK(d.drain_for(60s));
  CHECK(graph.seen() == 100);
  REQUIRE(publish_numbers(producer, 100, 105));
  d.close();
  d.join();
  CHECK(graph.seen() == 105);
  CHECK(producer.publish(kNothing) == PublishResult::closed);
}

TEST_CASE_TEMPLATE("Disruptor: one node is halted, what comes after it ends, its sibling handles the rest", F,
                   WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 8});
  std::atomic<bool> go{false};
  std::uint64_t one = 0, after = 0, sibling = 0;
  const whorl::NodeId halted = d.handle(
      [&](std::uint64_t&) {
        while (!go) std::this_thread::yield();
        ++one;
      },
      {.max_batch = 2});
  d.handle([&](std::uint64_t&) { ++after; }, {.after = {halted}});
  d.handle([&](std::uint64_t&) { ++sibling; });
  d.start();
  auto producer = producer_of(d);
  for (int i = 0; i < 8; ++i) REQUIRE(producer.try_publish(kNumbered) == PublishResult::ok);
  d.halt(halted);
  go = true;
  CHECK(producer.publish(kNumbered) == PublishResult::closed);
  d.join();
  CHECK(one <= 2);
  CHECK(after <= one);
  CHECK(sibling == 8);
  CHECK(d.error() == nullptr);
}

namespace {

// Opens a gate when it is halted, or, if it is to wait for the end, when the ring is closed.
template <class Ring>
struct Opener {
  Ring& ring;
  whorl::Sequence& own;
  const bool waits_for_end;
  std::atomic<bool>& gate;
  std::atomic<bool> is_halted{false};

  void run() {
    while (!is_halted && !(waits_for_end && ring.is_closed())) std::this_thread::yield();
    gate = true;
  }
  void halt() noexcept { is_halted = true; }
  whorl::Sequence& sequence() { return own; }
};

}  // namespace

TEST_CASE_TEMPLATE("Disruptor: its end drains it, or halts it, as it was told", F, WHORL_TEST_FLOWS) {
  using D = typename F::template Of<std::uint64_t>;
  using Ring = typename D::Ring;
  for (const bool drains : {true, false}) {
    std::uint64_t handled = 0;
    std::atomic<bool> gate{false};
    {
      D d({.capacity = 8, .on_destroy = drains ? whorl::OnDestroy::drain : whorl::OnDestroy::halt});
      const auto handle = [&](std::uint64_t&) {
        while (!gate) std::this_thread::yield();
        ++handled;
      };
      d.handle(handle, {.max_batch = 1});
      d.process([&](Ring& ring, std::span<whorl::Sequence* const>) {
        return std::unique_ptr<Opener<Ring>>(new Opener<Ring>{ring, ring.lend_sequence(), drains, gate});
      });
      d.start();
      auto producer = producer_of(d);
      for (int i = 0; i < 8; ++i) REQUIRE(producer.try_publish(kNumbered) == PublishResult::ok);
    }
    CHECK(gate);
    CHECK((drains ? handled == 8 : handled <= 1));
  }
}

TEST_CASE_TEMPLATE("Disruptor: in a handler a publication that finds no room would wait for itself, and does not", F,
                   Flow<whorl::Multi, whorl::Inline>, Flow<whorl::Multi, whorl::Dense>) {
  using D = typename F::template Of<std::uint64_t>;
  D d({.capacity = 2});
  D other({.capacity = 2});
  std::vector<PublishResult> results;
  other.handle(kNothing);
  other.start();
  d.handle(
      [&](std::uint64_t& e) {
        if (e != 0) return;
        auto mine = d.producer();
        for (int i = 0; i < 3; ++i) results.push_back(mine.publish(kNumbered));
        auto theirs = other.producer();
        for (int i = 0; i < 10; ++i) results.push_back(theirs.publish(kNumbered));
      },
      {.max_batch = 1});
  d.start();
  CHECK(d.producer().publish(kNumbered) == PublishResult::ok);
  CHECK(d.drain_for(60s));
  d.close();
  d.join();
  REQUIRE(results.size() == 13);
  CHECK(results[0] == PublishResult::ok);
  CHECK(results[1] == PublishResult::would_deadlock);
  CHECK(results[2] == PublishResult::would_deadlock);
  for (std::size_t i = 3; i < results.size(); ++i) CHECK(results[i] == PublishResult::ok);
}

TEST_CASE_TEMPLATE("Disruptor: nodes come and go under traffic, each sees an unbroken stretch", F, WHORL_TEST_FLOWS) {
  typename F::template Of<Marked> d({.capacity = 16, .dynamic = true});
  MarkedGraph graph(d, {{}});
  d.start();
  std::atomic<bool> over{false};
  std::uint64_t published = 0;
  std::jthread produces([&] {
    auto producer = producer_of(d);
    while (!over && publish_numbers(producer, published, published + 1)) ++published;
  });
  for (std::uint64_t round = 0, rounds = scaled(200); round < rounds; ++round) {
    std::uint64_t wrong = 0, seen = 0;
    std::uint64_t next = 0;
    const auto see = [&](Marked& event, const EventContext& context) {
      if (seen++ == 0) next = event.number;
      wrong += event.number != next++ || event.number != static_cast<std::uint64_t>(context.sequence);
      wrong += event.marks[0] != event.number + 1;  // it comes after the one that stays
    };
    const whorl::NodeId guest = d.handle(see, {.after = {graph.ids[0]}});
    for (std::uint64_t k = 0; k < round % 20; ++k) std::this_thread::yield();
    REQUIRE(d.remove(guest));
    CHECK(wrong == 0);
    CHECK_THROWS_AS(d.remove(guest), std::invalid_argument);
  }
  over = true;
  produces.join();
  d.close();
  d.join();
  CHECK(graph.seen() == static_cast<std::int64_t>(published));
  CHECK(d.stats().nodes.size() == 1);
}

TEST_CASE_TEMPLATE("Disruptor: a node that comes late and cannot start was never there", F, WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 4, .dynamic = true});
  Life stays, fails;
  fails.why = "no disk";
  const whorl::NodeId first = d.handle(std::ref(stays));
  d.start();
  CHECK_THROWS_WITH(d.handle(std::ref(fails), {.after = {first}}), "no disk");
  CHECK(fails.stops == 1);
  auto producer = producer_of(d);
  for (int i = 0; i < 20; ++i) CHECK(producer.publish(kNumbered) == PublishResult::ok);
  d.close();
  d.join();
  CHECK(d.error() == nullptr);
  CHECK_THROWS_AS(d.handle(std::ref(stays)), std::invalid_argument);
}

TEST_CASE_TEMPLATE("Disruptor: a node of own_thread that comes late and cannot start ends everything", F,
                   WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 4, .dynamic = true});
  Life stays, fails;
  fails.why = "no disk";
  d.handle(std::ref(stays));
  d.start();
  const whorl::NodeId mine = d.handle(std::ref(fails), {.own_thread = true});
  auto producer = producer_of(d);
  CHECK(d.run(mine) == RunEnd::failed);
  CHECK(producer.publish(kNumbered) == PublishResult::closed);
  CHECK_THROWS_WITH(d.join(), "no disk");
}

TEST_CASE_TEMPLATE("Disruptor: what waits for a node that is removed goes on; one that is needed stays", F,
                   WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 2, .dynamic = true});
  const whorl::NodeId first = d.handle(kNothing);
  auto poller = d.poller({.after = {first}});
  d.start();
  CHECK_THROWS_AS(d.remove(first), std::invalid_argument);
  auto producer = producer_of(d);
  CHECK(producer.publish(kNumbered) == PublishResult::ok);
  CHECK(producer.publish(kNumbered) == PublishResult::ok);
  CHECK(producer.try_publish(kNumbered) == PublishResult::full);
  PublishResult result = PublishResult::full;
  std::jthread waits([&] { result = producer.publish(kNumbered); });
  wait_until([&] { return d.stats().full_waits != 0; });
  CHECK(d.remove(poller.id()));
  waits.join();
  CHECK(result == PublishResult::ok);
  CHECK(d.remove(first, 60s));
}

TEST_CASE_TEMPLATE("Disruptor: a poller is a node, and hears of the end", F, WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 4});
  const whorl::NodeId first = d.handle([](std::uint64_t& e) { e += 100; });
  auto poller = d.poller({.after = {first}});
  Numbers last;
  d.handle([&](std::uint64_t& e) { last.push_back(e); }, {.after = {poller.id()}});
  d.start();
  auto producer = producer_of(d);
  for (int i = 0; i < 4; ++i) REQUIRE(producer.publish(kNumbered) == PublishResult::ok);
  CHECK(producer.try_publish(kNumbered) == PublishResult::full);
  Numbers polled;
  const auto see = [&](std::uint64_t& e) { polled.push_back(e++); };
  wait_until([&] { return poller.poll(see), polled.size() == 4; });
  CHECK(d.drain_for(60s));
  d.close();
  wait_until([&] { return poller.poll(see) == PollState::closed; });
  d.join();
  CHECK(polled == Numbers{100, 101, 102, 103});
  CHECK(last == Numbers{101, 102, 103, 104});
}

TEST_CASE_TEMPLATE("Disruptor: a poller that nobody polls holds up no end", F, WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 4});
  auto poller = d.poller();
  d.handle(kNothing, {.after = {poller.id()}});
  d.handle(kNothing, {.after = {d.handle(kNothing, {.own_thread = true})}});
  d.start();
  auto producer = producer_of(d);
  CHECK(producer.publish(kNumbered) == PublishResult::ok);
}

TEST_CASE_TEMPLATE("Disruptor: a node runs in a thread of yours", F, WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 4});
  std::thread::id handled_in;
  const whorl::NodeId mine =
      d.handle([&](std::uint64_t&) { handled_in = std::this_thread::get_id(); }, {.own_thread = true});
  std::uint64_t after = 0;
  d.handle([&](std::uint64_t&) { ++after; }, {.after = {mine}});
  CHECK_THROWS_AS(d.run(mine), std::invalid_argument);
  d.start();
  std::jthread produces([&] {
    auto producer = producer_of(d);
    for (int i = 0; i < 100; ++i) CHECK(producer.publish(kNumbered) == PublishResult::ok);
    d.close();
  });
  CHECK(d.run(mine) == RunEnd::closed);
  CHECK(handled_in == std::this_thread::get_id());
  CHECK_THROWS_AS(d.run(mine), std::invalid_argument);
  d.join();
  CHECK(after == 100);
}

TEST_CASE_TEMPLATE("Disruptor: a loop of one's own is a node; what it throws ends everything", F, WHORL_TEST_FLOWS) {
  using D = typename F::template Of<std::uint64_t>;
  using Ring = typename D::Ring;
  struct Loop {
    Loop(Ring& ring, std::span<whorl::Sequence* const> upstream, bool fails) : poller(ring, upstream), fails(fails) {}
    void run() {
      for (PollState state{}; state != PollState::closed && !is_halted;) {
        state = poller.poll([&](std::uint64_t& e) { sum += e; });
        if (fails && sum != 0) throw std::runtime_error("sum");
        if (state != PollState::processing) std::this_thread::yield();
      }
    }
    void halt() noexcept { is_halted = true; }
    whorl::Sequence& sequence() { return poller.sequence(); }
    whorl::EventPoller<Ring> poller;
    const bool fails;
    std::uint64_t sum = 0;
    std::atomic<bool> is_halted{false};
  };
  for (const bool fails : {false, true}) {
    D d({.capacity = 4});
    Loop* loop = nullptr;
    const auto make = [&](Ring& ring, std::span<whorl::Sequence* const> upstream) {
      auto made = std::make_unique<Loop>(ring, upstream, fails);
      loop = made.get();
      return made;
    };
    const whorl::NodeId node = d.process(make, {.after = {d.handle(kNothing)}});
    d.handle(kNothing, {.after = {node}});
    d.start();
    auto producer = producer_of(d);
    PublishResult result = PublishResult::ok;
    for (int i = 0; i < 100 && result == PublishResult::ok; ++i) result = producer.publish(kNumbered);
    CHECK(result == (fails ? PublishResult::closed : PublishResult::ok));
    d.close();
    if (fails) {
      CHECK_THROWS_WITH(d.join(), "sum");
    } else {
      d.join();
      CHECK(loop->sum == 4950);
    }
  }
}

TEST_CASE("Disruptor: handlers together are one node, groups are several") {
  Numbers order;
  Life life;
  struct Late {
    Numbers& order;
    void operator()(std::uint64_t& e, const EventContext&) { order.push_back(e + 1000); }
  };
  whorl::Disruptor<std::uint64_t, whorl::Single> d({.capacity = 8});
  auto both = whorl::aggregate([&](std::uint64_t& e) { order.push_back(e); }, std::ref(life), Late{order});
  const whorl::NodeId one = d.handle(both);
  std::atomic<int> others{0};
  const auto count = [&](std::uint64_t&) { ++others; };
  const whorl::NodeGroup group = d.handle_each({.after = {one}}, count, count);
  CHECK(group.size() == 2);
  Numbers last;
  d.handle([&](std::uint64_t&) { last.push_back(static_cast<std::uint64_t>(others.load())); }, {.after = group | one});
  d.start();
  auto producer = producer_of(d);
  for (int i = 0; i < 2; ++i) CHECK(producer.publish(kNumbered) == PublishResult::ok);
  d.close();
  d.join();
  CHECK(order == Numbers{0, 1000, 1, 1001});
  CHECK(life.starts == 1);
  CHECK(life.stops == 1);
  CHECK(others == 4);
  REQUIRE(last.size() == 2);
  CHECK(last[0] >= 2);
}

TEST_CASE("Disruptor: a batch is a quarter of the ring, if nothing else is said; stats say what was done") {
  const std::vector<std::pair<std::optional<std::size_t>, std::uint64_t>> expected = {{{}, 4}, {0, 16}, {5, 5}};
  for (const auto& [max_batch, largest] : expected) {
    whorl::Disruptor<std::uint64_t> d({.capacity = 16});
    d.handle(kNothing, {.name = "all", .max_batch = max_batch});
    auto poller = d.poller();  // nobody goes on before it does
    d.handle(kNothing, {.name = "after", .after = {poller.id()}, .max_batch = max_batch});
    d.start();
    wait_until([&] { return d.stats().parks != 0; });  // who waits for events is asleep soon
    auto producer = d.producer();
    CHECK(producer.try_publish_batch(16, kNumbered) == PublishResult::ok);
    CHECK(d.stats().nodes[2].lag == 16);
    CHECK(d.stats().nodes[2].sequence == -1);
    CHECK(poller.poll(kNothing) == PollState::processing);
    CHECK(d.drain_for(60s));
    d.close();
    d.join();
    const whorl::DisruptorStats stats = d.stats();
    CHECK(stats.claimed == 16);
    CHECK(stats.full_waits == 0);
    REQUIRE(stats.nodes.size() == 3);
    CHECK(stats.nodes[2].name == "after");
    CHECK(stats.nodes[2].lag == 0);
    CHECK(stats.nodes[2].sequence == 15);
    CHECK(stats.nodes[2].events == 16);
    CHECK(stats.nodes[2].largest_batch == largest);
    CHECK(stats.nodes[2].batches == (16 + largest - 1) / largest);
  }
}

TEST_CASE("Disruptor: a node that nothing comes to says so, and has its own way to wait") {
  struct Idle {
    std::atomic<int>& timeouts;
    void operator()(std::uint64_t&) {}
    void on_timeout(SequenceNumber) { ++timeouts; }
  };
  std::atomic<int> timeouts{0};
  whorl::Disruptor<std::uint64_t> d({.capacity = 16});
  d.handle(Idle{timeouts}, {.timeout = 1ms}, whorl::YieldingWait{});
  d.start();
  wait_until([&] { return timeouts >= 3; });
}

TEST_CASE("Disruptor: events are made as it is told; runs are handed over where they lie side by side") {
  struct Fixed {
    explicit Fixed(std::size_t i) : made_as(i) {}
    Fixed(const Fixed&) = delete;
    std::size_t made_as;
  };
  std::vector<std::size_t> seen;
  whorl::Disruptor<Fixed, whorl::Single, whorl::BlockingWait, whorl::Dense> d({.capacity = 4},
                                                                              [](std::size_t i) { return Fixed(i); });
  d.handle([&](std::span<Fixed> run, const EventContext&) {
    for (const Fixed& event : run) seen.push_back(event.made_as);
  });
  d.start();
  auto producer = producer_of(d);
  for (int i = 0; i < 3; ++i) CHECK(producer.publish_batch(2, kNothing) == PublishResult::ok);
  d.close();
  d.join();
  CHECK(seen == std::vector<std::size_t>{0, 1, 2, 3, 0, 1});
  CHECK(d.stats().nodes[0].events == 6);
}

namespace {

// Fails where it is told to.
struct FailsAt {
  std::string start = {}, stop = {};
  void operator()(std::uint64_t&) {}
  void on_start() const {
    if (!start.empty()) throw std::runtime_error(start);
  }
  void on_stop() const {
    if (!stop.empty()) throw std::runtime_error(stop);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("Disruptor: a late node that fails to start, and then to stop, was never there", F,
                   WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 4, .dynamic = true});
  const whorl::NodeId first = d.handle(kNothing);
  d.start();
  CHECK_THROWS_WITH(d.handle(FailsAt{.start = "no disk", .stop = "nothing to flush"}, {.after = {first}}), "no disk");
  CHECK_FALSE(d.is_closed());
  auto producer = producer_of(d);
  for (int i = 0; i < 20; ++i) CHECK(producer.publish(kNumbered) == PublishResult::ok);
  d.close();
  d.join();
  CHECK(d.error() == nullptr);
}

TEST_CASE_TEMPLATE("Disruptor: a node that fails while it is removed ends all, with a producer that does nothing", F,
                   WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 4, .dynamic = true});
  d.handle(kNothing);
  const whorl::NodeId leaves = d.handle(FailsAt{.stop = "no flush"});
  d.start();
  auto producer = producer_of(d);
  CHECK(d.remove(leaves));
  CHECK(d.is_closed());
  CHECK_THROWS_WITH(d.join(), "no flush");  // nobody has closed it
  CHECK(producer.publish(kNumbered) == PublishResult::closed);
}

TEST_CASE_TEMPLATE("Disruptor: of two who run a node at once one does, and the other one is told", F,
                   WHORL_TEST_FLOWS) {
  for (std::uint64_t round = 0, rounds = scaled(50); round < rounds; ++round) {
    typename F::template Of<std::uint64_t> d({.capacity = 4});
    const whorl::NodeId mine = d.handle(kNothing, {.own_thread = true});
    d.start();
    std::atomic<int> ready{0}, refused{0};
    const auto run = [&] {
      ++ready;
      while (ready != 2) std::this_thread::yield();
      refused += refusal_of([&] { d.run(mine); }).find("it has been run") != std::string::npos;
    };
    std::jthread one(run), two(run);
    wait_until([&] { return refused != 0; });
    d.close();
    one.join();
    two.join();
    CHECK(refused == 1);
  }
}

TEST_CASE_TEMPLATE("Disruptor: a node is run as soon as it may be, whoever starts the rest", F, WHORL_TEST_FLOWS) {
  for (std::uint64_t round = 0, rounds = scaled(50); round < rounds; ++round) {
    typename F::template Of<std::uint64_t> d({.capacity = 4});
    Numbers seen;
    const whorl::NodeId mine = d.handle([&](std::uint64_t& e) { seen.push_back(e); }, {.own_thread = true});
    std::jthread runs([&] {
      while (refusal_of([&] { d.run(mine); }) != "accepted") std::this_thread::yield();
    });
    d.start();
    auto producer = producer_of(d);
    for (int i = 0; i < 5; ++i) CHECK(producer.publish(kNumbered) == PublishResult::ok);
    d.close();
    runs.join();
    CHECK(seen == Numbers{0, 1, 2, 3, 4});
  }
}

TEST_CASE_TEMPLATE("Disruptor: a node is halted while somebody removes it", F, WHORL_TEST_FLOWS) {
  for (std::uint64_t round = 0, rounds = scaled(50); round < rounds; ++round) {
    typename F::template Of<std::uint64_t> d({.capacity = 4, .dynamic = true});
    d.handle(kNothing);
    const whorl::NodeId goes = d.handle(kNothing);
    d.start();
    std::string refusal;
    std::jthread halts([&] { refusal = refusal_of([&] { d.halt(goes); }); });
    CHECK(d.remove(goes));
    halts.join();
    CHECK((refusal == "accepted" || refusal == "Disruptor: node 1 has been removed"));
    CHECK(d.is_closed() == (refusal == "accepted"));
    d.close();
    d.join();
    CHECK(d.error() == nullptr);
  }
}

TEST_CASE_TEMPLATE("Disruptor: a node of one's own thread that nobody has run leaves at once", F, WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 2, .dynamic = true});
  d.handle(kNothing);
  const whorl::NodeId mine = d.handle(kNothing, {.own_thread = true});
  d.start();
  auto producer = producer_of(d);
  for (int i = 0; i < 2; ++i) CHECK(producer.try_publish(kNumbered) == PublishResult::ok);
  CHECK(producer.try_publish(kNumbered) == PublishResult::full);
  CHECK(d.remove(mine, 60s));
  CHECK(refusal_of([&] { d.run(mine); }).find("has been removed") != std::string::npos);
  for (int i = 0; i < 10; ++i) CHECK(producer.publish(kNumbered) == PublishResult::ok);
}

TEST_CASE_TEMPLATE(
    "Disruptor: who joins while a single producer's claim is open begins after that, also if it is dropped", F,
    Flow<whorl::Single, whorl::Inline>, Flow<whorl::Single, whorl::Dense>) {
  typename F::template Of<std::uint64_t> d({.capacity = 4, .dynamic = true});
  auto stays = d.poller();
  d.start();
  auto producer = producer_of(d);
  std::optional<whorl::NodeId> late;
  Numbers all, seen;
  {
    const auto dropped = producer.claim(2);
    late = d.handle([&](std::uint64_t& e) { seen.push_back(e); });
  }
  for (int i = 0; i < 4; ++i) REQUIRE(producer.try_publish(kNumbered) == PublishResult::ok);
  CHECK(producer.try_publish(kNumbered) == PublishResult::full);
  CHECK(stays.poll([&](std::uint64_t& e) { all.push_back(e); }) == PollState::processing);
  CHECK(d.remove(*late, 60s));
  CHECK(all == Numbers{0, 1, 2, 3});
  CHECK(seen == Numbers{2, 3});
}

TEST_CASE("Disruptor: handlers together all hear of the end, and the first that fails then is told") {
  Life life;
  whorl::Disruptor<std::uint64_t> d({.capacity = 8});
  d.handle(whorl::aggregate(FailsAt{.stop = "one"}, FailsAt{.stop = "two"}, std::ref(life)));
  d.start();
  d.close();
  CHECK_THROWS_WITH(d.join(), "one");
  CHECK(life.stops == 1);
}

TEST_CASE("Disruptor: a handler that builds, starts or removes is told so; what gives no loop, too") {
  using D = whorl::Disruptor<int>;
  D d({.capacity = 8, .dynamic = true});
  const auto no_loop = [](D::Ring&, std::span<whorl::Sequence* const>) { return std::unique_ptr<Opener<D::Ring>>(); };
  std::vector<std::string> refusals;
  const whorl::NodeId first = d.handle([&](int&) {
    refusals.push_back(refusal_of([&] { d.handle(kNothing); }));
    refusals.push_back(refusal_of([&] { d.poller(); }));
    refusals.push_back(refusal_of([&] { d.process(no_loop); }));
    refusals.push_back(refusal_of([&] { d.start(); }));
  });
  CHECK(refusal_of([&] { d.process(no_loop, {.after = {first}}); }) ==
        "Disruptor: process(make): make(ring, upstream) gave no processor");
  d.start();
  CHECK(d.producer().publish(kNothing) == PublishResult::ok);
  d.close();
  d.join();
  REQUIRE(refusals.size() == 4);
  for (int i = 0; i < 3; ++i)
    CHECK(refusals[static_cast<std::size_t>(i)] == "Disruptor: a handler cannot add a node: do so elsewhere");
  CHECK(refusals[3] == "Disruptor: a handler cannot start it: do so elsewhere");
}

#if WHORL_CHECKED
TEST_CASE("Disruptor: stops who destroys it in a handler, or removes a poller that is polled") {
  using D = whorl::Disruptor<int>;
  CHECK(dying_words([] {
          auto* const d = new D({.capacity = 8});
          d->handle([d](int&) { delete d; });
          d->start();
          static_cast<void>(d->producer().publish(kNothing));
          std::this_thread::sleep_for(60s);
        }).find("destroyed by another thread") != std::string::npos);
  CHECK(dying_words([] {
          D d({.capacity = 8, .dynamic = true});
          auto poller = d.poller();
          d.start();
          static_cast<void>(d.producer().publish(kNothing));
          std::atomic<bool> is_polled{false};
          const std::jthread polls([&] {
            poller.poll([&](int&) {
              is_polled = true;
              std::this_thread::sleep_for(60s);
            });
          });
          wait_until([&] { return is_polled.load(); });
          d.remove(poller.id());
        }).find("remove a poller while nobody polls it") != std::string::npos);
}
#endif
