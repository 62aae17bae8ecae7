#include "summary.hpp"

#include <algorithm>
#include <array>

namespace bench {
namespace {

constexpr std::array kPlacements{Placement::kSmt, Placement::kNear, Placement::kFar, Placement::kMixed,
                                 Placement::kAny};

}  // namespace

Spread spread_of(std::vector<double> figures) {
  std::sort(figures.begin(), figures.end());
  const std::size_t last = figures.size() - 1;
  return {.median = figures[last / 2], .low = figures[last / 4], .high = figures[last - last / 4]};
}

std::vector<Row> summarise(const Scenario& scenario, std::span<const std::vector<Sample>> samples) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    for (const Placement placement : kPlacements) {
      Row row{scenario.id, &scenario.entries[i], placement, {}, 0, 0, 0, 0, 0};
      std::vector<double> figures;
      std::vector<double> round_trips;
      for (const Sample& sample : samples[i]) {
        if (sample.placement != placement) continue;
        figures.push_back(sample.outcome.figure);
        round_trips.push_back(sample.round_trip_ns);
        row.accepted += sample.outcome.accepted;
        row.delivered += sample.outcome.delivered;
        row.refused += sample.outcome.refused;
      }
      row.samples = figures.size();
      if (figures.empty()) continue;
      row.figure = spread_of(std::move(figures));
      row.round_trip_ns = spread_of(std::move(round_trips)).median;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

Placement usual_placement(std::span<const Row> rows) {
  Placement usual = Placement::kMixed;
  std::size_t most = 0;
  for (const Placement placement : kQuotedPlacements) {
    std::size_t samples = 0;
    for (const Row& row : rows) samples += row.placement == placement ? row.samples : 0;
    if (samples > most) {
      most = samples;
      usual = placement;
    }
  }
  return usual;
}

}  // namespace bench
