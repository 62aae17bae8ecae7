// Models of threads that wait at a ring: the consumer for items, producers for room, either for the end.

#include <array>
#include <string>
#include <whorl/ring/sharded_ring.hpp>

#include "traffic.hpp"

namespace {

constexpr whorl::BlockingWait kSleep{.spins = 0, .yields = 0};

/// Who waits, and how it ends.
struct WaitPlan {
  std::size_t capacity = 1;  // of a shard
  std::size_t shards = 1;
  std::size_t producers = 1;
  std::size_t items = 2;  // of each producer
  bool producers_wait = false;
  bool consumer_waits = true;
  bool closed_by_producer = false;  // the first one, when it is done; else by the consumer when it has all

  std::string text() const {
    return "capacity " + std::to_string(capacity) + " x " + std::to_string(shards) + ", " + std::to_string(producers) +
           " x " + std::to_string(items) + (producers_wait ? ", producers sleep" : "") +
           (consumer_waits ? ", the consumer sleeps" : "") + (closed_by_producer ? ", closed by a producer" : "");
  }
};

/// Each item arrives once, in order, and everybody comes to an end, whoever of them sleeps.
template <class Kind>
class Waiting : public model::Scenario {
 public:
  explicit Waiting(const WaitPlan& plan)
      : plan_(plan), ring_(plan.capacity * plan.shards, plan.shards, {.edge_pauses = 0}) {}

  std::size_t threads() const override { return plan_.producers + 1; }
  void run(std::size_t thread) override { thread < plan_.producers ? produce(thread) : consume(); }
  void finish() override {
    model::require(ring_.size_approx() == 0, "something is left");
    model::require(accepted_ == delivered_, "an accepted item was not delivered");
  }

 private:
  using Ring = whorl::ShardedRing<int, Kind>;

  void produce(std::size_t thread) {
    if constexpr (Kind::Claim::kShared) {
      write_all(thread, [&](int item) { return write_by_id(thread, item); });
    } else {
      auto lease = ring_.lease();
      model::require(lease.has_value(), "there is a shard for each producer");
      write_all(thread, [&](int item) { return write_by_lease(*lease, item); });
    }
  }
  template <class Write>
  void write_all(std::size_t thread, Write&& write) {
    for (std::size_t i = 0; i < plan_.items; ++i) {
      const whorl::WriteResult result = write(static_cast<int>(thread * 100 + i));
      if (result == whorl::WriteResult::closed) return;
      model::require(result == whorl::WriteResult::ok, "a write without end ended otherwise");
      ++accepted_;
    }
    if (plan_.closed_by_producer && thread == 0) ring_.close();
  }
  whorl::WriteResult write_by_id(std::size_t thread, int item) {
    if (plan_.producers_wait) return ring_.write(thread, item, kSleep);
    while (!ring_.try_write(thread, item)) {
      if (ring_.is_closed()) return whorl::WriteResult::closed;
      model::yield();
    }
    return whorl::WriteResult::ok;
  }
  template <class Lease>
  whorl::WriteResult write_by_lease(Lease& lease, int item) {
    if (plan_.producers_wait) return lease.write(item, kSleep);
    while (!lease.try_write(item)) {
      if (lease.is_closed()) return whorl::WriteResult::closed;
      model::yield();
    }
    return whorl::WriteResult::ok;
  }

  void consume() {
    const std::size_t all = plan_.producers * plan_.items;
    while (plan_.closed_by_producer || delivered_ != all) {
      const whorl::ReadResult end = plan_.consumer_waits ? ring_.wait_readable(kSleep) : whorl::ReadResult::timed_out;
      if (end == whorl::ReadResult::closed) return;
      const std::size_t n = ring_.try_consume([&](int item) { deliver(item); }, 1);
      if (plan_.consumer_waits) {
        model::require(end == whorl::ReadResult::ready && n == 1, "there was said to be an item");
      } else if (n == 0) {
        model::yield();
      }
    }
  }
  void deliver(int item) {
    const auto producer = static_cast<std::size_t>(item / 100);
    model::require(item % 100 == next_[producer]++, "an item is lost, doubled or out of order");
    ++delivered_;
  }

  WaitPlan plan_;
  Ring ring_;
  std::size_t accepted_ = 0;
  std::size_t delivered_ = 0;
  std::array<int, 4> next_{};
};

/// There are items in both shards when the consumer waits; it waits once, and then finds all of them by reading.
template <class Kind>
class WaitsOnce : public model::Scenario {
 public:
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread < 2) {
      model::require(ring_.try_write(thread, 1), "there is room");
      return;
    }
    model::require(ring_.wait_readable(kSleep) == whorl::ReadResult::ready, "a wait without end ended otherwise");
    for (std::size_t read = 0; read != 2;) {
      const std::size_t n = ring_.try_consume([](int) {}, 1);
      if (n == 0) model::yield();
      read += n;
    }
  }

 private:
  whorl::ShardedRing<int, Kind> ring_{2, 2, {.edge_pauses = 0}};
};

/// A producer sleeps at a full ring that nobody reads: closing wakes it, and what it wanted to write is untouched.
template <class Kind>
class ClosedWhileFull : public model::Scenario {
 public:
  ClosedWhileFull() { model::require(ring_.try_write(0, 1), "it is empty"); }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      model::require(ring_.write(0, 2, kSleep) == whorl::WriteResult::closed, "there never is room");
    } else {
      ring_.close();
    }
  }
  void finish() override { model::require(ring_.stats().accepted == 1, "there was no room"); }

 private:
  whorl::ShardedRing<int, Kind> ring_{1, 1};
};

/// The consumer sleeps at an empty ring: closing wakes it. With a lease, giving that back does.
template <class Kind>
class ClosedWhileEmpty : public model::Scenario {
 public:
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 1) {
      model::require(ring_.wait_readable(kSleep) == whorl::ReadResult::closed, "nothing is ever written");
      return;
    }
    if constexpr (Kind::Claim::kShared) {
      ring_.close();
    } else {
      const auto lease = ring_.lease();
      ring_.close();
    }
  }

 private:
  whorl::ShardedRing<int, Kind> ring_{2, 2};
};

/// The consumer sleeps while a producer fills a claimed range, or gives it up after the ring has been closed.
class RangeWakes : public model::Scenario {
 public:
  explicit RangeWakes(bool publishes) : publishes_(publishes) {}
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      auto range = ring_.try_claim(0, 1);
      if (publishes_) {
        range.emplace(7);
        range.publish();
      } else {
        ring_.close();
      }
    } else {
      const whorl::ReadResult expected = publishes_ ? whorl::ReadResult::ready : whorl::ReadResult::closed;
      model::require(ring_.wait_readable(kSleep) == expected, "the wait ended otherwise");
    }
  }

 private:
  bool publishes_;
  whorl::ShardedRing<int, whorl::Shared> ring_{1, 1};
};

template <class Kind>
void explore(model::Suite& suite, const std::string& kind, const WaitPlan& plan) {
  const auto make = model::scenario<Waiting<Kind>>(plan);
  suite.check("waiting, " + kind + ": " + plan.text(), make);
  suite.check("waiting, " + kind + ", without membarrier: " + plan.text(), model::without_membarrier(make));
}

template <class Kind>
void explore_all(model::Suite& suite, const std::string& kind) {
  explore<Kind>(suite, kind, {.items = 1});
  explore<Kind>(suite, kind, {.capacity = 2, .items = 2});
  explore<Kind>(suite, kind, {.items = 2, .producers_wait = true, .consumer_waits = false});
  explore<Kind>(suite, kind, {.items = 1, .closed_by_producer = true});
  explore<Kind>(suite, kind, {.shards = 2, .producers = 2, .items = 1});
  suite.sample("waiting, " + kind + ": both sides sleep",
               model::scenario<Waiting<Kind>>(WaitPlan{.items = 3, .producers_wait = true}));
  suite.check("waiting, " + kind + ": closed while empty", model::scenario<ClosedWhileEmpty<Kind>>());
  const auto without_fences = model::without_fences(model::scenario<Waiting<Kind>>(WaitPlan{.items = 1}));
  suite.check("waiting, " + kind + ", read-modify-writes for fences", without_fences);
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  suite.check("waiting: a range that is published wakes the consumer", model::scenario<RangeWakes>(true));
  suite.check("waiting: a range that is given up wakes the consumer", model::scenario<RangeWakes>(false));
  explore_all<whorl::Exclusive>(suite, "exclusive");
  explore_all<whorl::Biased>(suite, "biased");
  explore_all<whorl::Shared>(suite, "shared");
  explore<whorl::Shared>(suite, "shared",
                         {.producers = 2, .items = 1, .producers_wait = true, .consumer_waits = false});
  suite.check("waiting, shared: waits once", model::scenario<WaitsOnce<whorl::Shared>>());
  suite.check("waiting, shared: closed while full", model::scenario<ClosedWhileFull<whorl::Shared>>());
  suite.check("waiting, biased: closed while full", model::scenario<ClosedWhileFull<whorl::Biased>>());
  return suite.finish();
}
