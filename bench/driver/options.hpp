#pragma once
// The command line.

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

struct Options {
  std::string mode = "quick";
  double seconds = 0;  // a scenario's time; 0: what the mode says
  std::vector<std::string> only;
  std::string json;
  bool allow_missing = false;
  bool self_test = false;
  bool help = false;

  double seconds_per_scenario() const { return seconds > 0 ? seconds : mode == "full" ? 150 : 25; }
};

/// A command line that cannot be understood; the message lists what could be.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string usage();

/// `scenarios` are the names that --only may have.
///
/// Errors:  UsageError.
Options parse_options(std::span<char* const> arguments, std::span<const std::string> scenarios);

}  // namespace bench
