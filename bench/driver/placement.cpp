#include "placement.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <vector>
#include <whorl/sync/config.hpp>
#include <whorl/sync/sync.hpp>
#include <whorl/sync/topology.hpp>

#include "clock.hpp"
#include "team.hpp"

namespace bench {
namespace {

Placement placement_of(double round_trip_ns) noexcept {
  if (round_trip_ns < 75) return Placement::kSmt;
  if (round_trip_ns <= 250) return Placement::kNear;
  if (round_trip_ns > 350) return Placement::kFar;
  return Placement::kMixed;
}

struct alignas(whorl::kCacheLine) Flag {
  std::atomic<int> round{0};
  template <Asking kAsking>
  void wait_for(int wanted) const noexcept {
    while (round.load(std::memory_order_acquire) != wanted) {
      if constexpr (kAsking == Asking::kWithPauses) whorl::sync::pause();
    }
  }
};

template <Asking kAsking>
double round_trip_ns(CpuPair cpus, bool real_time, int round_trips) {
  Flag ping;
  Flag pong;
  double mean = 0;
  const auto ask = [&] {
    const std::int64_t begin = now_ns();
    for (int round = 1; round <= round_trips; ++round) {
      ping.round.store(round, std::memory_order_release);
      pong.wait_for<kAsking>(round);
    }
    mean = static_cast<double>(now_ns() - begin) / round_trips;
  };
  const auto answer = [&] {
    for (int round = 1; round <= round_trips; ++round) {
      ping.wait_for<kAsking>(round);
      pong.round.store(round, std::memory_order_release);
    }
  };
  run_team({{cpus.first, ask}, {cpus.second, answer}}, real_time);
  return mean;
}

}  // namespace

const char* name_of(Placement placement) noexcept {
  switch (placement) {
    case Placement::kSmt:
      return "smt";
    case Placement::kNear:
      return "near";
    case Placement::kFar:
      return "far";
    case Placement::kMixed:
      return "mixed";
    case Placement::kAny:
      break;
  }
  return "any";
}

Placement placement_of(double before_ns, double after_ns) noexcept {
  const Placement before = placement_of(before_ns);
  return before == placement_of(after_ns) ? before : Placement::kMixed;
}

CpuPair two_cpus() {
  const std::vector<int> cpus = whorl::allowed_cpus();
  if (cpus.size() < 2) throw std::runtime_error("hand-over between threads needs two CPUs, and only one is allowed");
  return {cpus[0], cpus[1]};
}

void stay_on(CpuPair cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpus.first), &set);
  CPU_SET(static_cast<unsigned>(cpus.second), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) throw std::runtime_error("a thread cannot stay on two CPUs");
}

double line_round_trip_ns(CpuPair cpus, bool real_time, int round_trips, Asking asking) {
  return asking == Asking::kAtOnce ? round_trip_ns<Asking::kAtOnce>(cpus, real_time, round_trips)
                                   : round_trip_ns<Asking::kWithPauses>(cpus, real_time, round_trips);
}

double best_line_round_trip_ns(CpuPair cpus, bool real_time, int round_trips) {
  return std::min(line_round_trip_ns(cpus, real_time, round_trips, Asking::kAtOnce),
                  line_round_trip_ns(cpus, real_time, round_trips, Asking::kWithPauses));
}

}  // namespace bench
