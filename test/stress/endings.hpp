#pragma once
// A Disruptor from its start to its end, which may come at any moment and from any side.

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>

#include "../support/disruptors.hpp"
#include "../support/scale.hpp"
#include "crew.hpp"

namespace whorl_test {

/// Who ends it, and how.
enum class End : std::uint8_t {
  close,
  close_twice,  // two threads at once
  halt,
  halt_one,  // a node
  fail,      // a handler throws
  handler_closes,
  handler_halts,
  producer_closes,
  destroy,  // its destructor drains it
  abandon,  // its destructor halts it
};
inline constexpr std::uint64_t kEnds = 10;

/// A diamond and one after it. Producers are at it until the end.
template <class F>
class Round {
  static constexpr std::size_t kNodes = 4;
  static constexpr std::size_t kProducers = F::kShared ? 3 : 1;

  struct Event {
    std::size_t producer = 0;
    std::uint64_t number = 0;
    std::array<std::uint64_t, kNodes> marks{};
  };
  using D = typename F::template Of<Event>;

  /// Does something at one event, if it is told to.
  struct Node {
    std::size_t self;
    std::vector<std::size_t> upstream;
    std::uint64_t acts_at = ~std::uint64_t{0};
    std::function<void()> act = {};
    std::array<std::uint64_t, kProducers> next{};
    std::uint64_t handled = 0;
    std::uint64_t wrong = 0;

    void operator()(Event& event) {
      if (handled == acts_at) act();
      wrong += event.number != next[event.producer]++;
      for (const std::size_t node : upstream) wrong += event.marks[node] != event.number + 1;
      event.marks[self] = event.number + 1;
      ++handled;
    }
  };

 public:
  static void from_start_to_end(End end, Random& random) {
    Round round(std::size_t{1} << between(random, 0, 4), end, random);
    round.run(random);
    round.d_.reset();
    round.check();
  }

 private:
  Round(std::size_t capacity, End end, Random& random)
      : end_(end), nodes_{Node{0, {}}, Node{1, {}}, Node{2, {0, 1}}, Node{3, {2}}} {
    const auto on_destroy = end == End::abandon ? whorl::OnDestroy::halt : whorl::OnDestroy::drain;
    d_.emplace(whorl::DisruptorOptions{.capacity = capacity, .on_destroy = on_destroy});
    if (end == End::fail || end == End::handler_closes || end == End::handler_halts) {
      Node& actor = nodes_[between(random, 0, kNodes - 1)];
      actor.acts_at = between(random, 0, 50);
      actor.act = [this] { act(); };
    }
    for (Node& node : nodes_) {
      whorl::HandlerOptions options;
      for (const std::size_t before : node.upstream) options.after.add(ids_[before]);
      ids_.push_back(d_->handle(std::ref(node), options));
    }
    d_->start();
  }

  void act() {
    if (end_ == End::fail) throw std::runtime_error("told to");
    end_ == End::handler_closes ? d_->close() : d_->halt();
  }

  void produce(std::size_t id) {
    auto producer = try_producer_of(*d_);
    while (producer) {
      const auto fill = [&](Event& event) {
        event.producer = id;
        event.number = accepted_[id];
      };
      if (producer->publish(fill) != whorl::PublishResult::ok) return;
      if (++accepted_[id] == 20 && id == 0 && end_ == End::producer_closes) d_->close();
    }
  }

  void run(Random& random) {
    std::vector<std::jthread> producers;
    for (std::size_t id = 0; id < kProducers; ++id) producers.emplace_back([this, id] { produce(id); });
    const std::uint64_t moment = between(random, 0, between(random, 1, 20'000));
    const std::size_t victim = between(random, 0, kNodes - 1);
    dawdle(moment);
    {
      std::jthread other;
      if (end_ == End::close_twice) other = std::jthread([this] { d_->close(); });
      if (end_ == End::halt) d_->halt();
      if (end_ == End::halt_one) d_->halt(ids_[victim]);
      const bool closes =
          end_ == End::close || end_ == End::close_twice || end_ == End::destroy || end_ == End::abandon;
      if (closes) d_->close();
    }
    if (end_ == End::destroy || end_ == End::abandon) return;  // once the producers are gone
    if (end_ == End::fail) {
      REQUIRE_THROWS_AS(d_->join(), std::runtime_error);
    } else {
      d_->join();
    }
  }

  void check() {
    const bool may_leave_some = end_ == End::halt || end_ == End::halt_one || end_ == End::fail ||
                                end_ == End::handler_halts || end_ == End::abandon;
    std::uint64_t all = 0;
    for (const std::uint64_t n : accepted_) all += n;
    for (const Node& node : nodes_) {
      REQUIRE(node.wrong == 0);
      REQUIRE(node.handled <= all);
      if (!may_leave_some) REQUIRE(node.handled == all);
    }
  }

  const End end_;
  std::vector<whorl::NodeId> ids_;
  std::array<Node, kNodes> nodes_;
  std::array<std::uint64_t, kProducers> accepted_{};
  std::optional<D> d_;
};

}  // namespace whorl_test
