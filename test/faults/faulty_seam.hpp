#pragma once
// A seam (see whorl/sync/sync.hpp) that is the native one with faults: sleeps that return for no reason, a clock that
// jumps, and a hook between a compare-exchange's decision and its doing.

#include <unistd.h>  // before the native seam, whose namespace gets another name: there is a function called sync

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

#define sync native_sync
#include <whorl/sync/native.hpp>
#undef sync

namespace whorl::inline WHORL_ABI_TAG::sync {

using native_sync::acq_rel, native_sync::acquire, native_sync::relaxed, native_sync::release;
using native_sync::asymmetric, native_sync::full_barrier, native_sync::heavy_barrier, native_sync::light_barrier;
using native_sync::opaque, native_sync::pause, native_sync::plain_read, native_sync::plain_write, native_sync::yield;
using native_sync::this_thread, native_sync::ThreadId, native_sync::unpark_all;

// ---- what a test sets and sees ---------------------------------------------------------------------------------------

inline std::atomic<bool> faulty_sleep{false};               // every other park() returns at once
inline std::atomic<std::uint64_t> sleeps_denied{0};         // how many did
inline std::atomic<std::int64_t> jumped{0};                 // nanoseconds that the clock is ahead
inline thread_local std::function<void()> before_exchange;  // runs before the next compare-exchange of this thread

// ---- the seam --------------------------------------------------------------------------------------------------------

// Runs the hook once: what it does itself is not interrupted again.
inline void on_exchange() {
  if (!before_exchange) [[likely]]
    return;
  const std::function<void()> hook = std::move(before_exchange);
  before_exchange = nullptr;
  hook();
}

template <class T>
class Atomic : public std::atomic<T> {
 public:
  using std::atomic<T>::atomic;
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success, std::memory_order failure) {
    on_exchange();
    return std::atomic<T>::compare_exchange_weak(expected, desired, success, failure);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success, std::memory_order failure) {
    on_exchange();
    return std::atomic<T>::compare_exchange_strong(expected, desired, success, failure);
  }
};

struct Clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept {
    return time_point(native_sync::Clock::now().time_since_epoch() + duration(jumped.load(std::memory_order_relaxed)));
  }
};

inline native_sync::Clock::time_point native_time(Clock::time_point time) noexcept {
  if (time == Clock::time_point::max()) return native_sync::Clock::time_point::max();
  const auto since = std::max(time.time_since_epoch(), Clock::duration::zero());
  return native_sync::Clock::time_point(since - Clock::duration(jumped.load(std::memory_order_relaxed)));
}

inline void park(Atomic<std::uint32_t>& word, std::uint32_t expected, Clock::time_point deadline) noexcept {
  thread_local std::uint64_t lot = this_thread();
  lot = lot * 6364136223846793005u + 1442695040888963407u;
  if (faulty_sleep.load(std::memory_order_relaxed) && (lot >> 63) != 0) {
    sleeps_denied.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  native_sync::park(word, expected, native_time(deadline));
}

inline void sleep_until(Clock::time_point deadline) noexcept { native_sync::sleep_until(native_time(deadline)); }

}  // namespace whorl::inline WHORL_ABI_TAG::sync
