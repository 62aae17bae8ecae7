// Graphs of many shapes, from one node to a fan-out of sixty-four.
// Forbidden: a node that handles an event before all that it comes after are done with it, in whatever graph; an event lost,
// handled twice or out of order by any of them; a thread that waits on although what it waits for is there.

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "../support/disruptors.hpp"
#include "../support/scale.hpp"
#include "crew.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using whorl::PublishResult;
using Edges = std::vector<std::vector<std::size_t>>;

namespace {

// Each event carries its sequence, so that nodes see numbers without a gap, however many publish.
template <class F>
void run_graph(const Edges& edges, std::size_t capacity, std::uint64_t each, Watchdog& watchdog) {
  const std::size_t producers = F::kShared ? 3 : 1;
  typename F::template Of<Marked> d({.capacity = capacity});
  MarkedGraph graph(d, edges);
  d.start();
  std::atomic<std::uint64_t> refused{0};
  {
    const Crew crew(producers, [&](std::size_t, std::stop_token, Random&) {
      auto producer = producer_of(d);
      const auto fill = [](Marked& event, whorl::SequenceNumber s) { event.number = static_cast<std::uint64_t>(s); };
      for (std::uint64_t n = 0; n < each; ++n) {
        refused += producer.publish(fill) != PublishResult::ok;
        watchdog.progress();
      }
    });
  }
  d.close();
  d.join();
  REQUIRE(refused == 0);
  REQUIRE(graph.seen() == static_cast<std::int64_t>(each * producers));
  watchdog.progress();
}

// Each node comes after any of the earlier ones.
Edges draw(Random& random) {
  Edges edges(between(random, 1, 12));
  for (std::size_t node = 1; node < edges.size(); ++node) {
    for (std::size_t before = 0; before < node; ++before) {
      if (between(random, 0, 3) == 0) edges[node].push_back(before);
    }
  }
  return edges;
}

}  // namespace

TEST_CASE_TEMPLATE("disruptor_graph: a chain of eight", F, WHORL_TEST_FLOWS) {
  Watchdog watchdog("disruptor_graph: chain");
  for (const std::size_t capacity : {1u, 4u, 64u}) {
    CAPTURE(capacity);
    run_graph<F>({{}, {0}, {1}, {2}, {3}, {4}, {5}, {6}}, capacity, scaled(capacity < 64 ? 500 : 3'000), watchdog);
  }
}

TEST_CASE_TEMPLATE("disruptor_graph: a fan-out of sixty-four, and one that comes after them all", F, WHORL_TEST_FLOWS) {
  Watchdog watchdog("disruptor_graph: fan-out");
  Edges edges(64);
  run_graph<F>(edges, 32, scaled(500), watchdog);
  edges.emplace_back();
  for (std::size_t node = 0; node < 64; ++node) edges.back().push_back(node);
  run_graph<F>(edges, 32, scaled(500), watchdog);
}

TEST_CASE_TEMPLATE("disruptor_graph: in two hundred random graphs nobody is ever ahead of what it comes after", F,
                   WHORL_TEST_FLOWS) {
  Watchdog watchdog("disruptor_graph: random");
  Random random(seed());
  for (std::uint64_t round = 0, rounds = scaled(200); round < rounds; ++round) {
    CAPTURE(round);
    const Edges edges = draw(random);
    const std::size_t capacity = std::size_t{1} << between(random, 0, 6);
    run_graph<F>(edges, capacity, between(random, 1, 200), watchdog);
  }
}
