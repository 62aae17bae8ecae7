#pragma once
// A shard that is none: each thread that writes has a lane of its own, and items of different lanes know no order.

#include <array>
#include <whorl/ring/ring_shard.hpp>

#include "traffic.hpp"

enum class LaneBug { none, overtakes, hides };

/// What RingShard is, as far as the models ask, over the lanes of threads 0 and 1. Without a bug, the reader takes from
/// lane 0 before it looks at lane 1: right only if thread 1 has nothing to write before thread 0 is done.
template <LaneBug kBug>
class TwoLanes {
 public:
  struct Claim {
    static constexpr bool kShared = true;
  };
  TwoLanes(std::size_t capacity, whorl::Position first) : lanes_{Lane(capacity, first), Lane(capacity, first)} {}

  template <class Fill>
  std::size_t try_fill(std::size_t most, Fill&& fill) {
    return lanes_[model::Engine::get().current()].try_fill(most, fill);
  }
  template <class Use>
  std::size_t try_consume(Use&& use, std::size_t most) {
    std::size_t used = 0;
    for (const std::size_t lane : {std::size_t{kBug == LaneBug::overtakes}, std::size_t{kBug != LaneBug::overtakes}}) {
      if (kBug == LaneBug::hides && lane == 1 && ++looks_ % 2 == 0) continue;
      used += lanes_[lane].try_consume(use, most - used);
    }
    return used;
  }
  std::size_t capacity() const noexcept { return lanes_[0].capacity(); }
  whorl::RingStats stats() const {
    whorl::RingStats stats = lanes_[0].stats();
    stats += lanes_[1].stats();
    return stats;
  }

 private:
  using Lane = whorl::RingShard<Element, whorl::Shared>;

  std::array<Lane, 2> lanes_;
  std::size_t looks_ = 0;
};

/// Thread 0 writes an item and tells thread 1, which writes one and tells the reader, which has been told of both when it
/// reads one after the other. Whoever looks at each producer's items alone finds nothing wrong with any order of the two.
template <class Shard>
class OneAfterTheOther : public model::Scenario {
 public:
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    while (turn_.load(model::Order::acquire) != thread) model::yield();
    if (thread < 2) {
      Offer offer{thread, 0};
      model::require(ring_.write(std::span(&offer, 1)) == 1, "there is room");
      turn_.store(thread + 1, model::Order::release);
    } else {
      while (ring_.witness.delivered() != 2) ring_.read(1);
    }
  }
  void finish() override { ring_.finish(); }

 private:
  Watched<Shard> ring_{2, 0};
  model::Atomic<std::size_t> turn_{0, "turn"};
};
