// A Disruptor's end, at any moment and from any side: closed, halted, failed, destroyed, while producers publish and nodes
// come and go.
// Forbidden: a thread that waits on after the end; an event accepted and, though no node was halted or failed, not handled by
// each of them; one handled that was not accepted, or by a node before those upstream of it; a handler called after its end.

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>

#include "../support/disruptors.hpp"
#include "../support/scale.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using whorl::PublishResult;

namespace {

constexpr std::size_t kNodes = 4;

struct Event {
  std::size_t producer = 0;
  std::uint64_t number = 0;
  std::array<std::uint64_t, kNodes> marks{};
};

template <class F>
inline constexpr std::size_t kProducers = F::kShared ? 3 : 1;

// Fails at one event, if it is told to.
struct Node {
  std::size_t self;
  std::vector<std::size_t> upstream;
  std::uint64_t fails_at = ~std::uint64_t{0};
  std::array<std::uint64_t, 3> next{};
  std::uint64_t handled = 0;
  std::uint64_t wrong = 0;

  void operator()(Event& event) {
    if (handled == fails_at) throw std::runtime_error("told to");
    wrong += event.number != next[event.producer]++;
    for (const std::size_t node : upstream) wrong += event.marks[node] != event.number + 1;
    event.marks[self] = event.number + 1;
    ++handled;
  }
};

enum class End : std::uint8_t { close, halt, halt_one, fail, destroy };

// A diamond and one after it.
template <class F>
struct Round {
  using D = typename F::template Of<Event>;

  explicit Round(std::size_t capacity, End end, Random& random)
      : nodes{Node{0, {}}, Node{1, {}}, Node{2, {0, 1}}, Node{3, {2}}} {
    d.emplace(whorl::DisruptorOptions{.capacity = capacity});
    if (end == End::fail) nodes[between(random, 0, kNodes - 1)].fails_at = between(random, 0, 50);
    for (Node& node : nodes) {
      whorl::HandlerOptions options;
      for (const std::size_t before : node.upstream) options.after.add(ids[before]);
      ids.push_back(d->handle(std::ref(node), options));
    }
    d->start();
  }

  void produce(std::size_t id) {
    auto producer = try_producer_of(*d);
    while (producer) {
      const auto fill = [&](Event& event) {
        event.producer = id;
        event.number = accepted[id];
      };
      if (producer->publish(fill) != PublishResult::ok) return;
      ++accepted[id];
    }
  }

  // Producers are at it until the end.
  void run(End end, Random& random, std::uint64_t steps) {
    std::vector<std::jthread> producers;
    for (std::size_t id = 0; id < kProducers<F>; ++id) producers.emplace_back([this, id] { produce(id); });
    for (std::uint64_t k = 0; k < steps; ++k) std::this_thread::yield();
    if (end == End::close || end == End::destroy) d->close();
    if (end == End::halt) d->halt();
    if (end == End::halt_one) d->halt(ids[between(random, 0, kNodes - 1)]);
  }

  void check(End end) {
    const bool is_complete = end == End::close || end == End::destroy;
    std::uint64_t all = 0;
    for (const std::uint64_t n : accepted) all += n;
    for (const Node& node : nodes) {
      REQUIRE(node.wrong == 0);
      REQUIRE(node.handled <= all);
      if (is_complete) REQUIRE(node.handled == all);
    }
  }

  std::vector<whorl::NodeId> ids;
  std::array<Node, kNodes> nodes;
  std::array<std::uint64_t, 3> accepted{};
  std::optional<D> d;
};

}  // namespace

TEST_CASE_TEMPLATE("disruptor_life: it ends, however it ends, and what was accepted has been handled", F,
                   WHORL_TEST_FLOWS) {
  Watchdog watchdog("disruptor_life: ends");
  Random random(seed());
  for (std::uint64_t k = 0, rounds = scaled(300); k < rounds; ++k) {
    const End end{static_cast<std::uint8_t>(k % 5)};
    CAPTURE(k);
    Round<F> round(std::size_t{1} << between(random, 0, 4), end, random);
    round.run(end, random, between(random, 0, 60));
    if (end != End::destroy) {
      if (end == End::fail) {
        REQUIRE_THROWS_AS(round.d->join(), std::runtime_error);
      } else {
        round.d->join();
      }
    }
    round.d.reset();
    round.check(end);
    watchdog.progress();
  }
}

// Started and ended at once: a thread that has not begun must hear of it.
TEST_CASE_TEMPLATE("disruptor_life: started, and ended at once, from another thread", F, WHORL_TEST_FLOWS) {
  Watchdog watchdog("disruptor_life: at once");
  for (std::uint64_t k = 0, rounds = scaled(1'000); k < rounds; ++k) {
    typename F::template Of<Event> d({.capacity = 2});
    const whorl::NodeId first = d.handle([](Event&) {});
    d.handle([](Event&) {}, {.after = {first}});
    std::jthread ends([&] {
      if (k % 3 == 0) d.close();
      if (k % 3 == 1) d.halt();
      if (k % 3 == 2) d.halt(first);
    });
    d.start();
    d.join();
    watchdog.progress();
  }
}

// The only producer is between two publications, or inside one, when it is closed.
TEST_CASE_TEMPLATE("disruptor_life: the end is exact while its producer comes and goes", F, WHORL_TEST_FLOWS) {
  Watchdog watchdog("disruptor_life: exact");
  for (std::uint64_t k = 0, rounds = scaled(3'000); k < rounds; ++k) {
    std::uint64_t handled = 0, accepted = 0;
    typename F::template Of<Event> d({.capacity = 64});
    d.handle([&](Event&) { ++handled; });
    d.start();
    std::atomic<bool> go{false}, is_over{false};
    std::jthread produces([&] {
      auto producer = try_producer_of(d);
      while (!go) {
      }
      for (int i = 0; i < 20 && producer; ++i) accepted += producer->try_publish([](Event&) {}) == PublishResult::ok;
      while (!is_over) std::this_thread::yield();  // it stays, and says nothing more
    });
    go = true;
    for (std::uint64_t step = 0; step < k % 64; ++step) whorl::sync::pause();
    d.close();
    d.join();
    is_over = true;
    produces.join();
    REQUIRE(handled == accepted);
    watchdog.progress();
  }
}

TEST_CASE_TEMPLATE("disruptor_life: nodes come and go while it ends", F, WHORL_TEST_FLOWS) {
  Watchdog watchdog("disruptor_life: coming and going");
  for (std::uint64_t k = 0, rounds = scaled(100); k < rounds; ++k) {
    typename F::template Of<Event> d({.capacity = 4, .dynamic = true});
    const whorl::NodeId stays = d.handle([](Event&) {});
    d.start();
    std::jthread produces([&] {
      auto producer = try_producer_of(d);
      while (producer && producer->publish([](Event&) {}) == PublishResult::ok) {
      }
    });
    std::jthread ends([&] {
      for (std::uint64_t step = 0; step < k; ++step) std::this_thread::yield();
      k % 2 == 0 ? d.close() : d.halt(stays);
    });
    while (!d.is_closed()) {
      try {
        const whorl::NodeId guest = d.handle([](Event&) {}, {.after = {stays}});
        REQUIRE(d.remove(guest));
      } catch (const std::invalid_argument&) {
        REQUIRE(d.is_closed());
      }
    }
    ends.join();
    d.join();
    watchdog.progress();
  }
}
