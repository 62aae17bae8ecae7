// Models of a ring of two shards with one consumer: each shard judged by a witness of its own.

#include <array>
#include <string>
#include <whorl/ring/sharded_ring.hpp>

#include "traffic.hpp"

namespace {

constexpr std::size_t kShards = 2;

/// Producers write, each to its own shard, and the consumer takes what there is. An element's producer is its shard.
template <class Kind, class Layout>
class TwoShards : public model::Scenario {
 public:
  explicit TwoShards(const Plan& plan)
      : plan_(plan),
        ring_(plan.capacity * kShards, kShards, {.quota = 1, .edge_pauses = 0, .first_position = plan.first}) {
    for (std::size_t i = 0; i < plan.prefilled; ++i) {
      for (std::size_t shard = 0; shard < kShards; ++shard) fill(shard);
    }
  }

  std::size_t threads() const override { return plan_.producers + 1; }
  void run(std::size_t thread) override { thread < plan_.producers ? produce(thread) : consume(); }
  void finish() override {
    while (read(1) != 0) {
    }
    for (std::size_t i = 0; i < kShards; ++i) witnesses_[i].settle(ring_.stats(i));
  }

 private:
  using Ring = whorl::ShardedRing<Element, Kind, Layout>;
  static constexpr bool kShared = Kind::Claim::kShared;

  // Writes once; `to` is the ring, or a lease of the shard.
  template <class Write>
  bool write(std::size_t shard, std::size_t number, Write&& to) {
    Offer offer{shard, number};
    const Witness::Attempt attempt = witnesses_[shard].begin_write(1);
    const bool accepted = to(std::move(offer));
    witnesses_[shard].end_write(attempt, std::span(&offer, 1), accepted ? 1 : 0);
    return accepted;
  }
  void fill(std::size_t shard) {
    if constexpr (kShared) {
      write(shard, next_number_[shard]++, [&](Offer&& offer) { return ring_.try_write(shard, std::move(offer)); });
    }
  }

  void produce(std::size_t thread) {
    if constexpr (kShared) {
      produce(thread, [&](Offer&& offer) { return ring_.try_write(thread, std::move(offer)); });
    } else {
      auto lease = ring_.lease();
      while (!lease.has_value()) {  // another producer was about to take the same one
        model::yield();
        lease = ring_.lease();
      }
      produce(lease->shard_index(), [&](Offer&& offer) { return lease->try_write(std::move(offer)); });
    }
  }
  template <class Write>
  void produce(std::size_t shard, Write&& to) {
    for (std::size_t i = 0; i < plan_.items; ++i) {
      const std::size_t number = next_number_[shard]++;
      while (!write(shard, number, to) && plan_.patient) model::yield();
    }
  }

  void consume() {
    const std::size_t all = plan_.producers * plan_.items + kShards * plan_.prefilled;
    std::size_t read_so_far = 0;
    for (std::size_t i = 0; plan_.patient ? read_so_far != all : i <= plan_.items; ++i) {
      const std::size_t n = read(plan_.read_most);
      if (n == 0 && plan_.patient) model::yield();
      read_so_far += n;
    }
  }
  std::size_t read(std::size_t most) {
    const std::size_t n = ring_.try_consume([&](Element& item) { witnesses_[item.producer()].deliver(item); }, most);
    for (Witness& witness : witnesses_) witness.end_read();
    return n;
  }

  Plan plan_;
  Ring ring_;
  std::array<std::size_t, kShards> next_number_{};  // a lease goes on where the one before stopped
  std::array<Witness, kShards> witnesses_{Witness(plan_.capacity), Witness(plan_.capacity)};
};

template <class Kind, class Layout>
void explore(model::Suite& suite, const std::string& kind, const Plan& plan) {
  suite.check("two shards, " + kind + ": " + plan.text(), model::scenario<TwoShards<Kind, Layout>>(plan));
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  const auto shared = [&](const Plan& plan) { explore<whorl::Shared, whorl::Inline>(suite, "shared", plan); };
  shared({.capacity = 1, .producers = 1, .items = 1, .prefilled = 1, .read_most = 2});
  shared({.capacity = 2, .producers = 1, .items = 1, .prefilled = 1, .read_most = 2});
  shared({.capacity = 2, .producers = 2, .items = 1, .prefilled = 1, .patient = false, .read_most = 1});
  shared({.capacity = 1, .producers = 2, .items = 1, .read_most = 2});
  shared({.capacity = 1, .producers = 2, .items = 2, .patient = false, .read_most = 2, .first = kAcrossTheEnd});
  const auto biased = [&](const Plan& plan) { explore<whorl::Biased, whorl::Inline>(suite, "biased", plan); };
  biased({.capacity = 1, .producers = 1, .items = 1, .prefilled = 1, .read_most = 2});
  biased({.capacity = 1, .producers = 2, .items = 1, .read_most = 2});
  const auto exclusive = [&](const Plan& plan) {
    explore<whorl::Exclusive, whorl::Inline>(suite, "exclusive, inline", plan);
    explore<whorl::Exclusive, whorl::Dense>(suite, "exclusive, dense", plan);
  };
  exclusive({.capacity = 1, .producers = 1, .items = 2});
  exclusive({.capacity = 1, .producers = 2, .items = 1, .read_most = 2});
  exclusive({.capacity = 2, .producers = 2, .items = 2, .patient = false, .read_most = 2, .first = kAcrossTheEnd});
  return suite.finish();
}
