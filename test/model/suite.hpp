#pragma once
// Suite: what a model program's main() is made of. It explores one model after the other and says what was found.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine.hpp"

namespace model {

/// Makes a scenario of type S from these arguments, for every execution anew.
template <class S, class... Args>
MakeScenario scenario(Args... args) {
  return [args...] { return std::make_unique<S>(args...); };
}

/// The same scenario where barriers cannot be one-sided, and where there are no fences but read-modify-writes instead.
MakeScenario without_membarrier(MakeScenario make);
MakeScenario without_fences(MakeScenario make);

/// Options of the program: --quick; --filter TEXT, the models whose name contains it; --stop at the first failure;
/// --lot, everything by lot only, for builds in which each step is slow. The environment variable
/// WHORL_REPLAY, in the words that a failure prints, runs that one execution and shows its trace.
class Suite {
 public:
  Suite(int argc, char** argv);

  /// Every execution must be right. Depth-first to exhaustion, which is part of the verdict: two threads with 2
  /// preemptions; more threads with 1 and 2 stale reads in all, then also by lot. Without --quick, one preemption more
  /// for as long as ten seconds, and a million executions by lot of either kind.
  void check(const std::string& name, const MakeScenario& make);
  /// A model too large to be exhausted: by lot only.
  void sample(const std::string& name, const MakeScenario& make);
  /// The same to exhaustion of these bounds and no further. False: it was left out.
  bool check(const std::string& name, const MakeScenario& make, const Bounds& bounds);
  /// A planted bug: every kind of search must find it, and say `words` of it.
  void must_fail(const std::string& name, const std::string& words, const MakeScenario& make);
  /// What nobody promises: the search by depth must find an execution of which it says `words`, and prints it.
  void shows(const std::string& name, const std::string& words, const MakeScenario& make);
  /// A verdict that the program has come to itself.
  void expect(bool holds, const std::string& text);

  /// Prints the closing line. Returns what main() returns.
  int finish() const;

 private:
  bool skips(const std::string& name, const MakeScenario& make, Bounds bounds);
  void replay(const std::string& name, const MakeScenario& make, Bounds bounds);
  Outcome explore(const std::string& name, const MakeScenario& make, const Bounds& bounds, Search& search);
  bool exhaust(const std::string& name, const MakeScenario& make, const Bounds& bounds);
  void by_lot(const std::string& name, const MakeScenario& make);
  Outcome catches(const std::string& name, const std::string& words, const MakeScenario& make, const Bounds& bounds,
                  Search& search);

  std::string program_;
  bool quick_ = false;
  bool stop_ = false;
  bool lot_ = false;
  std::string filter_;
  std::string replay_;  // NAME/PREEMPTIONS/STALE READS IN ALL/DECISIONS
  bool failed_ = false;
  std::uint64_t executions_ = 0;
  std::uint64_t models_ = 0;
  std::uint64_t exhausted_ = 0;
};

}  // namespace model
