// Models of the end of a shard: close, drained, a lease that is returned, and a lease that goes to another thread.

#include <whorl/ring/sharded_ring.hpp>

#include "traffic.hpp"

namespace {

enum class Closer { producer, consumer, third };

const char* to_string(Closer closer) {
  return closer == Closer::producer ? "the producer" : closer == Closer::consumer ? "the consumer" : "a third thread";
}

/// A producer writes until it is done or hears of the end; the consumer reads until the shard is drained: then every
/// accepted item has been delivered, and what the closer did before is visible.
template <class Shard>
class Close : public model::Scenario {
 public:
  Close(Closer closer, std::size_t capacity, whorl::Position first) : closer_(closer), ring_(capacity, first) {
    if constexpr (!Shard::Claim::kShared) model::require(ring_.shard.try_own(), "nobody else has it");
  }

  std::size_t threads() const override { return closer_ == Closer::third ? 3 : 2; }
  void run(std::size_t thread) override {
    if (thread == 0) produce();
    if (thread == 1) consume();
    if (thread == 2) close();
  }
  void finish() override {
    model::require(ring_.read(ring_.shard.capacity()) == 0, "the shard was drained, and then an item was in it");
    ring_.finish();
  }

 private:
  static constexpr std::size_t kItems = 2;

  void produce() {
    for (std::size_t i = 0; i < kItems; ++i) {
      Offer offer{0, i};
      while (ring_.write(std::span(&offer, 1)) == 0 && !ring_.shard.is_closed()) model::yield();
    }
    if (closer_ == Closer::producer) close();
    if constexpr (!Shard::Claim::kShared) ring_.shard.disown();
  }
  void consume() {
    if (closer_ == Closer::consumer) {
      ring_.read(1);
      close();
    }
    while (!ring_.shard.is_drained()) {
      if (ring_.read(kItems) == 0) model::yield();
    }
    model::require(last_words_.get() == 7, "what the closer did before is not visible");
  }
  void close() {
    last_words_.set(7);
    ring_.witness.begin_close();
    ring_.shard.close();
  }

  Closer closer_;
  Watched<Shard> ring_;
  model::Plain<int> last_words_{0};
};

template <class Shard>
void close(model::Suite& suite, const std::string& kind) {
  const auto explore = [&](Closer closer, std::size_t capacity, whorl::Position first) {
    suite.check(kind + ", closed by " + to_string(closer) + ": capacity " + std::to_string(capacity) + ", from " +
                    model::show(first),
                model::scenario<Close<Shard>>(closer, capacity, first));
  };
  for (const Closer closer : {Closer::producer, Closer::consumer, Closer::third}) {
    explore(closer, 1, 0);
    explore(closer, 2, 0);
    explore(closer, 2, kAcrossTheEnd);
  }
  explore(Closer::producer, 1, kAcrossTheSign);
}

/// Whoever sees a shard closed, or a ring, sees what the closer did before.
template <class Closable, std::size_t... kSize>
class ClosedIsNews : public model::Scenario {
 public:
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      last_words_.set(7);
      closable_.close();
    } else if (closable_.is_closed()) {
      model::require(last_words_.get() == 7, "what the closer did before is not visible");
    }
  }

 private:
  Closable closable_{kSize...};
  model::Plain<int> last_words_{0};
};

/// Two threads close at once: it is closed for both, and its end is where it was.
template <class Shard>
class ClosedByTwo : public model::Scenario {
 public:
  ClosedByTwo() {
    Offer offer{0, 0};
    model::require(ring_.write(std::span(&offer, 1)) == 1, "there is room");
    ring_.witness.begin_close();
  }

  std::size_t threads() const override { return 2; }
  void run(std::size_t) override {
    ring_.shard.close();
    model::require(ring_.shard.is_closed(), "open, after it was closed");
  }
  void finish() override {
    Offer offer{0, 1};
    model::require(ring_.write(std::span(&offer, 1)) == 0, "a closed shard takes items");
    model::require(!ring_.shard.is_drained() && ring_.shard.size_approx() == 1, "its end has moved");
    ring_.finish();
    model::require(ring_.shard.is_drained(), "all is read, and it is not drained");
  }

 private:
  Watched<Shard> ring_{2, 0};
};

/// Two threads hold the lease one after the other; each writes one item with it.
template <class Shard>
class LeaseHandOver : public model::Scenario {
 public:
  LeaseHandOver(std::size_t capacity, bool concurrent_reader)
      : concurrent_reader_(concurrent_reader), ring_(capacity, 0) {}

  std::size_t threads() const override { return concurrent_reader_ ? 3 : 2; }
  void run(std::size_t thread) override { thread < 2 ? produce(thread) : consume(); }
  void finish() override { ring_.finish(); }

 private:
  void produce(std::size_t thread) {
    while (!ring_.shard.try_own()) model::yield();
    const whorl::Lease<Shard> lease(ring_.shard, 0);
    witness_owner(thread);
    Offer offer{thread, 0};
    while (ring_.write(std::span(&offer, 1)) == 0) model::yield();
  }
  // What an owner did is visible to the next one.
  void witness_owner(std::size_t thread) { owner_.set(thread); }
  void consume() {
    while (ring_.witness.delivered() != 2) {
      if (ring_.read(2) == 0) model::yield();
    }
  }

  bool concurrent_reader_;
  Watched<Shard> ring_;
  model::Plain<std::size_t> owner_;
};

template <class Layout>
void leases(model::Suite& suite, const std::string& kind) {
  using Shard = whorl::RingShard<Element, whorl::Exclusive, Layout>;
  suite.check(kind + ", the lease goes to another thread: capacity 2, read afterwards",
              model::scenario<LeaseHandOver<Shard>>(2u, false));
  suite.check(kind + ", the lease goes to another thread: capacity 1", model::scenario<LeaseHandOver<Shard>>(1u, true));
  suite.check(kind + ", the lease goes to another thread: capacity 2", model::scenario<LeaseHandOver<Shard>>(2u, true));
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  close<whorl::RingShard<Element, whorl::Shared>>(suite, "shared");
  close<whorl::RingShard<Element, whorl::Biased>>(suite, "biased");
  close<whorl::RingShard<Element, whorl::Exclusive, whorl::Inline>>(suite, "exclusive, inline");
  close<whorl::RingShard<Element, whorl::Exclusive, whorl::Dense>>(suite, "exclusive, dense");
  suite.check("shared, closed is news of what the closer did",
              model::scenario<ClosedIsNews<whorl::RingShard<Element, whorl::Shared>, 1>>());
  suite.check("biased, closed is news of what the closer did",
              model::scenario<ClosedIsNews<whorl::RingShard<Element, whorl::Biased>, 1>>());
  suite.check("exclusive, closed is news of what the closer did",
              model::scenario<ClosedIsNews<whorl::RingShard<Element, whorl::Exclusive>, 1>>());
  suite.check("a ring, closed is news of what the closer did",
              model::scenario<ClosedIsNews<whorl::ShardedRing<Element, whorl::Shared>, 1, 1>>());
  suite.check("shared, closed by two at once",
              model::scenario<ClosedByTwo<whorl::RingShard<Element, whorl::Shared>>>());
  suite.check("biased, closed by two at once",
              model::scenario<ClosedByTwo<whorl::RingShard<Element, whorl::Biased>>>());
  leases<whorl::Inline>(suite, "exclusive, inline");
  leases<whorl::Dense>(suite, "exclusive, dense");
  return suite.finish();
}
