#include "suite.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace model {
namespace {

constexpr std::uint64_t kSeed = 20210917;
constexpr std::size_t kPctDepth = 3;
constexpr std::uint64_t kLotSample = 1'000;
constexpr std::uint64_t kQuickSample = 10'000;
constexpr std::uint64_t kSample = 1'000'000;

std::string number(unsigned n) { return n == Bounds::kUnbounded ? std::string("any") : std::to_string(n); }

// What stands before the next '/' of `text`, as number() has written it; `text` is then what follows.
unsigned take_number(std::string& text) {
  const std::size_t end = text.find('/');
  const std::string head = text.substr(0, end);
  text.erase(0, end == std::string::npos ? end : end + 1);
  return head == "any" ? Bounds::kUnbounded : static_cast<unsigned>(std::strtoul(head.c_str(), nullptr, 10));
}

std::string describe(const Bounds& bounds) {
  return "preemptions " + number(bounds.preemptions) + ", stale reads " + number(bounds.stale_reads) +
         " per store and thread, " + number(bounds.all_stale_reads) + " in all, weak-CAS failures " +
         number(bounds.weak_cas_failures) + ", spurious wakes " + number(bounds.spurious_wakes) + ", early time-outs " +
         number(bounds.early_timeouts) + ", history " + std::to_string(kHistory) + ", steps " +
         std::to_string(bounds.steps);
}

std::string describe(const Outcome& outcome, const Bounds& bounds, const Search& search) {
  std::string seconds(32, ' ');
  seconds.resize(static_cast<std::size_t>(std::snprintf(seconds.data(), seconds.size(), "%.2f s", outcome.seconds)));
  return search.name() + ", " + std::to_string(outcome.executions) + " executions, " +
         (outcome.exhausted ? "EXHAUSTED" : "not exhausted") + " (" + describe(bounds) + "; " + seconds + ")";
}

void print(const char* verdict, const std::string& text) {
  std::printf("%-6s %s\n", verdict, text.c_str());
  std::fflush(stdout);
}

MakeScenario with(Barriers barriers, MakeScenario make) {
  return [barriers, make = std::move(make)] {
    Engine::get().set_barriers(barriers);  // before the scenario is made: headers ask when they construct
    return make();
  };
}

}  // namespace

MakeScenario without_membarrier(MakeScenario make) { return with(Barriers::fences, std::move(make)); }
MakeScenario without_fences(MakeScenario make) { return with(Barriers::read_modify_writes, std::move(make)); }

Suite::Suite(int argc, char** argv) : program_(argv[0]) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--quick") {
      quick_ = true;
    } else if (argument == "--lot") {
      lot_ = true;
    } else if (argument == "--stop") {
      stop_ = true;
    } else if (argument == "--filter" && i + 1 < argc) {
      filter_ = argv[++i];
    } else {
      std::printf("usage: %s [--quick] [--lot] [--stop] [--filter TEXT]\n", argv[0]);
      std::exit(argument == "--help" ? 0 : 2);
    }
  }
  if (const char* const replay = std::getenv("WHORL_REPLAY")) replay_ = replay;
}

void Suite::check(const std::string& name, const MakeScenario& make) {
  if (lot_) return sample(name, make);
  if (skips(name, make, {})) return;
  ++models_;
  const bool few = make()->threads() <= 2;
  Bounds bounds;
  bounds.preemptions = few ? 2 : 1;
  if (!few) bounds.all_stale_reads = 2;
  if (!exhaust(name, make, bounds)) return;
  ++exhausted_;
  if (!quick_) {
    ++bounds.preemptions;
    bounds.seconds = 10;
    DepthFirst deeper;
    if (!explore(name, make, bounds, deeper).failure.empty()) return;
  }
  if (!few) by_lot(name, make);
}

void Suite::sample(const std::string& name, const MakeScenario& make) {
  if (skips(name, make, {})) return;
  ++models_;
  by_lot(name, make);
}

bool Suite::check(const std::string& name, const MakeScenario& make, const Bounds& bounds) {
  if (skips(name, make, bounds)) return false;
  ++models_;
  if (lot_) {
    by_lot(name, make);
    return false;
  }
  if (exhaust(name, make, bounds)) ++exhausted_;
  return true;
}

void Suite::must_fail(const std::string& name, const std::string& words, const MakeScenario& make) {
  if (skips(name, make, {})) return;
  DepthFirst depth_first;
  Random random(kSeed);
  Pct pct(kSeed, kPctDepth);
  Bounds bounds;
  catches(name, words, make, bounds, depth_first);
  bounds.preemptions = Bounds::kUnbounded;
  bounds.executions = kSample;
  catches(name, words, make, bounds, random);
  catches(name, words, make, bounds, pct);
}

void Suite::shows(const std::string& name, const std::string& words, const MakeScenario& make) {
  if (skips(name, make, {})) return;
  DepthFirst search;
  std::fputs(catches(name, words, make, {}, search).trace.c_str(), stdout);
}

void Suite::expect(bool holds, const std::string& text) {
  print(holds ? "ok" : "FAIL", text);
  failed_ = failed_ || !holds;
}

int Suite::finish() const {
  const bool nothing = executions_ == 0;
  if (nothing) std::printf("no model is called anything like that\n");
  std::printf("explorer: %llu executions, %llu of %llu models exhausted\n",
              static_cast<unsigned long long>(executions_), static_cast<unsigned long long>(exhausted_),
              static_cast<unsigned long long>(models_));
  return failed_ || nothing ? 1 : 0;
}

bool Suite::skips(const std::string& name, const MakeScenario& make, Bounds bounds) {
  if (stop_ && failed_) return true;
  if (replay_.empty()) return name.find(filter_) == std::string::npos;
  if (replay_.starts_with(name + "/")) replay(name, make, bounds);
  return true;
}

void Suite::replay(const std::string& name, const MakeScenario& make, Bounds bounds) {
  std::string path = replay_.substr(name.size() + 1);
  bounds.preemptions = take_number(path);
  bounds.all_stale_reads = take_number(path);
  const Outcome outcome = Engine::get().replay(make, bounds, path);
  executions_ += outcome.executions;
  std::fputs(outcome.trace.c_str(), stdout);
  const bool right = outcome.failure.empty();
  expect(right, name + ": " + (right ? "nothing is wrong in this execution" : outcome.failure));
}

// Explores, and tells of a failure.
Outcome Suite::explore(const std::string& name, const MakeScenario& make, const Bounds& bounds, Search& search) {
  Outcome outcome = Engine::get().explore(make, bounds, search);
  executions_ += outcome.executions;
  const bool right = outcome.failure.empty();
  expect(right, name + ": " + (right ? "" : outcome.failure + ": ") + describe(outcome, bounds, search));
  if (!right) {
    const std::string again = name + "/" + number(bounds.preemptions) + "/" + number(bounds.all_stale_reads) + "/";
    std::printf("%s       again: WHORL_REPLAY='%s%s' %s\n", outcome.trace.c_str(), again.c_str(), outcome.path.c_str(),
                program_.c_str());
  }
  return outcome;
}

bool Suite::exhaust(const std::string& name, const MakeScenario& make, const Bounds& bounds) {
  DepthFirst search;
  const Outcome outcome = explore(name, make, bounds, search);
  if (outcome.failure.empty() && !outcome.exhausted) expect(false, name + ": these bounds should have been exhausted");
  return outcome.exhausted;
}

void Suite::by_lot(const std::string& name, const MakeScenario& make) {
  Bounds bounds;
  bounds.preemptions = Bounds::kUnbounded;
  bounds.executions = lot_ ? kLotSample : quick_ ? kQuickSample : kSample;
  Random random(kSeed);
  Pct pct(kSeed, kPctDepth);
  if (explore(name, make, bounds, random).failure.empty()) explore(name, make, bounds, pct);
}

Outcome Suite::catches(const std::string& name, const std::string& words, const MakeScenario& make,
                       const Bounds& bounds, Search& search) {
  Outcome outcome = Engine::get().explore(make, bounds, search);
  executions_ += outcome.executions;
  const bool caught = outcome.failure.find(words) != std::string::npos && !outcome.failure.empty();
  expect(caught, name + ": " + (caught ? "caught: " : "NOT caught: ") + outcome.failure + ": " +
                     describe(outcome, bounds, search));
  return outcome;
}

}  // namespace model
