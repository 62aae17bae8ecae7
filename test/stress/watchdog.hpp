#pragma once
// A test that waits inside the library cannot look at the clock by itself: somebody else must.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stop_token>
#include <thread>

namespace whorl_test {

/// Ends the program when nothing has come for so long that nothing will: a thread that sleeps through its wake-up fails
/// its test instead of hanging it. `what` says what was going on.
class Watchdog {
 public:
  // Not inline: g++ 12 then takes the thread for something uninitialised.
  [[gnu::noinline]] explicit Watchdog(const char* what) : what_(what) {}

  /// Something has come. Any thread.
  void progress() { progress_.fetch_add(1, std::memory_order_relaxed); }

 private:
  static constexpr auto kPatience = std::chrono::seconds(60);

  void watch(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    for (std::uint64_t seen = 0;;) {
      sleep_.wait_for(lock, stop, kPatience, [] { return false; });
      if (stop.stop_requested()) return;
      const std::uint64_t now = progress_.load(std::memory_order_relaxed);
      if (now == seen) {
        std::fprintf(stderr, "%s: no progress for a minute\n", what_);
        std::abort();
      }
      seen = now;
    }
  }

  const char* const what_;
  std::atomic<std::uint64_t> progress_{1};
  std::mutex mutex_;
  std::condition_variable_any sleep_;  // allocates when it is made: not while a test counts allocations
  std::jthread watcher_{[this](std::stop_token stop) { watch(stop); }};
};

}  // namespace whorl_test
