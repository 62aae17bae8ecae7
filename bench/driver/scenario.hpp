#pragma once
// Scenario: one question, and everybody who answers it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../contenders/contender.hpp"
#include "placement.hpp"

namespace bench {

enum class Unit { kItemsPerSecond, kNanoseconds, kPercent };

/// "items_per_second", "ns", "percent".
constexpr const char* name_of(Unit unit) noexcept {
  switch (unit) {
    case Unit::kItemsPerSecond:
      return "items_per_second";
    case Unit::kNanoseconds:
      return "ns";
    case Unit::kPercent:
      break;
  }
  return "percent";
}

/// Whether the smaller of two figures is the better one.
constexpr bool less_is_better(Unit unit) noexcept { return unit != Unit::kItemsPerSecond; }

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
};

/// One contender with one set of parameters.
struct Entry {
  std::string contender;
  std::optional<Producers> producers;  // none: a limit of the machine, not a queue
  Parameters parameters;
  Unit unit;
  std::size_t capacity;
  bool pinned;
  unsigned threads;
  std::function<Outcome(const Stage&)> sample;
  bool real_time = true;  // pinned samples run under SCHED_FIFO where that is allowed
};

struct Scenario {
  std::string id;
  std::string summary;
  std::vector<Entry> entries;
  std::set<std::string> missing;  // contenders that were not there when this program was built
};

}  // namespace bench
