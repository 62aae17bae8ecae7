#pragma once
// Summary: from samples to the rows of the report. A row holds the samples of one entry in one placement.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sampling.hpp"

namespace bench {

/// The middle of the samples and their quartiles. Of an even number of samples the lower of the two middle ones.
struct Spread {
  double median;
  double low;
  double high;
};

struct Row {
  std::string scenario;
  const Entry* entry;
  Placement placement;  // mixed: counted, never quoted
  Spread figure;
  double round_trip_ns;  // of a line, the median over the samples
  std::size_t samples;
  std::uint64_t accepted;
  std::uint64_t delivered;
  std::uint64_t refused;
};

/// The spread of at least one figure.
Spread spread_of(std::vector<double> figures);

/// One row for each entry and placement that has samples.
std::vector<Row> summarise(const Scenario& scenario, std::span<const std::vector<Sample>> samples);

/// The quoted placement with the most samples; mixed when there is no quotable sample at all.
Placement usual_placement(std::span<const Row> rows);

}  // namespace bench
