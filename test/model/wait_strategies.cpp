// Models of every way to wait, on both sides of a ring: whoever waits, however, gets what it waits for, and hears of the end.
// Each strategy looks once in each of its phases: more of the same adds executions and nothing else. (NoWait never says that
// it waits, so that here it would be given no end.)

#include <chrono>
#include <string>
#include <whorl/ring/sharded_ring.hpp>

#include "model.hpp"

namespace {

using namespace std::chrono_literals;

constexpr whorl::BlockingWait kPark{.spins = 1, .yields = 1};
constexpr whorl::PhasedBackoffWait<whorl::BlockingWait> kPhasesThenPark{
    .spin_time = 0ns, .yield_time = 0ns, .fallback = {0, 0}};
constexpr whorl::PhasedBackoffWait<whorl::SleepingWait> kPhasesThenSleep{
    .spin_time = 0ns, .yield_time = 0ns, .fallback = {0, 0, 50us}};
constexpr whorl::BlockingWait kParkForAWhile{.spins = 0, .yields = 0, .longest_sleep = 50us};
constexpr whorl::SleepingWait kSleep{.spins = 1, .yields = 1};
// Jitter comes from an address, which a model must not depend on.
constexpr whorl::ExponentialWait kSleepLonger{.jitter = 0};
constexpr whorl::AdaptiveWait kYieldThenSleep{.warm = 1, .idle = 0};

enum class Side { producer, consumer, both };

/// A producer writes two items into one cell and closes, a consumer reads until the end; one of them, or both, waits as
/// W does, the other one yields.
template <class W>
class Waits : public model::Scenario {
 public:
  Waits(W wait, Side side, std::size_t items) : wait_(wait), side_(side), items_(items) {}
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override { thread == 0 ? produce() : consume(); }
  void finish() override { model::require(next_ == static_cast<int>(items_), "an item is lost"); }

 private:
  void produce() {
    for (std::size_t i = 0; i < items_; ++i) {
      if (side_ == Side::consumer) {
        while (!ring_.try_write(0, static_cast<int>(i))) model::yield();
      } else {
        const whorl::WriteResult end = ring_.write(0, static_cast<int>(i), wait_);
        model::require(end == whorl::WriteResult::ok, "a write without end ended otherwise");
      }
    }
    ring_.close();
  }
  void consume() {
    const auto use = [&](int item) { model::require(item == next_++, "an item is lost, doubled or out of order"); };
    if (side_ == Side::producer) {
      while (next_ != static_cast<int>(items_)) {
        if (ring_.try_consume(use, 1) == 0) model::yield();
      }
      return;
    }
    while (ring_.wait_readable(wait_) == whorl::ReadResult::ready) {
      model::require(ring_.try_consume(use, 1) == 1, "there was said to be an item");
    }
    model::require(ring_.is_drained(), "there was said to be no more");
  }

  W wait_;
  Side side_;
  std::size_t items_;
  int next_ = 0;
  whorl::ShardedRing<int, whorl::Shared> ring_{1, 1, {.edge_pauses = 0}};
};

/// Nobody comes: a wait with a deadline ends by it. One that only spins or yields never sees it come: see README.md.
template <class W>
class InVain : public model::Scenario {
 public:
  explicit InVain(W wait) : wait_(wait) { model::require(full_.try_write(0, 1), "it is empty"); }
  std::size_t threads() const override { return 1; }
  void run(std::size_t) override {
    model::require(empty_.wait_readable(wait_, 300us) == whorl::ReadResult::timed_out, "time was up");
    model::require(full_.write(0, 2, wait_, 300us) == whorl::WriteResult::timed_out, "time was up");
  }

 private:
  W wait_;
  whorl::ShardedRing<int, whorl::Shared> empty_{1, 1, {.edge_pauses = 0}};
  whorl::ShardedRing<int, whorl::Shared> full_{1, 1, {.edge_pauses = 0}};
};

template <class W>
void explore(model::Suite& suite, const std::string& name, const W& wait) {
  suite.check("waits, " + name + ": the producer", model::scenario<Waits<W>>(wait, Side::producer, std::size_t{2}));
  suite.check("waits, " + name + ": the consumer", model::scenario<Waits<W>>(wait, Side::consumer, std::size_t{2}));
  suite.check("waits, " + name + ": both", model::scenario<Waits<W>>(wait, Side::both, std::size_t{2}));
}
// Who ends its sleeps by itself has many ways to wait for one item already.
template <class W>
void sample(model::Suite& suite, const std::string& name, const W& wait) {
  suite.check("waits, " + name + ": the consumer", model::scenario<Waits<W>>(wait, Side::consumer, std::size_t{1}));
  suite.sample("waits, " + name + ": the producer", model::scenario<Waits<W>>(wait, Side::producer, std::size_t{2}));
  suite.sample("waits, " + name + ": both", model::scenario<Waits<W>>(wait, Side::both, std::size_t{2}));
}
template <class W>
void explore_in_vain(model::Suite& suite, const std::string& name, const W& wait) {
  suite.check("waits, " + name + ": in vain", model::scenario<InVain<W>>(wait));
}

/// Two producers with writers of a policy each write to two shards of one cell, and go to the other one where theirs is
/// full; the consumer reads until it has all. Each item comes once.
class Writers : public model::Scenario {
 public:
  explicit Writers(whorl::WritePolicy policy, std::size_t producers, std::size_t items)
      : policy_(policy), producers_(producers), items_(items) {}
  std::size_t threads() const override { return producers_ + 1; }
  void run(std::size_t thread) override { thread < producers_ ? produce(thread) : consume(); }
  void finish() override {
    model::require(ring_.stats().accepted == producers_ * items_ && ring_.size_approx() == 0, "the ring miscounts");
  }

 private:
  void produce(std::size_t producer) {
    auto writer = ring_.writer(producer, policy_);
    for (std::size_t i = 0; i < items_; ++i) {
      const whorl::WriteResult end = writer.write(static_cast<int>(producer * items_ + i));
      model::require(end == whorl::WriteResult::ok, "a write without end ended otherwise");
    }
  }
  void consume() {
    for (std::size_t read = 0; read != producers_ * items_;) {
      const std::size_t n = ring_.try_consume(
          [&](int item) {
            model::require((seen_ >> item & 1) == 0, "an item is delivered twice");
            seen_ |= 1u << item;
          },
          1);
      if (n == 0) model::yield();
      read += n;
    }
  }

  whorl::WritePolicy policy_;
  std::size_t producers_, items_;
  unsigned seen_ = 0;
  whorl::ShardedRing<int, whorl::Shared> ring_{2, 2, {.edge_pauses = 0}};
};

void writers(model::Suite& suite) {
  // A park of a policy that begins without pauses is BlockingWait's: what is explored here is the way round the shards.
  for (const whorl::ShardChoice choice : {whorl::ShardChoice::round_robin, whorl::ShardChoice::random}) {
    const std::string name = choice == whorl::ShardChoice::random ? "by lot" : "the next one";
    const whorl::WritePolicy policy{.shards = choice, .wait = whorl::WriteWait::yield, .max_retries = 1};
    suite.check("writer, " + name + ": 1 x 3", model::scenario<Writers>(policy, std::size_t{1}, std::size_t{3}));
    suite.sample("writer, " + name + ": 2 x 2", model::scenario<Writers>(policy, std::size_t{2}, std::size_t{2}));
  }
  const whorl::WritePolicy sleeps{
      .shards = whorl::ShardChoice::round_robin, .wait = whorl::WriteWait::sleep, .max_retries = 1};
  suite.check("writer, the next one, asleep: 1 x 3", model::scenario<Writers>(sleeps, std::size_t{1}, std::size_t{3}));
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  explore(suite, "busy", whorl::BusySpinWait{});
  explore(suite, "yielding", whorl::YieldingWait{.spins = 1});
  explore(suite, "sleeping", kSleep);
  explore(suite, "exponential", kSleepLonger);
  explore(suite, "adaptive", kYieldThenSleep);
  explore(suite, "parked", kPark);
  sample(suite, "parked for a while", kParkForAWhile);
  sample(suite, "in phases, then parked", kPhasesThenPark);
  sample(suite, "in phases, then asleep", kPhasesThenSleep);
  explore_in_vain(suite, "sleeping", kSleep);
  explore_in_vain(suite, "exponential", kSleepLonger);
  explore_in_vain(suite, "adaptive", kYieldThenSleep);
  explore_in_vain(suite, "parked", kPark);
  explore_in_vain(suite, "parked for a while", kParkForAWhile);
  explore_in_vain(suite, "in phases, then parked", kPhasesThenPark);
  explore_in_vain(suite, "in phases, then asleep", kPhasesThenSleep);
  writers(suite);
  return suite.finish();
}
