#pragma once
// What a run takes, and when it was asked to stop: what every report begins with.

#include <atomic>
#include <cstdint>
#include <functional>
#include <stop_token>

#include "options.hpp"
#include "report.hpp"
#include "source.hpp"

namespace packets {

/// Threads:  one; `on_stop` is called by whoever requests the stop.
class RunClock {
 public:
  RunClock(const std::stop_token& stop, std::stop_source& halt);

  void begin();

  /// To be called when the last thread has ended: what a report says of time, and of its source. `ended` is when the last producer
  /// did.
  void add_to(Report& report, const Options& options, const Source& source, std::int64_t ended) const;

 private:
  std::atomic<std::int64_t> stopped_ns_ = 0;
  std::int64_t begin_ns_ = 0;
  double cpu_begin_ = 0;
  const std::stop_callback<std::function<void()>> on_stop_;  // last: it may be called at once
};

}  // namespace packets
