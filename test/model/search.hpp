#pragma once
// Search: in which order executions are tried. An execution is the row of decisions taken in it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clock.hpp"

namespace model {

/// Answers the questions of one execution after the other, and remembers its answers.
class Search {
 public:
  virtual ~Search() = default;

  /// An execution begins.
  virtual void begin() { path_.clear(); }
  /// It is over. False: there is no other to try.
  virtual bool advance() { return true; }

  /// One of `options` >= 2 values; 0 is the plainest.
  std::size_t choose(std::size_t options) { return remember(decide(options), options); }
  /// Which of >= 2 threads goes on. The running one, if it may, comes first.
  std::size_t schedule(std::span<const std::size_t> threads) {
    return remember(decide_thread(threads), threads.size());
  }
  /// The thread waits for others.
  virtual void yielded(std::size_t /*thread*/) {}

  /// Every execution within the bounds has been tried.
  virtual bool is_exhausted() const { return false; }
  virtual std::string name() const = 0;
  /// The decisions of the present execution, one character each; what is not there is 0.
  std::string path() const;

 protected:
  struct Decision {
    std::uint8_t taken;
    std::uint8_t options;
  };
  virtual std::size_t decide(std::size_t options) = 0;
  virtual std::size_t decide_thread(std::span<const std::size_t> threads) { return decide(threads.size()); }

  std::vector<Decision> path_;

 private:
  std::size_t remember(std::size_t taken, std::size_t options) {
    path_.push_back({static_cast<std::uint8_t>(taken), static_cast<std::uint8_t>(options)});
    return taken;
  }
};

/// Every execution within the bounds, each once: the last decision that has an alternative left is changed.
class DepthFirst final : public Search {
 public:
  void begin() override;
  bool advance() override;
  bool is_exhausted() const override { return exhausted_; }
  std::string name() const override { return "depth-first"; }

 private:
  std::size_t decide(std::size_t options) override;

  std::vector<Decision> prefix_;  // the decisions to repeat
  bool exhausted_ = false;
};

/// Every decision by lot.
class Random : public Search {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::string name() const override { return "random"; }

 protected:
  std::size_t decide(std::size_t options) override { return static_cast<std::size_t>(draw() % options); }
  std::uint64_t draw() noexcept;

 private:
  std::uint64_t state_;
};

/// Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, 2010): threads run by random
/// priority, and at depth - 1 random places the running one falls behind all others. A bug that needs `depth` ordered
/// steps is found with a probability that has a lower bound.
class Pct final : public Random {
 public:
  Pct(std::uint64_t seed, std::size_t depth) : Random(seed), changes_(depth - 1) {}
  void begin() override;
  void yielded(std::size_t thread) override { priority_[thread] = --lowest_; }
  std::string name() const override { return "pct, depth " + std::to_string(changes_.size() + 1); }

 private:
  std::size_t decide_thread(std::span<const std::size_t> threads) override;

  std::vector<std::size_t> changes_;  // at which scheduling decisions of this execution the running thread falls back
  std::array<std::int64_t, kMaxThreads> priority_{};
  std::int64_t lowest_ = 0;
  std::size_t decisions_ = 0;  // of this execution
  std::size_t longest_ = 16;   // decisions of the longest one so far
};

/// One execution again, from path().
class Replay final : public Search {
 public:
  explicit Replay(std::string_view path) : wanted_(path) {}
  bool advance() override { return false; }
  std::string name() const override { return "replay"; }

 private:
  std::size_t decide(std::size_t options) override;

  std::string wanted_;
};

}  // namespace model
