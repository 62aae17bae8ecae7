// Models of sleeping and waking: nobody sleeps through what it waits for, whoever pays for the barriers.

#include <chrono>
#include <stop_token>
#include <whorl/wait/wait_strategy.hpp>

#include "model.hpp"

namespace {

using whorl::EventCount;
using whorl::Until;
using whorl::WaitResult;
using Payer = EventCount::Payer;

// No time is spent before the sleep: the sleep is what is looked at.
constexpr whorl::BlockingWait kSleep{.spins = 0, .yields = 0};

/// Wakers each add one to a count and notify; sleepers wait until it has reached what all of them add.
class Counting : public model::Scenario {
 public:
  Counting(Payer payer, std::size_t wakers, std::size_t sleepers, std::size_t rounds)
      : wakers_(wakers), sleepers_(sleepers), rounds_(rounds), event_(payer) {}

  std::size_t threads() const override { return wakers_ + sleepers_; }
  void run(std::size_t thread) override {
    if (thread < wakers_) {
      for (std::size_t i = 0; i < rounds_; ++i) {
        count_.fetch_add(1, model::Order::relaxed);
        event_.notify();
      }
    } else {
      for (std::size_t i = 1; i <= rounds_; ++i) {
        const auto ready = [&] { return count_.load(model::Order::relaxed) >= i * wakers_; };
        model::require(kSleep.wait(event_, ready, {}) == WaitResult::ready, "a wait without end ended otherwise");
      }
    }
  }

 private:
  std::size_t wakers_, sleepers_, rounds_;
  EventCount event_;
  model::Atomic<std::size_t> count_{0, "count"};
};

/// Two threads take turns, and each sleeps until it is its turn.
class PingPong : public model::Scenario {
 public:
  PingPong(Payer payer, std::size_t turns) : turns_(turns), events_{EventCount(payer), EventCount(payer)} {}

  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    for (std::size_t turn = thread; turn < turns_; turn += 2) {
      const auto ready = [&] { return turn_.load(model::Order::acquire) == turn; };
      model::require(kSleep.wait(events_[thread], ready, {}) == WaitResult::ready, "it is this thread's turn");
      ball_.set(ball_.get() + 1);
      turn_.store(turn + 1, model::Order::release);
      events_[1 - thread].notify();
    }
  }
  void finish() override { model::require(ball_.get() == turns_, "a turn was left out"); }

 private:
  std::size_t turns_;
  EventCount events_[2];
  model::Atomic<std::size_t> turn_{0, "turn"};
  model::Plain<std::size_t> ball_{0};
};

/// Nobody makes it ready: the wait ends by its deadline.
class DeadlineOnly : public model::Scenario {
 public:
  std::size_t threads() const override { return 1; }
  void run(std::size_t) override {
    const WaitResult end = kSleep.wait(event_, [] { return false; }, Until(std::chrono::milliseconds(1)));
    model::require(end == WaitResult::timed_out, "time was up");
  }

 private:
  EventCount event_{Payer::sleeper};
};

/// It gets ready about when time is up: the wait says which came first, and what it says is so.
class DeadlineOrReady : public model::Scenario {
 public:
  explicit DeadlineOrReady(Payer payer) : event_(payer) {}
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      flag_.store(true, model::Order::release);
      event_.notify();
    } else {
      const auto ready = [&] { return flag_.load(model::Order::acquire); };
      const WaitResult end = kSleep.wait(event_, ready, Until(std::chrono::milliseconds(1)));
      model::require(end != WaitResult::stopped, "nobody has asked for a stop");
      model::require(end == WaitResult::timed_out || flag_.load(model::Order::relaxed), "it was not ready");
    }
  }

 private:
  EventCount event_;
  model::Atomic<bool> flag_{false, "flag"};
};

/// A stop is requested while it waits, or before, or after.
class Stop : public model::Scenario {
 public:
  explicit Stop(Payer payer) : event_(payer) {}
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      model::yield();  // the token is no atomic object of the model's: this is where the other thread may come in
      source_.request_stop();
    } else {
      const WaitResult end = kSleep.wait(event_, [] { return false; }, Until(source_.get_token()));
      model::require(end == WaitResult::stopped, "only a stop ends this wait");
    }
  }

 private:
  std::stop_source source_;
  EventCount event_;
};

std::string name(Payer payer) { return payer == Payer::sleeper ? "the sleeper pays" : "both pay"; }

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  for (const Payer payer : {Payer::sleeper, Payer::both}) {
    const auto explore = [&](const std::string& what, const model::MakeScenario& make) {
      suite.check("event count, " + name(payer) + ": " + what, make);
      suite.check("event count, " + name(payer) + ", without membarrier: " + what, model::without_membarrier(make));
    };
    explore("a waker and a sleeper", model::scenario<Counting>(payer, 1u, 1u, 1u));
    explore("a waker and a sleeper, twice", model::scenario<Counting>(payer, 1u, 1u, 2u));
    explore("two wakers", model::scenario<Counting>(payer, 2u, 1u, 1u));
    explore("two sleepers", model::scenario<Counting>(payer, 1u, 2u, 1u));
    explore("ping-pong", model::scenario<PingPong>(payer, 4u));
    explore("a deadline, or ready", model::scenario<DeadlineOrReady>(payer));
    explore("a stop", model::scenario<Stop>(payer));
  }
  suite.check("event count: a deadline and nothing else", model::scenario<DeadlineOnly>());
  return suite.finish();
}
