// Of a Disruptor of shards: the hooks of workers, which may be where they are; producers that come and go, and their ends.

#include <doctest/doctest.h>

#include <array>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>

#include "../../support/death.hpp"
#include "../../support/message.hpp"
#include "../../support/scale.hpp"
#include "../../support/sharded_disruptors.hpp"

using namespace whorl_test;
using whorl::PublishResult;
using whorl::SequenceNumber;

namespace {

const auto kNothing = [](std::uint64_t&) {};
const auto kNumbered = [](std::uint64_t& e, SequenceNumber s) { e = static_cast<std::uint64_t>(s); };

using OneRing = whorl::Disruptor<std::uint64_t, whorl::Single>;

// What all copies of a worker have been told.
struct Told {
  int starts = 0, stops = 0, errors = 0, batches = 0, events = 0;
};

struct Worker {
  Told* told;
  int own_events = 0;

  void operator()(std::uint64_t& e) {
    if (e == 3) throw std::runtime_error("three");
    ++told->events;
    ++own_events;
  }
  void on_start() { ++told->starts; }
  void on_stop() { ++told->stops; }
  void on_batch_start(std::size_t, std::size_t) { ++told->batches; }
  whorl::ErrorAction on_error(const std::exception_ptr&, std::uint64_t*, whorl::ShardPlace) noexcept {
    ++told->errors;
    return whorl::ErrorAction::skip;
  }
};

template <class D>
void publish_and_end(D& d) {
  d.start();
  for (std::size_t shard = 0; shard < 2; ++shard)
    CHECK(producer_of_shard(d, shard).publish_batch(6, kNumbered) == PublishResult::ok);
  d.close();
  CHECK_NOTHROW(d.join());
}

void check_told(const std::array<Told, 2>& told) {
  for (const Told& one : told) {
    CHECK(one.starts == 1);
    CHECK(one.stops == 1);
    CHECK(one.errors == 1);
    CHECK(one.batches > 0);
    CHECK(one.events == 5);
  }
}

}  // namespace

// ---- workers --------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("sharded Disruptor: workers have their hooks, by value, by std::ref, and copied from what stays", F,
                   ExclusiveFlow, SharedFlow) {
  std::array<Told, 2> told{};
  std::deque<Worker> workers{{&told[0]}, {&told[1]}};
  typename F::template Of<std::uint64_t> d({.capacity = 16, .shards = 2});
  int own_events = 0;
  SUBCASE("by value") {
    d.handle_divided(2, [&](std::size_t i) { return Worker{&told[i]}; });
  }
  SUBCASE("by std::ref") {
    d.handle_divided(2, [&](std::size_t i) { return std::ref(workers[i]); });
    own_events = 5;
  }
  SUBCASE("copied") {
    d.handle_divided(2, [&](std::size_t i) -> Worker& { return workers[i]; });
  }
  publish_and_end(d);
  check_told(told);
  for (const Worker& worker : workers) CHECK(worker.own_events == own_events);
}

TEST_CASE("sharded Disruptor: a worker's on_start that throws is what start() throws, also by std::ref") {
  struct Fails {
    void operator()(std::uint64_t&) {}
    void on_start() { throw std::runtime_error("no disk"); }
  };
  std::array<Fails, 2> workers;
  ExclusiveFlow::Of<std::uint64_t> d({.capacity = 16, .shards = 2});
  d.handle_divided(2, [&](std::size_t i) { return std::ref(workers[i]); });
  CHECK_THROWS_WITH(d.start(), "no disk");
}

TEST_CASE("sharded Disruptor: two loops of one's own cannot have one sequence: it is said how workers are made") {
  using D = ExclusiveFlow::Of<std::uint64_t>;
  using Progress = D::Ring::Progress;
  D d({.capacity = 16, .shards = 2});
  struct OfGroup {
    Progress& progress;
    void run() {}
    void halt() noexcept {}
    Progress& sequence() noexcept { return progress; }
  };
  struct Owner : OfGroup {
    std::unique_ptr<Progress> owned;
    explicit Owner(std::unique_ptr<Progress> mine) : OfGroup{*mine}, owned(std::move(mine)) {}
  };
  Progress* shared = nullptr;
  d.process([&](D::Ring& ring, std::span<Progress* const>) {
    auto owner = std::make_unique<Owner>(std::make_unique<Progress>(ring));
    shared = owner->owned.get();
    return owner;
  });
  const std::string words = refusal_of([&] {
    d.process([&](D::Ring&, std::span<Progress* const>) { return std::make_unique<OfGroup>(OfGroup{*shared}); });
  });
  CHECK(words.find("node 1: its sequence() is that of node 0: each has its own") != std::string::npos);
  CHECK(words.find("handle_divided()") != std::string::npos);
  CHECK(d.stats().nodes.size() == 1);
}

// ---- producers ------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("sharded Disruptor: a producer says how much it can publish at once: what its shard has", F,
                   ExclusiveFlow, SharedFlow) {
  typename F::template Of<std::uint64_t> d({.capacity = 64, .shards = 4});
  d.handle(kNothing);
  d.start();
  auto producer = producer_of_shard(d, 0);
  CHECK(d.capacity() == 64);
  CHECK(producer.capacity() == 16);
  CHECK(producer.publish_batch(17, kNumbered) == PublishResult::full);
  CHECK(producer.publish_batch(16, kNumbered) == PublishResult::ok);
}

TEST_CASE("Disruptor: a producer of one ring says that ring's capacity; one that was moved from can publish nothing") {
  OneRing d({.capacity = 8});
  d.handle(kNothing);
  d.start();
  auto producer = d.producer();
  auto moved = std::move(*producer);
  CHECK(moved.capacity() == 8);
  CHECK(producer->capacity() == 0);
}

TEST_CASE("sharded Disruptor: short-lived producers take turns with the shards, and find the only one that is free") {
  ExclusiveFlow::Of<std::uint64_t> d({.capacity = 64, .shards = 4});
  d.handle(kNothing);
  d.start();
  for (std::size_t i = 0; i < 12; ++i) {
    auto producer = d.producer();
    CHECK(producer->shard() == i % 4);
    CHECK(producer->publish(kNumbered) == PublishResult::ok);
  }
  CHECK(d.stats().largest_share() == 0.25);
  std::deque<std::optional<decltype(d)::Producer>> producers;
  for (int i = 0; i < 4; ++i) producers.push_back(d.producer());
  CHECK_FALSE(d.producer().has_value());
  producers[1].reset();
  CHECK(d.producer()->shard() == 1);
}

TEST_CASE("sharded Disruptor: producers that are taken in several threads at once have a shard each") {
  ExclusiveFlow::Of<std::uint64_t> d({.capacity = 64, .shards = 4});
  d.handle(kNothing);
  d.start();
  for (std::uint64_t round = 0, rounds = scaled(200); round < rounds; ++round) {
    std::array<int, 4> taken{};
    std::array<std::size_t, 4> had{};
    std::barrier all(4);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        all.arrive_and_wait();
        const auto producer = d.producer();
        had[i] = producer ? producer->shard() : 4;
        all.arrive_and_wait();  // it is held until all have theirs
      });
    }
    threads.clear();
    for (const std::size_t shard : had) {
      REQUIRE(shard < 4);
      ++taken[shard];
    }
    REQUIRE(taken == std::array{1, 1, 1, 1});
  }
}

#if WHORL_CHECKED
TEST_CASE_TEMPLATE("Disruptor: a producer that is still there when its Disruptor ends is told where it should be", D,
                   ExclusiveFlow::Of<std::uint64_t>, OneRing) {
  const auto outlived = [](bool is_closed) {
    std::optional<typename D::Producer> kept;  // declared first, and so it ends last
    whorl::DisruptorOptions options{.capacity = 16};
    if constexpr (D::kSharded) options.shards = 2;
    D d(options);
    d.handle(kNothing);
    d.start();
    kept.emplace(std::move(d.producer().value()));
    if (is_closed) d.close();
  };
  for (const bool is_closed : {false, true}) {
    const std::string words = dying_words([&] { outlived(is_closed); });
    CHECK(words.find("a producer ends before its Disruptor does") != std::string::npos);
  }
}
#endif
