#pragma once
// Small scenarios in which something is wrong, or nearly: what the explorer must tell apart besides outcomes.

#include <array>

#include "model.hpp"

/// A datum handed over by a flag, rightly or not.
class HandOver : public model::Scenario {
 public:
  explicit HandOver(model::Order order) : order_(order) {}
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      datum_.set(7);
      ready_.store(true, order_);
    } else {
      while (!ready_.load(model::Order::acquire)) model::yield();
      model::require(datum_.get() == 7, "the datum is not there");
    }
  }

 private:
  model::Order order_;
  model::Atomic<bool> ready_{false, "ready"};
  model::Plain<int> datum_{0};
};

/// A thread writes a datum after it has released the flag.
class WrittenTooLate : public model::Scenario {
 public:
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      ready_.store(true, model::Order::release);
      datum_.set(7);
    } else if (ready_.load(model::Order::acquire)) {
      static_cast<void>(datum_.get());
    }
  }

 private:
  model::Atomic<bool> ready_{false, "ready"};
  model::Plain<int> datum_{0};
};

/// One thread waits for a flag that nobody sets.
class NobodySets : public model::Scenario {
 public:
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) return other_.store(true, model::Order::release);
    while (!flag_.load(model::Order::acquire)) model::yield();
  }

 private:
  model::Atomic<bool> flag_{false, "flag"};
  model::Atomic<bool> other_{false, "other"};
};

/// Both threads wait for the other one, busily.
class BothSpin : public model::Scenario {
 public:
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    while (!flag_.load(model::Order::acquire)) {
      rounds_[thread].fetch_add(1, model::Order::relaxed);
      model::yield();
    }
  }

 private:
  model::Atomic<bool> flag_{false, "flag"};
  std::array<model::Atomic<int>, 2> rounds_;
};
