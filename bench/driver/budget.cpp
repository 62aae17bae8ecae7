#include "budget.hpp"

#include <algorithm>
#include <numeric>

#include "clock.hpp"

namespace bench {
namespace {

double cost_of(const Scenario& scenario) {
  double cost = 0;
  for (const Entry& entry : scenario.entries) {
    if (!entry.sample) continue;
    // Who wants more samples than others get weighs that much more.
    cost += entry.cost_ms * static_cast<double>(entry.least_samples) / 3;
  }
  return cost * scenario.weight;
}

}  // namespace

Allowance allowance_of(const Options& options) {
  return options.mode == "full" ? Allowance{3300, 150} : Allowance{270, 25};
}

Budget::Budget(const Options& options, const std::vector<Scenario>& scenarios)
    : fixed_(options.seconds), allowance_(allowance_of(options)), begin_ns_(now_ns()) {
  for (const Scenario& scenario : scenarios) {
    costs_.push_back(cost_of(scenario));
    at_most_.push_back(scenario.at_most);
  }
}

double Budget::next_seconds() {
  const auto from = costs_.begin() + static_cast<std::ptrdiff_t>(next_);
  const double at_most = at_most_[next_++];
  if (fixed_ > 0) return fixed_ * at_most;
  const double left = allowance_.run - static_cast<double>(now_ns() - begin_ns_) / 1e9;
  const double share = *from / std::max(std::accumulate(from, costs_.end(), 0.0), 1.0);
  return std::clamp(left * share, 0.0, allowance_.scenario * at_most);
}

}  // namespace bench
