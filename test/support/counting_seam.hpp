#pragma once
// A seam (see whorl/sync/sync.hpp) for programs of one thread: it counts and records the ways to wait instead of
// waiting, on a clock that only they move. Who else there is acts from on_park and on_step.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include <whorl/sync/config.hpp>

namespace whorl::inline WHORL_ABI_TAG::sync {

inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order acquire = std::memory_order_acquire;
inline constexpr std::memory_order release = std::memory_order_release;
inline constexpr std::memory_order acq_rel = std::memory_order_acq_rel;

template <class T>
using Atomic = std::atomic<T>;

inline void plain_read(const void*) noexcept {}
inline void plain_write(const void*) noexcept {}
template <class T>
T opaque(T value) noexcept {
  return value;
}

// ---- what a test sets and sees ---------------------------------------------------------------------------------------

inline int pauses = 0;
inline int yields = 0;
inline std::string trace;                           // the steps in their order: 'p'ause, 'y'ield, 's'leep, par'k'
inline std::vector<std::chrono::nanoseconds> naps;  // how long each sleep and each park with a deadline would last
inline std::chrono::nanoseconds time_now{0};        // what the clock says
inline std::chrono::nanoseconds pause_time{0};      // what a pause adds to it
inline std::chrono::nanoseconds yield_time{0};      // and a yield
inline std::chrono::nanoseconds look_time{0};       // and a look at it
inline std::function<void()> on_park;               // runs while the thread is asleep in park()
inline std::function<void()> on_step;               // runs at every other step
inline int light_barriers = 0;
inline int full_barriers = 0;
inline int heavy_barriers = 0;
inline int wakes = 0;                  // unpark_all
inline bool one_sided = true;          // what asymmetric() says; a program may change its mind between two objects
inline std::uintptr_t thread_now = 2;  // who the thread is said to be

/// As the program began.
inline void start_over() {
  pauses = yields = light_barriers = full_barriers = heavy_barriers = wakes = 0;
  trace.clear();
  naps.clear();
  time_now = std::chrono::seconds(1000);
  pause_time = yield_time = look_time = std::chrono::nanoseconds(0);
  on_park = on_step = nullptr;
  one_sided = true;
  thread_now = 2;
}

// ---- the seam --------------------------------------------------------------------------------------------------------

struct Clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept { return time_point(time_now += look_time); }
};

inline void step(char letter, std::chrono::nanoseconds time) {
  trace.push_back(letter);
  time_now += time;
  if (on_step) on_step();
}

inline void pause() {
  ++pauses;
  step('p', pause_time);
}
inline void yield() {
  ++yields;
  step('y', yield_time);
}
inline void sleep_until(Clock::time_point deadline) {
  const std::chrono::nanoseconds time = deadline.time_since_epoch();
  naps.push_back(time > time_now ? time - time_now : std::chrono::nanoseconds(0));
  step('s', naps.back());
}
inline void park(Atomic<std::uint32_t>& word, std::uint32_t expected, Clock::time_point deadline) {
  if (word.load() != expected) return;
  trace.push_back('k');
  if (on_park) on_park();
  if (word.load() != expected) return;
  if (deadline == Clock::time_point::max()) throw std::logic_error("asleep for ever");
  const std::chrono::nanoseconds time = deadline.time_since_epoch();
  naps.push_back(time > time_now ? time - time_now : std::chrono::nanoseconds(0));
  time_now += naps.back();
}
inline void unpark_all(Atomic<std::uint32_t>&) noexcept { ++wakes; }

using ThreadId = std::uintptr_t;
inline ThreadId this_thread() noexcept { return thread_now; }

inline bool asymmetric() noexcept { return one_sided; }
template <class W>
void light_barrier(Atomic<W>&) noexcept {
  ++light_barriers;
}
template <class W>
void full_barrier(Atomic<W>&) noexcept {
  ++full_barriers;
}
template <class W>
void heavy_barrier(Atomic<W>&) noexcept {
  ++heavy_barriers;
}

}  // namespace whorl::inline WHORL_ABI_TAG::sync
