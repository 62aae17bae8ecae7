// Models of elements whose constructor throws: a tombstone in a shared shard, nothing at all in an exclusive one; and
// of a consumer's function that throws.

#include "traffic.hpp"

namespace {

template <class Kind, class Layout>
void explore(model::Suite& suite, const std::string& kind, const Plan& plan) {
  suite.check(kind + ", item " + std::to_string(std::countr_zero(plan.throwing)) + " throws: " + plan.text(),
              model::scenario<Traffic<whorl::RingShard<FragileElement, Kind, Layout>>>(plan));
}

void tombstones(model::Suite& suite) {
  const auto explore_shared = [&](const Plan& plan) { explore<whorl::Shared, whorl::Inline>(suite, "shared", plan); };
  for (const whorl::Position first : {whorl::Position{0}, kAcrossTheSign, kAcrossTheEnd}) {
    explore_shared({.capacity = 1, .items = 3, .patient = false, .throwing = 0b001, .first = first});
    explore_shared({.capacity = 1, .items = 2, .throwing = 0b01, .first = first});
    explore_shared({.capacity = 2, .items = 3, .throwing = 0b010, .first = first});
    explore_shared({.capacity = 1, .producers = 2, .items = 2, .patient = false, .throwing = 0b01, .first = first});
  }
  explore_shared({.capacity = 4, .items = 3, .batch = 3, .patient = false, .throwing = 0b010});
  explore_shared({.capacity = 2, .producers = 2, .items = 2, .patient = false, .throwing = 0b10});
  explore_shared(
      {.capacity = 2, .producers = 2, .items = 2, .patient = false, .concurrent_reader = false, .throwing = 1});
}

template <class Layout>
void forgotten(model::Suite& suite, const std::string& layout) {
  const auto explore_exclusive = [&](const Plan& plan) {
    explore<whorl::Exclusive, Layout>(suite, "exclusive, " + layout, plan);
  };
  for (const whorl::Position first : {whorl::Position{0}, kAcrossTheEnd}) {
    explore_exclusive({.capacity = 1, .items = 3, .throwing = 0b010, .first = first});
    explore_exclusive({.capacity = 2, .items = 4, .throwing = 0b0010, .first = first});
  }
  explore_exclusive({.capacity = 4, .items = 6, .batch = 3, .throwing = 0b000010});
  explore_exclusive({.capacity = 4, .items = 6, .batch = 3, .throwing = 0b000001});
}

/// The consumer's function throws at its first item, which counts as delivered; its room goes back all the same.
template <class Kind, class Layout>
class ThrowingConsumer : public model::Scenario {
 public:
  explicit ThrowingConsumer(std::size_t capacity) : ring_(capacity, 0) {}

  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      for (std::size_t i = 0; i < kItems; ++i) write(i);
    } else {
      while (ring_.witness.delivered() != kItems) {
        if (read() == 0) model::yield();
      }
    }
  }
  void finish() override {
    model::require(thrown_ == 1, "the exception did not come out");
    ring_.finish();
  }

 private:
  static constexpr std::size_t kItems = 3;

  void write(std::size_t number) {
    Offer offer{0, number};
    while (ring_.write(std::span(&offer, 1)) == 0) model::yield();
  }
  std::size_t read() {
    try {
      return ring_.read(kItems, [](const Element& item) {
        if (item.number() == 0) throw ElementError{};
      });
    } catch (const ElementError&) {
      ++thrown_;
      return 1;
    }
  }

  Watched<whorl::RingShard<Element, Kind, Layout>> ring_;
  std::size_t thrown_ = 0;
};

template <class Kind, class Layout>
void throwing_consumer(model::Suite& suite, const std::string& kind) {
  for (const std::size_t capacity : {1u, 2u}) {
    suite.check(kind + ", the consumer's function throws, capacity " + std::to_string(capacity),
                model::scenario<ThrowingConsumer<Kind, Layout>>(capacity));
  }
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  tombstones(suite);
  forgotten<whorl::Inline>(suite, "inline");
  forgotten<whorl::Dense>(suite, "dense");
  throwing_consumer<whorl::Shared, whorl::Inline>(suite, "shared");
  throwing_consumer<whorl::Exclusive, whorl::Inline>(suite, "exclusive, inline");
  throwing_consumer<whorl::Exclusive, whorl::Dense>(suite, "exclusive, dense");
  return suite.finish();
}
