#include "sampling.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include "clock.hpp"
#include "ledger.hpp"

namespace bench {
namespace {

Sample take_sample(const Entry& entry, const Stage& stage) {
  if (!entry.placed) return {Placement::kAny, 0, entry.sample(stage)};
  const double before = line_round_trip_ns(stage.cpus, stage.real_time);
  Outcome outcome = entry.sample(stage);
  const double after = line_round_trip_ns(stage.cpus, stage.real_time);
  return {placement_of(before, after), (before + after) / 2, std::move(outcome)};
}

// The sample of entry i, and of those after it that share it.
void keep(const std::vector<Entry>& entries, std::size_t i, Sample sample, std::vector<std::vector<Sample>>& samples) {
  const std::vector<double> others = std::exchange(sample.outcome.others, {});
  samples[i].push_back(sample);
  for (const double figure : others) {
    if (++i == entries.size() || entries[i].sample) throw std::logic_error("a figure without an entry to report it");
    sample.outcome.figure = figure;
    samples[i].push_back(sample);
  }
}

// Under SCHED_FIFO nothing else runs on the two CPUs: they are given back for as long as they were taken.
void rest(std::int64_t taken_ns, bool real_time) {
  constexpr std::int64_t kLeast = 1'000'000;
  std::this_thread::sleep_for(std::chrono::nanoseconds(real_time ? std::max(taken_ns, kLeast) : kLeast));
}

}  // namespace

std::vector<std::vector<Sample>> take_samples(const Scenario& scenario, const Schedule& schedule) {
  const std::vector<Entry>& entries = scenario.entries;
  std::vector<std::vector<Sample>> samples(entries.size());
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].sample) order.push_back(i);
  }
  std::mt19937_64 random(schedule.seed);

  const std::int64_t end = now_ns() + static_cast<std::int64_t>(schedule.seconds * 1e9);
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t i : order) {
      const Entry& entry = entries[i];
      const std::int64_t begin = now_ns();
      const std::size_t had = samples[i].size();
      if (had >= entry.most_samples || (had >= entry.least_samples && begin >= end)) continue;
      goes_on = true;
      try {
        keep(entries, i, take_sample(entry, schedule.stage), samples);
      } catch (const VerificationError& error) {
        throw VerificationError(scenario.id + ", " + entry.contender + ": " + error.what());
      }
      rest(now_ns() - begin, schedule.stage.real_time && entry.pinned && entry.real_time);
    }
  }
  return samples;
}

}  // namespace bench
