#pragma once
// Wait strategies: how a thread spends the time until something is so. One concept for consumers that wait for items,
// stages that wait for others, and producers that wait for room.

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <whorl/sync/sync.hpp>
#include <whorl/wait/event_count.hpp>
#include <whorl/wait/until.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// wait(event, ready, until) asks ready() at least once, and again and again until it says yes, a stop is requested or
/// time is up. In between it may call event.sleep_unless(ready, until): `event` is an EventCount, or what behaves like
/// one, and whoever makes ready() true wakes those that sleep there. A strategy is a value: what it remembers of one wait
/// ends with that wait.
template <class W>
concept WaitStrategy =
    std::copy_constructible<W> && requires(const W& strategy, EventCount& event, bool (&ready)(), const Until& until) {
      { strategy.wait(event, ready, until) } -> std::same_as<WaitResult>;
    };

/// A time that no wait lives to see.
inline constexpr std::chrono::nanoseconds kForever = std::chrono::nanoseconds::max();

namespace detail {

// The loop of every strategy; step() is what it does between two looks.
template <class Ready, class Step>
WaitResult wait_in_steps(Ready&& ready, const Until& until, Step&& step) {
  for (;;) {
    if (ready()) return WaitResult::ready;
    if (until.is_stopped()) return WaitResult::stopped;
    if (until.is_over()) return WaitResult::timed_out;
    step();
  }
}

// True while `left` lasts.
inline bool use_up(unsigned& left) noexcept {
  if (left == 0) return false;
  --left;
  return true;
}

inline void sleep_for(std::chrono::nanoseconds time, const Until& until) noexcept {
  sync::sleep_until(until.no_longer_than(time).deadline());
}

}  // namespace detail

/// Pauses only. The shortest wake-up, for a thread with a CPU of its own: with more threads than CPUs, the one waited for
/// may be waiting for this very CPU, and everything crawls from one time slice to the next.
struct BusySpinWait {
  template <class Event, class Ready>
  WaitResult wait(Event&, Ready&& ready, const Until& until) const {
    return detail::wait_in_steps(ready, until, [] { sync::pause(); });
  }
};

/// Pauses, then gives the CPU away at every step. Uses a whole CPU when nobody else wants it.
struct YieldingWait {
  unsigned spins = 100;

  template <class Event, class Ready>
  WaitResult wait(Event&, Ready&& ready, const Until& until) const {
    return detail::wait_in_steps(ready, until,
                                 [left = spins]() mutable { detail::use_up(left) ? sync::pause() : sync::yield(); });
  }
};

/// Pauses, then yields, then sleeps a fixed time between looks. Linux adds its timer slack, 50 us unless told otherwise
/// (prctl PR_SET_TIMERSLACK). A stop is noticed after the sleep it falls into.
struct SleepingWait {
  unsigned spins = 100;
  unsigned yields = 100;
  std::chrono::nanoseconds sleep = std::chrono::microseconds(50);

  template <class Event, class Ready>
  WaitResult wait(Event&, Ready&& ready, const Until& until) const {
    return detail::wait_in_steps(ready, until, [&, spin = spins, yield = yields]() mutable {
      if (detail::use_up(spin)) return sync::pause();
      if (detail::use_up(yield)) return sync::yield();
      detail::sleep_for(sleep, until);
    });
  }
};

/// Pauses, then yields, then sleeps in the kernel until it is woken: no CPU while idle, some 10 to 50 us to wake up. The
/// spinning is worth about what a sleep costs.
struct BlockingWait {
  unsigned spins = 100;
  unsigned yields = 10;
  std::chrono::nanoseconds longest_sleep = kForever;  // between looks, for what notifies another event

  template <class Event, class Ready>
  WaitResult wait(Event& event, Ready&& ready, const Until& until) const {
    bool found = false;  // by the look that a sleeper takes after announcing itself
    return detail::wait_in_steps([&] { return found || ready(); }, until,
                                 [&, spin = spins, yield = yields]() mutable {
                                   if (detail::use_up(spin)) return sync::pause();
                                   if (detail::use_up(yield)) return sync::yield();
                                   found = event.sleep_unless(ready, until.no_longer_than(longest_sleep));
                                 });
  }
};

/// Pauses for one stretch of time, yields for another, then goes on as `fallback` does.
///
/// Source:  PhasedBackoffWaitStrategy of the LMAX Disruptor.
template <class Fallback = BlockingWait>
struct PhasedBackoffWait {
  std::chrono::nanoseconds spin_time = std::chrono::microseconds(10);
  std::chrono::nanoseconds yield_time = std::chrono::microseconds(100);
  Fallback fallback = {};

  template <class Event, class Ready>
  WaitResult wait(Event& event, Ready&& ready, const Until& until) const {
    WaitResult result = BusySpinWait{}.wait(event, ready, until.no_longer_than(spin_time));
    if (result == WaitResult::timed_out) result = YieldingWait{0}.wait(event, ready, until.no_longer_than(yield_time));
    if (result == WaitResult::timed_out) result = fallback.wait(event, ready, until);
    return result;
  }
};

static_assert(WaitStrategy<BusySpinWait> && WaitStrategy<YieldingWait> && WaitStrategy<SleepingWait> &&
              WaitStrategy<BlockingWait> && WaitStrategy<PhasedBackoffWait<>>);

}  // namespace whorl::inline WHORL_ABI_TAG
