#pragma once
// Budget: how a run's time is shared out among its scenarios.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "options.hpp"
#include "scenario.hpp"

namespace bench {

/// What a run may take in all, and one scenario of it, in seconds.
struct Allowance {
  double run;
  double scenario;
};

/// --quick: 270 s, 25 s; --full: 3,300 s, 150 s.
Allowance allowance_of(const Options& options);

/// Every scenario gets time as its entries' samples cost, so that all get about as many rounds; what one leaves, or takes
/// too much, the later ones share. With --seconds each gets just that.
class Budget {
 public:
  Budget(const Options& options, const std::vector<Scenario>& scenarios);

  /// For the next scenario, which begins now.
  double next_seconds();

 private:
  const double fixed_;  // seconds; 0: none
  const Allowance allowance_;
  const std::int64_t begin_ns_;
  std::vector<double> costs_;
  std::vector<double> at_most_;
  std::size_t next_ = 0;
};

}  // namespace bench
