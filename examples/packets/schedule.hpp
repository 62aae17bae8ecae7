#pragma once
// Waiting for moments of the steady clock.

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <thread>
#include <whorl/sync/sync.hpp>

#include "clock.hpp"

namespace packets {

/// Waits for moments one after another. They are absolute, so that what one wait is late is not added to the next, and
/// a thread that was held up catches up.
///
/// A wait sleeps, and spins only through the last `kSpin`: less than a wake-up costs would be as late again, and more
/// would burn a CPU that other producers need.
///
/// Threads:  one.
class Schedule {
 public:
  explicit Schedule(std::stop_token stop) : stop_(std::move(stop)) {}

  /// For the thread that is going to wait: else the kernel adds 50 us to each of its sleeps.
  static void ask_for_exact_sleeps() { ::prctl(PR_SET_TIMERSLACK, 1UL); }

  /// False: a stop was requested. A moment that has passed does not wait.
  bool wait_until(std::int64_t moment_ns) {
    for (;;) {
      if (stop_.stop_requested()) return false;
      const std::int64_t left = moment_ns - now_ns();
      if (left <= 0) return true;
      if (left > kSpin) {
        // In slices, so that a stop is seen.
        std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(left - kSpin, kSlice)));
      } else {
        whorl::sync::pause();
      }
    }
  }

 private:
  static constexpr std::int64_t kSpin = 10'000;
  static constexpr std::int64_t kSlice = 20'000'000;

  const std::stop_token stop_;
};

}  // namespace packets
