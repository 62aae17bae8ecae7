#pragma once
// Scenario: one question, and everybody who answers it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../contenders/contender.hpp"
#include "placement.hpp"

namespace bench {

enum class Unit { kItemsPerSecond, kNanoseconds, kPercent, kBytes, kInstructions, kRatio };

/// "items_per_second", "ns", "percent", "bytes", "instructions", "ratio".
constexpr const char* name_of(Unit unit) noexcept {
  switch (unit) {
    case Unit::kItemsPerSecond:
      return "items_per_second";
    case Unit::kNanoseconds:
      return "ns";
    case Unit::kPercent:
      return "percent";
    case Unit::kBytes:
      return "bytes";
    case Unit::kInstructions:
      return "instructions";
    case Unit::kRatio:
      break;
  }
  return "ratio";
}

/// Whether the smaller of two figures is the better one.
constexpr bool less_is_better(Unit unit) noexcept { return unit != Unit::kItemsPerSecond && unit != Unit::kRatio; }

/// "1 producer", "4 producers".
inline std::string counted(std::size_t number, const std::string& what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

/// Named settings of a contender within a scenario, in the order they are shown.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Where and how long a sample runs.
struct Stage {
  CpuPair cpus;
  bool real_time;
};

/// What one sample gave. There is no outcome of a run that lost items: it throws.
struct Outcome {
  double figure = 0;
  std::uint64_t accepted = 0;
  std::uint64_t delivered = 0;
  std::uint64_t refused = 0;
  std::vector<double> others = {};  // further figures of the same sample, for the entries that share it
};

inline constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

/// One contender with one set of parameters.
struct Entry {
  std::string contender;
  std::optional<Producers> producers;  // none: a limit of the machine, not a queue
  Parameters parameters;
  Unit unit;
  std::size_t capacity;
  bool pinned;
  unsigned threads;
  std::function<Outcome(const Stage&)> sample;  // none: shares the samples of the entry before it, see also_reports()
  bool real_time = true;                        // pinned samples run under SCHED_FIFO where that is allowed
  bool placed = true;                           // false: where the CPUs are makes no difference
  double cost_ms = 25;                          // what a sample takes with what goes with it, roughly
  std::size_t least_samples = 3;
  std::size_t most_samples = kAnyNumber;
};

struct Scenario {
  std::string id;
  std::string summary;
  std::vector<Entry> entries;
  std::set<std::string> missing;  // contenders that were not there when this program was built
  double weight = 1;              // its share of the time is that of its entries' cost, times this
  double at_most = 1;             // part of the time that one scenario may take

  /// The entry added last gives one more figure, the next of Outcome::others; a row of its own, told by "figure".
  void also_reports(const char* figure, Unit unit) {
    Entry entry = entries.back();
    std::erase_if(entry.parameters, [](const auto& parameter) { return parameter.first == "figure"; });
    entry.parameters.emplace_back("figure", figure);
    entry.unit = unit;
    entry.sample = nullptr;
    entries.push_back(std::move(entry));
  }
};

}  // namespace bench
