// What other Disruptors test of whole graphs besides, and what none of them does.

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <whorl/sync/topology.hpp>

#include "../support/scale.hpp"
#include "disruptors.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::EventContext;
using whorl::NodeId;
using whorl::PublishResult;
using whorl::SequenceNumber;
using whorl::Until;

// ---- the .NET Disruptor ---------------------------------------------------------------------------------------------

namespace {

// Takes its time to start and to stop.
struct Slow {
  std::atomic<int> starts{0}, stops{0};
  std::atomic<std::uint64_t> handled{0}, handled_at_stop{0};
  void operator()(std::uint64_t&) { ++handled; }
  void on_start() {
    std::this_thread::sleep_for(5ms);
    ++starts;
  }
  void on_stop() {
    std::this_thread::sleep_for(5ms);
    handled_at_stop = handled.load();
    ++stops;
  }
};

}  // namespace

TEST_CASE_TEMPLATE(
    "net: start-waits-for-handlers: when start returns all have started; when join does, all have stopped", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  Slow slow[3];
  NumberDisruptor<F> d({.capacity = 4});
  const whorl::NodeGroup first = d.handle_each({}, std::ref(slow[0]), std::ref(slow[1]));
  d.handle(std::ref(slow[2]), {.after = first});
  d.start();
  for (const Slow& one : slow) CHECK(one.starts == 1);
  for (const Slow& one : slow) CHECK(one.stops == 0);
  d.halt();
  d.join();
  for (const Slow& one : slow) CHECK(one.stops == 1);
}

TEST_CASE_TEMPLATE("net: end-of-the-whole: each handles everything before it stops, closed by hand or by destruction",
                   F, WHORL_CONFORMANCE_DISRUPTORS) {
  for (const bool by_hand : {true, false}) {
    Slow slow[3];
    {
      NumberDisruptor<F> d({.capacity = 4});
      const NodeId first = d.handle(std::ref(slow[0]));
      const NodeId second = d.handle(std::ref(slow[1]), {.after = {first}});
      d.handle(std::ref(slow[2]), {.after = {second}});
      d.start();
      auto producer = producer_of(d);
      publish_some(producer, 100);
      if (by_hand) {
        d.close();
        d.join();
      }
    }
    for (const Slow& one : slow) {
      CHECK(one.stops == 1);
      CHECK(one.handled_at_stop == 100);
    }
  }
}

TEST_CASE_TEMPLATE(
    "net: work-group: handlers that share the work by sequence: each event is one worker's, when it is published, and "
    "holds producers back until then",
    F, WHORL_CONFORMANCE_DISRUPTORS) {
  constexpr std::size_t kWorkers = 3;
  struct Worker {
    SequenceNumber number = 0;
    std::atomic<bool>* may_work = nullptr;
    Numbers done = {};
    void operator()(std::uint64_t& event, const EventContext& context) {
      if (context.sequence % static_cast<SequenceNumber>(kWorkers) != number) return;
      while (!may_work->load()) std::this_thread::yield();
      done.push_back(event);
    }
  };
  std::atomic<bool> may_work{false};
  std::array<Worker, kWorkers> workers;
  NumberDisruptor<F> d({.capacity = 8});
  for (std::size_t i = 0; i < kWorkers; ++i) {
    workers[i].number = static_cast<SequenceNumber>(i);
    workers[i].may_work = &may_work;
    d.handle(std::ref(workers[i]));
  }
  d.start();
  auto producer = producer_of(d);
  publish_some(producer, 8);
  CHECK(producer.try_publish(kNumbered) == PublishResult::full);  // the backlog
  may_work = true;
  publish_some(producer, 92);
  d.close();
  d.join();
  Numbers all;
  for (const Worker& worker : workers) {
    CHECK(std::is_sorted(worker.done.begin(), worker.done.end()));
    all.insert(all.end(), worker.done.begin(), worker.done.end());
  }
  std::sort(all.begin(), all.end());
  REQUIRE(all.size() == 100);
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(all[i] == i);
}

// ---- the Rust Disruptor ---------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("rust: named-and-pinned: a node's thread has its name, and runs where it was told", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  struct Place {
    std::string name = {};
    int cpu = -1;
    void operator()(std::uint64_t&) {
      std::array<char, 64> buffer{};
      pthread_getname_np(pthread_self(), buffer.data(), buffer.size());
      name = buffer.data();
      cpu = sched_getcpu();
    }
  } first, last;
  const std::vector<int> cpus = whorl::allowed_cpus();
  NumberDisruptor<F> d({.capacity = 4});
  d.handle(std::ref(first), {.name = "journal", .cpu = cpus.front()});
  d.handle(std::ref(last), {.name = "replicate", .cpu = cpus.back()});
  d.start();
  CHECK(producer_of(d).publish(kNumbered, kPatience) == PublishResult::ok);
  d.close();
  d.join();
  CHECK(first.name == "journal");
  CHECK(first.cpu == cpus.front());
  CHECK(last.name == "replicate");
  CHECK(last.cpu == cpus.back());
}

TEST_CASE_TEMPLATE("rust: consumers-must-be: a graph without them does not start, unless events may be lost", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  NumberDisruptor<F> refused({.capacity = 4});
  CHECK_THROWS_AS(refused.start(), std::invalid_argument);
  NumberDisruptor<F> allowed({.capacity = 4, .without_consumers = whorl::EmptyGate::open});
  allowed.start();
  auto producer = producer_of(allowed);
  for (int i = 0; i < 20; ++i) CHECK(producer.try_publish(kNumbered) == PublishResult::ok);
}

// ---- nobody ---------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("new: halt-one-of-a-group: it ends alone with who follows it, the other ones handle what there is",
                   F, WHORL_CONFORMANCE_DISRUPTORS) {
  Held halted;
  Follower sibling, follows;
  NumberDisruptor<F> d({.capacity = 8});
  const NodeId one = d.handle(std::ref(halted), {.max_batch = 1});
  d.handle(std::ref(sibling));
  d.handle(std::ref(follows), {.after = {one}});
  d.start();
  auto producer = producer_of(d);
  publish_some(producer, 8);
  await([&] { return halted.begun == 1; });
  d.halt(one);
  halted.may_pass = 100;
  d.join();
  CHECK(halted.done == 1);
  CHECK(sibling.seen == 8);
  CHECK(follows.seen <= 1);
  CHECK(d.error() == nullptr);
  CHECK(producer.try_publish(kNumbered) == PublishResult::closed);
}

TEST_CASE_TEMPLATE("new: blocked-producer-freed: by a close while it waits for room, of a claim as well", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  for (const bool by_claim : {false, true}) {
    Held held;
    NumberDisruptor<F> d({.capacity = 2});
    d.handle(std::ref(held));
    d.start();
    auto producer = producer_of(d);
    publish_some(producer, 2);
    PublishResult result = PublishResult::ok;
    std::thread waits(
        [&] { result = by_claim ? producer.claim(2, kPatience).result() : producer.publish(kNumbered, kPatience); });
    await([&] { return d.stats().full_waits != 0; });
    d.close();
    waits.join();
    CHECK(result == PublishResult::closed);
    held.may_pass = 2;
    d.join();
    CHECK(held.done == 2);
  }
}

TEST_CASE_TEMPLATE("new: dead-consumer-surfaced: to the producer that waits for it, to join, to error()", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  std::atomic<bool> may_die{false};
  Follower sibling;
  NumberDisruptor<F> d({.capacity = 4});
  d.handle([&](std::uint64_t& event) {
    while (!may_die.load()) std::this_thread::yield();
    if (event == 1) throw std::runtime_error("dead");
  });
  d.handle(std::ref(sibling));
  d.start();
  auto producer = producer_of(d);
  publish_some(producer, 4);
  PublishResult result = PublishResult::ok;
  std::thread waits([&] {
    while (result == PublishResult::ok) result = producer.publish(kNumbered, kPatience);
  });
  await([&] { return d.stats().full_waits != 0; });
  CHECK(d.error() == nullptr);
  may_die = true;
  waits.join();
  CHECK(result == PublishResult::closed);
  CHECK_THROWS_WITH_AS(d.join(), "dead", std::runtime_error);
  CHECK(d.error() != nullptr);
  CHECK(d.is_closed());
  CHECK(sibling.wrong == 0);
  CHECK(sibling.seen >= 4);
}

TEST_CASE_TEMPLATE("new: throw-while-filling-a-batch: none of it is published, and the next one is", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  Notebook notebook;
  NumberDisruptor<F> d({.capacity = 16});
  d.handle(std::ref(notebook), {.max_batch = 1});
  d.start();
  auto producer = producer_of(d);
  publish_some(producer, 1);
  auto fail_at_third = [n = 0](std::uint64_t& event) mutable {
    event = 99;
    if (++n == 3) throw std::runtime_error("no third");
  };
  CHECK_THROWS_AS(static_cast<void>(producer.publish_batch(4, fail_at_third, kPatience)), std::runtime_error);
  CHECK(producer.publish([](std::uint64_t& event) { event = 7; }, kPatience) == PublishResult::ok);
  d.close();
  d.join();
  CHECK(notebook.text.find("99") == std::string::npos);
  CHECK(notebook.text.find(" 0. ") != std::string::npos);
  CHECK(notebook.text.find(" 7. ") != std::string::npos);
}

TEST_CASE_TEMPLATE("new: two-claims-of-a-graph: neither is seen before it is published, nor is one that is dropped", F,
                   whorl_test::Flow<whorl::Multi, whorl::Inline>, whorl_test::Flow<whorl::Multi, whorl::Dense>) {
  Notebook notebook;
  NumberDisruptor<F> d({.capacity = 8});
  d.handle(std::ref(notebook), {.max_batch = 1});
  d.start();
  auto one = d.producer();
  auto two = d.producer();
  {
    auto first = one.claim(2);
    auto second = two.claim(2);
    auto dropped = two.claim(1);
    REQUIRE(first);
    REQUIRE(second);
    second[0] = 12;
    second[1] = 13;
    second.commit();
    CHECK_FALSE(d.drain_for(10ms));
    CHECK(notebook.text == "S");
    first[0] = 10;
    first[1] = 11;
    first.commit();
  }
  d.close();
  d.join();
  for (const char* event : {"10", "11", "12", "13"}) CHECK(notebook.text.find(event) != std::string::npos);
  CHECK(notebook.text.find("10.") < notebook.text.find("12."));
  CHECK(std::count(notebook.text.begin(), notebook.text.end(), '.') == 4);
}

TEST_CASE_TEMPLATE(
    "new: nodes-under-traffic: the first, the one in the middle, the last leave, others come; none is overrun", F,
    WHORL_CONFORMANCE_DISRUPTORS) {
  constexpr std::uint64_t kCapacity = 16;
  // Sees numbers without a gap, from where it came in.
  struct Guest {
    std::uint64_t next = 0, wrong = 0;
    std::atomic<std::uint64_t> seen{0};
    void operator()(std::uint64_t& event, const EventContext& context) {
      if (seen.load() == 0) next = event;
      wrong += event != next++ || event != static_cast<std::uint64_t>(context.sequence);
      ++seen;
    }
  };
  NumberDisruptor<F> d({.capacity = kCapacity, .without_consumers = whorl::EmptyGate::open, .dynamic = true});
  d.start();
  std::atomic<bool> is_over{false}, has_stopped{false};
  PublishResult end = PublishResult::ok;
  std::thread produces([&] {
    auto producer = producer_of(d);
    while (!is_over.load() && end == PublishResult::ok) end = producer.publish(kNumbered, kPatience);
    has_stopped = true;
  });
  for (std::uint64_t round = 0, rounds = sanitized(50); round < rounds && !d.is_closed(); ++round) {
    std::array<Guest, 3> guests;
    std::vector<NodeId> nodes;
    for (Guest& guest : guests) nodes.push_back(d.handle(std::ref(guest)));
    const Until until(kPatience);
    for (const Guest& guest : guests) {  // each stays for more than a lap
      while (guest.seen.load() <= kCapacity && !has_stopped.load() && !until.is_over()) std::this_thread::yield();
      CHECK(guest.seen.load() > kCapacity);
    }
    if (until.is_over()) d.halt();           // who was overrun may wait for ever
    for (std::uint64_t i = 0; i < 3; ++i) {  // the last one leaves nobody behind
      const auto leaves = nodes.begin() + static_cast<std::ptrdiff_t>((round + i) % nodes.size());
      CHECK(d.remove(*leaves, kPatience));
      nodes.erase(leaves);
    }
    for (const Guest& guest : guests) CHECK(guest.wrong == 0);
  }
  is_over = true;
  produces.join();
  CHECK(end == PublishResult::ok);
}

TEST_CASE_TEMPLATE("new: two-disruptors: one thread publishes into both, and a full one says nothing of the other", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  Held held;
  Follower follower;
  NumberDisruptor<F> full({.capacity = 2}), other({.capacity = 2});
  full.handle(std::ref(held));
  other.handle(std::ref(follower));
  full.start();
  other.start();
  auto one = producer_of(full);
  auto two = producer_of(other);
  publish_some(one, 2);
  for (int i = 0; i < 10; ++i) {
    CHECK(one.try_publish(kNumbered) == PublishResult::full);
    CHECK(two.publish(kNumbered, kPatience) == PublishResult::ok);
  }
  held.may_pass = 100;
  CHECK(one.publish(kNumbered, kPatience) == PublishResult::ok);
  CHECK(full.drain_for(kPatience));
  CHECK(other.drain_for(kPatience));
  CHECK(held.done == 3);
  CHECK(follower.seen == 10);
  CHECK(follower.wrong == 0);
}

TEST_CASE_TEMPLATE("new: rewind-after-release: what was released early stays so, and producers have its room", F,
                   WHORL_CONFORMANCE_DISRUPTORS) {
  std::string text;
  std::atomic<bool> has_room{false};
  int failures = 0;
  NumberDisruptor<F> d({.capacity = 4});
  const auto see = [&](std::uint64_t& event, const EventContext& context) {
    const std::uint64_t number = event;  // what is released is not looked at again
    text += ' ' + std::to_string(number);
    if (number == 1) context.release(context.sequence);
    if (number != 2 || failures++ == 2) return;
    while (!has_room.load()) std::this_thread::yield();
    throw std::runtime_error("again");
  };
  d.handle(whorl::rewinding(see), {.max_batch = 4});
  d.start();
  auto producer = producer_of(d);
  CHECK(producer.publish_batch(4, kNumbered, kPatience) == PublishResult::ok);
  publish_some(producer, 2);
  has_room = true;
  d.close();
  d.join();
  CHECK(text == " 0 1 2 2 2 3 4 5");
}
