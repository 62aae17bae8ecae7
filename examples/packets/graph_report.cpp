#include "graph_report.hpp"

#include <algorithm>
#include <numeric>

namespace packets {
namespace {

std::uint64_t sum(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace

std::uint64_t packets_of(const StageCounts& stage) { return sum(stage.packets); }

double mean_batch(const StageCounts& stage) {
  return stage.batches == 0 ? 0 : static_cast<double>(packets_of(stage)) / static_cast<double>(stage.batches);
}

double skew_of(const std::vector<std::uint64_t>& packets, std::size_t shards) {
  const std::uint64_t all = sum(packets);
  if (all == 0) return 0;
  const auto fullest = static_cast<double>(*std::ranges::max_element(packets));
  return fullest * static_cast<double>(shards) / static_cast<double>(all);
}

}  // namespace packets
