#pragma once
// What the tests of whole graphs have in common.

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>

#include "../support/disruptors.hpp"
#include "common.hpp"

namespace whorl_test {

template <class F>
using NumberDisruptor = typename F::template Of<std::uint64_t>;

inline constexpr auto kNothing = [](auto&) {};

template <class Condition>
void await(Condition&& is_so) {
  while (!is_so()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

/// Publishes n events one after the other.
template <class P>
void publish_some(P& producer, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) REQUIRE(producer.publish(kNumbered, kPatience) == whorl::PublishResult::ok);
}

/// Holds each event until so many may pass.
struct Held {
  std::atomic<std::uint64_t> may_pass{0};
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> done{0};
  void operator()(std::uint64_t&) {
    ++begun;
    while (may_pass.load() <= done.load()) std::this_thread::yield();
    ++done;
  }
};

/// Sees numbers from 0 on, each after all of these are done with it.
struct Follower {
  std::vector<const Held*> before = {};
  std::atomic<std::uint64_t> seen{0};
  std::atomic<std::uint64_t> wrong{0};
  void operator()(std::uint64_t& event) {
    wrong += event != seen.load();
    for (const Held* one : before) wrong += one->done.load() <= event;
    ++seen;
  }
};

/// A node with a loop that the test has made: a processor of one's own.
template <class D, class Handler>
whorl::NodeId custom(D& d, Handler& handler, whorl::HandlerOptions options = {}) {
  using Ring = typename D::Ring;
  using Processor = whorl::BatchEventProcessor<Ring, Handler&>;
  const auto make = [&](Ring& ring, std::span<whorl::Sequence* const> upstream) {
    return std::make_unique<Processor>(ring, upstream, handler, whorl::ProcessorOptions{.max_batch = 1},
                                       ring.wait_strategy());
  };
  return d.process(make, std::move(options));
}

/// Starts it, and publishes two events: the follower sees them when all of `held` are done with them, and not before.
template <class D>
void check_follows(D& d, const std::vector<Held*>& held, Follower& follower) {
  d.start();
  auto producer = producer_of(d);
  publish_some(producer, 2);
  for (Held* one : held) {
    await([&] { return one->begun.load() == 1; });
    CHECK(follower.seen.load() == 0);
    one->may_pass = 2;
  }
  CHECK(d.drain_for(kPatience));
  CHECK(follower.seen.load() == 2);
  CHECK(follower.wrong.load() == 0);
  d.close();
  d.join();
}

}  // namespace whorl_test
