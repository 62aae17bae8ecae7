// Models of cells that a producer claims, fills where they lie, publishes in part, and gives up.

#include <optional>
#include <whorl/ring/ring_shard.hpp>

#include "traffic.hpp"

namespace {

/// How a producer uses its range.
struct RangePlan {
  std::size_t capacity = 2;
  std::size_t claimed = 2;
  std::size_t built = 2;
  std::size_t published = 1;
  std::size_t producers = 1;
  bool reader_peeks = false;  // before it reads, as one does that waits
  whorl::Position first = 0;

  std::string text() const {
    return "capacity " + std::to_string(capacity) + ", " + std::to_string(producers) + " x " + std::to_string(claimed) +
           " claimed, " + std::to_string(built) + " built, " + std::to_string(published) + " published" +
           (reader_peeks ? ", peeking" : "") + (first != 0 ? ", from " + model::show(first) : "");
  }
};

/// Each producer claims a range and leaves some of it unpublished, then writes one more item. What was published arrives
/// in order, the rest never, every element is destroyed once, and the shard goes on.
template <class Shard>
class Ranges : public model::Scenario {
 public:
  explicit Ranges(const RangePlan& plan) : plan_(plan), shard_(plan.capacity, plan.first) { Element::reset(); }

  std::size_t threads() const override { return plan_.producers + 1; }
  void run(std::size_t thread) override { thread < plan_.producers ? produce(thread) : consume(); }
  void finish() override {
    const whorl::RingStats stats = shard_.stats();
    const std::size_t kept = Shard::Claim::kShared ? plan_.claimed - plan_.published : 0;
    model::require(stats.tombstones == plan_.producers * kept, "the shard miscounts its tombstones");
    model::require(stats.accepted == expected() && stats.delivered == expected(), "the shard miscounts its items");
    model::require(Element::live() == 0, "an element was not destroyed");
  }

 private:
  std::size_t expected() const { return plan_.producers * (plan_.published + 1); }

  void produce(std::size_t producer) {
    fill_range(producer);
    Offer last{producer, plan_.published};
    while (!shard_.try_write(std::move(last))) model::yield();
  }
  void fill_range(std::size_t producer) {
    typename Shard::Range range = shard_.try_claim(plan_.claimed, plan_.claimed);
    while (!range) {
      model::yield();
      range = shard_.try_claim(plan_.claimed, plan_.claimed);
    }
    for (std::size_t i = 0; i < plan_.built; ++i) range.emplace(Offer{producer, i});
    range.publish(plan_.published);
  }

  void consume() {
    std::array<std::size_t, 4> next{};
    for (std::size_t delivered = 0; delivered != expected();) {
      if (plan_.reader_peeks && !shard_.is_readable()) {
        model::yield();
        continue;
      }
      const auto use = [&](Element& element) {
        model::require(element.number() == next[element.producer()]++, "an item is lost, doubled or out of order");
        ++delivered;
      };
      if (shard_.try_consume(use, 2) == 0) {
        model::require(!plan_.reader_peeks, "there was said to be an item");
        model::yield();
      }
    }
  }

  RangePlan plan_;
  Shard shard_;
};

/// What one producer has built in the only cell and given up goes, by way of a reader that looks, to another producer.
template <class Shard>
class GivenUp : public model::Scenario {
 public:
  GivenUp() {
    Element::reset();
    range_ = shard_.try_claim(1);
  }
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      range_.emplace(Offer{0, 0});
      range_ = {};
    } else if (thread == 1) {
      Offer offer{1, 0};
      while (!shard_.try_write(std::move(offer))) model::yield();
    } else {
      while (!shard_.is_readable()) model::yield();
    }
  }

 private:
  Shard shard_{1};
  typename Shard::Range range_;
};

template <class Shard>
void explore(model::Suite& suite, const std::string& kind, const RangePlan& plan) {
  suite.check("range, " + kind + ": " + plan.text(), model::scenario<Ranges<Shard>>(plan));
}

template <class Shard>
void explore_all(model::Suite& suite, const std::string& kind) {
  explore<Shard>(suite, kind, {});
  explore<Shard>(suite, kind, {.published = 2});
  explore<Shard>(suite, kind, {.built = 1, .published = 0});
  explore<Shard>(suite, kind, {.built = 1, .published = 0, .reader_peeks = true});
  explore<Shard>(suite, kind, {.reader_peeks = true, .first = kAcrossTheEnd});
  explore<Shard>(suite, kind, {.capacity = 1, .claimed = 1, .built = 1, .published = 0, .first = kAcrossTheSign});
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  explore_all<whorl::RingShard<Element, whorl::Shared>>(suite, "shared");
  explore_all<whorl::RingShard<Element, whorl::Biased>>(suite, "biased");
  explore_all<whorl::RingShard<Element, whorl::Exclusive, whorl::Inline>>(suite, "exclusive, inline");
  explore_all<whorl::RingShard<Element, whorl::Exclusive, whorl::Dense>>(suite, "exclusive, dense");
  using Shared = whorl::RingShard<Element, whorl::Shared>;
  explore<Shared>(suite, "shared", {.claimed = 1, .built = 1, .published = 0, .producers = 2});
  explore<Shared>(suite, "shared", {.claimed = 1, .built = 1, .published = 1, .producers = 2, .reader_peeks = true});
  suite.check("range, shared: a given up cell goes to another producer", model::scenario<GivenUp<Shared>>());
  return suite.finish();
}
