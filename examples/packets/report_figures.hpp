#pragma once
// What the reports of all kinds reckon from a run's counts.

#include <cmath>

#include "report.hpp"

namespace packets {

inline std::uint64_t dropped(const Report& report) {
  return report.dropped_full + report.dropped_old + report.dropped_pool;
}

/// How often, or how much, in a second; 0 in no time.
inline double per_second(double amount, double seconds) {
  const double rate = seconds > 0 ? amount / seconds : 0;
  return std::isfinite(rate) ? rate : 0;
}

struct Rates {
  double packets;           ///< delivered
  double megabits;          ///< of whole packets
  double payload_megabits;  ///< of what the generator calls payload
  double cpus;              ///< that were busy, on average
};
inline Rates rates_of(const Report& report) {
  const auto megabits = [](std::uint64_t bytes) { return static_cast<double>(bytes) * 8 / 1e6; };
  return {.packets = per_second(static_cast<double>(report.delivered), report.seconds),
          .megabits = per_second(megabits(report.packet_bytes), report.seconds),
          .payload_megabits = per_second(megabits(report.payload_bytes), report.seconds),
          .cpus = per_second(report.cpu_seconds, report.seconds)};
}

inline const char* source_word(From from) {
  return from == From::file ? "file" : from == From::live ? "live" : "generator";
}
inline const char* full_word(WhenFull full) {
  return full == WhenFull::block ? "block" : full == WhenFull::drop_new ? "drop-new" : "drop-old";
}

inline constexpr std::size_t kTopFlows = 20;

}  // namespace packets
