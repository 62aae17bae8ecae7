#pragma once
// Sleeping and waking, with a mistake in it, and without.

#include <cstdint>

#include "model.hpp"

enum class SleepBug {
  none,
  no_heavy_barrier,
  no_light_barrier,
  light_barrier_where_full_is_needed,
  looks_before_it_publishes,
  forgets_to_wake,
  looks_before_it_announces,
  same_word_after_a_wake,
};

/// A waker brings work and then looks whether anybody sleeps; sleepers announce that they do and then look for work.
/// Wakers pay for nothing where barriers can be one-sided.
template <SleepBug kBug>
class ParkAndUnpark : public model::Scenario {
 public:
  explicit ParkAndUnpark(std::size_t sleepers) : sleepers_(sleepers) {}
  std::size_t threads() const override { return sleepers_ + 1; }
  void run(std::size_t thread) override { thread == 0 ? bring() : sleep(); }

 private:
  static constexpr std::uint32_t kAsleep = 1;
  static constexpr std::uint32_t kEpoch = 2;

  void bring() {
    if constexpr (kBug == SleepBug::looks_before_it_publishes) {
      const bool asleep = is_anyone_asleep();
      work_.store(true, model::Order::release);
      pass_waker_barrier();
      if (asleep) wake();
    } else {
      work_.store(true, model::Order::release);
      pass_waker_barrier();
      if (is_anyone_asleep()) wake();
    }
  }
  void pass_waker_barrier() {
    if constexpr (kBug == SleepBug::no_light_barrier) return;
    if (asymmetric_ || kBug == SleepBug::light_barrier_where_full_is_needed) {
      model::light_barrier(word_);
    } else {
      model::full_barrier(word_);
    }
  }
  bool is_anyone_asleep() { return (word_.load(model::Order::relaxed) & kAsleep) != 0; }
  void wake() {
    // Adding one carries from kAsleep into the epoch; a sleeper that is not there yet finds another word.
    if constexpr (kBug != SleepBug::same_word_after_a_wake) word_.fetch_add(kEpoch - kAsleep, model::Order::relaxed);
    if constexpr (kBug != SleepBug::forgets_to_wake) model::unpark_all(word_);
  }

  void sleep() {
    while (!work_.load(model::Order::acquire)) {
      if (kBug == SleepBug::looks_before_it_announces && work_.load(model::Order::acquire)) return;
      const std::uint32_t key = word_.fetch_or(kAsleep, model::Order::relaxed) | kAsleep;
      if constexpr (kBug != SleepBug::no_heavy_barrier) model::heavy_barrier(word_);
      if (kBug != SleepBug::looks_before_it_announces && work_.load(model::Order::acquire)) return;
      model::park(word_, key, model::Time::max());
    }
  }

  const std::size_t sleepers_;
  const bool asymmetric_ = model::asymmetric();
  model::Atomic<bool> work_{false, "work"};
  model::Atomic<std::uint32_t> word_{0, "word"};
};

/// A sleeper takes a return from park() for what it waits for.
class BelievesEveryWake : public model::Scenario {
 public:
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      word_.store(1, model::Order::release);
      model::unpark_all(word_);
    } else {
      model::park(word_, 0, model::Time::max());
      // A read-modify-write: a load might be stale, and that is another matter.
      model::require(word_.fetch_or(0, model::Order::acquire) == 1, "woken for nothing");
    }
  }

 private:
  model::Atomic<std::uint32_t> word_{0, "word"};
};

/// One thread sleeps until a deadline that may never come, and nobody thinks of waking it; the other one has ended, or
/// yields until that deadline, too.
class Forgotten : public model::Scenario {
 public:
  Forgotten(bool both, model::Time deadline) : both_(both), deadline_(deadline) {}
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0 && !both_) return;
    while (model::now() < deadline_) thread == 0 ? model::yield() : model::park(word_, 0, deadline_);
  }
  void finish() override { model::require(model::now() == deadline_, "it did not wait for its deadline"); }

 private:
  const bool both_;
  const model::Time deadline_;
  model::Atomic<std::uint32_t> word_{0, "word"};
};

/// A thread sleeps for a short time, again and again, for want of something that nobody brings.
class ShortSleeps : public model::Scenario {
 public:
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) return;
    while (!work_.load(model::Order::acquire)) {
      model::park(word_, 0, model::now() + std::chrono::milliseconds(1));
    }
  }

 private:
  model::Atomic<bool> work_{false, "work"};
  model::Atomic<std::uint32_t> word_{0, "word"};
};

/// What headers that ask once, when they construct, are told.
class AsksOnce : public model::Scenario {
 public:
  explicit AsksOnce(bool expected) : expected_(expected) {}
  std::size_t threads() const override { return 1; }
  void run(std::size_t) override {
    model::require(answer_ == expected_ && model::asymmetric() == expected_, "barriers are not what they should be");
  }

 private:
  const bool expected_;
  const bool answer_ = model::asymmetric();
};
