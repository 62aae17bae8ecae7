#pragma once
// The report: everything as JSON, and a table a scenario for the eye.

#include <ostream>
#include <span>
#include <vector>

#include "options.hpp"
#include "scenario.hpp"
#include "summary.hpp"

namespace bench {

/// One run of the program.
struct Run {
  Options options;
  Stage stage;
  std::uint64_t seed;
  std::vector<Scenario> scenarios;  // those that were run; rows point into it
  std::vector<Row> rows;
};

void write_json(std::ostream& out, const Run& run);

/// A table for each scenario, of the usual placement only, with what each whorl contender reaches of the best peer.
void print_tables(std::ostream& out, const Run& run);

}  // namespace bench
