#include "run_clock.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "clock.hpp"

namespace packets {
namespace {

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

RunClock::RunClock(const std::stop_token& stop, std::stop_source& halt)
    : on_stop_(stop, [this, &halt] {
        stopped_ns_ = now_ns();
        halt.request_stop();
      }) {}

void RunClock::begin() {
  cpu_begin_ = cpu_seconds();
  begin_ns_ = now_ns();
}

void RunClock::add_to(Report& report, const Options& options, const Source& source, std::int64_t ended) const {
  report.source = source.describe();
  report.dense = source.is_dense();
  report.trouble = source.trouble();
  report.orders = report.dense ? source.end() : 0;
  const std::int64_t end = now_ns();
  const std::int64_t stopped = stopped_ns_;
  report.stopped = stopped != 0 && stopped <= end;
  report.seconds = static_cast<double>(end - begin_ns_) / 1e9;
  report.cpu_seconds = cpu_seconds() - cpu_begin_;
  if (report.stopped) ended = stopped;
  if (options.from == From::generator && !report.stopped && options.duration.count() > 0) {
    ended = std::min(ended, begin_ns_ + options.duration.count());
  }
  report.shutdown_seconds = static_cast<double>(end - ended) / 1e9;
}

}  // namespace packets
