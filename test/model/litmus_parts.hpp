#pragma once
// A litmus test: a small program, and the set of all its outcomes.

#include <array>
#include <cstdint>
#include <set>
#include <string>

#include "model.hpp"

inline std::set<std::string> g_outcomes;  // of all executions of the present test

/// Two locations, two words to meet at, and what the threads read, in the order of `r`; what was not read does not show.
struct State {
  model::Atomic<int> x{0, "x"};
  model::Atomic<int> y{0, "y"};
  model::Atomic<std::uint32_t> word{0, "word"};
  model::Atomic<std::uint32_t> other_word{0, "other_word"};
  std::array<int, 4> r{-1, -1, -1, -1};
};

class Litmus : public model::Scenario {
 public:
  using Program = void (*)(State&, std::size_t thread);
  Litmus(std::size_t threads, Program program) : threads_(threads), program_(program) {}

  std::size_t threads() const override { return threads_; }
  void run(std::size_t thread) override { program_(state_, thread); }
  void finish() override {
    std::string outcome;
    for (const int value : state_.r) {
      if (value != -1) outcome += std::to_string(value);
    }
    g_outcomes.insert(outcome);
  }

 private:
  std::size_t threads_;
  Program program_;
  State state_;
};

inline std::string join(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += " " + word;
  return text;
}

class LitmusSuite {
 public:
  LitmusSuite(int argc, char** argv) : suite(argc, argv) {}

  static model::Bounds all() {
    model::Bounds all;
    all.preemptions = model::Bounds::kUnbounded;
    all.stale_reads = 8;
    return all;
  }

  void allows(const std::string& name, const std::set<std::string>& expected, std::size_t threads,
              Litmus::Program program) {
    allows(name, expected, model::scenario<Litmus>(threads, program), all());
  }
  void allows(const std::string& name, const std::set<std::string>& expected, const model::MakeScenario& make,
              const model::Bounds& bounds) {
    g_outcomes.clear();
    if (!suite.check(name, make, bounds)) return;
    const std::string wanted = g_outcomes == expected ? "" : ", expected" + join(expected);
    suite.expect(g_outcomes == expected, name + ": outcomes" + join(g_outcomes) + wanted);
  }

  model::Suite suite;
};

// Every row of so many zeros and ones.
inline std::set<std::string> all_outcomes(int reads) {
  std::set<std::string> all{""};
  for (int i = 0; i < reads; ++i) {
    std::set<std::string> longer;
    for (const std::string& outcome : all) longer.insert({outcome + "0", outcome + "1"});
    all.swap(longer);
  }
  return all;
}
