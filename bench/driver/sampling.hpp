#pragma once
// Sampling: the entries of a scenario take turns, in a new random order each round, and each sample is stamped with the
// placement that it was taken in.

#include <cstdint>
#include <vector>

#include "scenario.hpp"

namespace bench {

struct Schedule {
  Stage stage;
  double seconds;  // for the scenario; entries that want more samples than that allows get them all the same
  std::uint64_t seed;
};

struct Sample {
  Placement placement;
  double round_trip_ns;  // of a line, the mean of before and after; 0 when it was not asked for
  Outcome outcome;
};

/// The samples of scenario.entries[i] are element i.
///
/// Errors:  VerificationError, naming the contender.
std::vector<std::vector<Sample>> take_samples(const Scenario& scenario, const Schedule& schedule);

}  // namespace bench
