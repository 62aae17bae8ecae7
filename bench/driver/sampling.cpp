#include "sampling.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <random>
#include <thread>

#include "clock.hpp"
#include "ledger.hpp"

namespace bench {
namespace {

Sample take_sample(const Entry& entry, const Stage& stage) {
  const double before = line_round_trip_ns(stage.cpus, stage.real_time);
  const Outcome outcome = entry.sample(stage);
  const double after = line_round_trip_ns(stage.cpus, stage.real_time);
  return {placement_of(before, after), (before + after) / 2, outcome};
}

// Under SCHED_FIFO nothing else runs on the two CPUs: they are given back for as long as they were taken.
void rest(std::int64_t taken_ns, bool real_time) {
  constexpr std::int64_t kLeast = 1'000'000;
  std::this_thread::sleep_for(std::chrono::nanoseconds(real_time ? std::max(taken_ns, kLeast) : kLeast));
}

}  // namespace

std::vector<std::vector<Sample>> take_samples(const Scenario& scenario, const Schedule& schedule) {
  constexpr int kLeastRounds = 3;
  std::vector<std::vector<Sample>> samples(scenario.entries.size());
  std::vector<std::size_t> order(scenario.entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 random(schedule.seed);

  const std::int64_t end = now_ns() + static_cast<std::int64_t>(schedule.seconds * 1e9);
  for (int round = 0; round < kLeastRounds || now_ns() < end; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t i : order) {
      const Entry& entry = scenario.entries[i];
      const std::int64_t begin = now_ns();
      try {
        samples[i].push_back(take_sample(entry, schedule.stage));
      } catch (const VerificationError& error) {
        throw VerificationError(scenario.id + ", " + entry.contender + ": " + error.what());
      }
      rest(now_ns() - begin, schedule.stage.real_time && entry.pinned && entry.real_time);
    }
  }
  return samples;
}

}  // namespace bench
