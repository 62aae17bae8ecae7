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
  std::vector<std::string> contenders;  // names, or beginnings of names that end in '/'; empty: all
  std::string json;
  std::string packages;  // a file of lines "package version", for the report
  bool allow_missing = false;
  bool self_test = false;
  bool help = false;

  /// Whether --contenders names this one.
  bool wants(const std::string& contender) const;
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
