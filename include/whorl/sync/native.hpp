#pragma once
// The seam on the real machine: thin names for std::atomic, a few instructions and three system calls. sync.hpp says what
// each means.

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <whorl/sync/config.hpp>

// ThreadSanitizer knows nothing of fences, and of no system call that is one.
#if defined(__SANITIZE_THREAD__)
#define WHORL_FENCES 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WHORL_FENCES 0
#endif
#endif
#if !defined(WHORL_FENCES)
#define WHORL_FENCES 1
#endif

namespace whorl::inline WHORL_ABI_TAG::sync {

inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order acquire = std::memory_order_acquire;
inline constexpr std::memory_order release = std::memory_order_release;
inline constexpr std::memory_order acq_rel = std::memory_order_acq_rel;

template <class T>
using Atomic = std::atomic<T>;

inline void plain_read(const void*) noexcept {}
inline void plain_write(const void*) noexcept {}

// An empty asm the value passes through: whatever is computed from the result waits for that value and no equal one.
template <class T>
[[gnu::always_inline]] inline T opaque(T value) noexcept {
  asm("" : "+r"(value));
  return value;
}

inline void pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");  // the A64 "yield" is a no-op on most cores; isb waits about as long as an x86 pause
#endif
}

inline void yield() noexcept { ::sched_yield(); }

using ThreadId = std::uintptr_t;

inline ThreadId this_thread() noexcept {
#if defined(__x86_64__)
  ThreadId self;  // the thread pointer: one load, even in position-independent code
  // Volatile: a fiber may go on in another thread, so it is asked for each time.
  asm volatile("mov %%fs:0, %0" : "=r"(self));
  return self;
#elif defined(__aarch64__)
  ThreadId self;
  asm volatile("mrs %0, tpidr_el0" : "=r"(self));  // volatile: as above
  return self;
#else
  static thread_local const char self = 0;
  return reinterpret_cast<ThreadId>(&self);
#endif
}

// ---- barriers --------------------------------------------------------------------------------------------------------
// membarrier(2) runs a full barrier on every running thread of the process, and a thread that is not running passes one
// before it does: so a heavy barrier reaches between any two instructions of a light one's thread. Only the compiler
// must be kept from moving them. Without fences both sides are a read-modify-write of the same word instead: those
// have one order, and the later one sees all that came before the earlier.

inline bool asymmetric() noexcept {
#if WHORL_FENCES
  // Registering is for the process, for ever.
  static const bool registered = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  return registered;
#else
  return true;
#endif
}

template <class W>
[[gnu::always_inline]] inline void light_barrier([[maybe_unused]] Atomic<W>& word) noexcept {
#if WHORL_FENCES
  std::atomic_signal_fence(std::memory_order_seq_cst);
#else
  word.fetch_add(0, std::memory_order_acq_rel);
#endif
}

template <class W>
[[gnu::always_inline]] inline void full_barrier([[maybe_unused]] Atomic<W>& word) noexcept {
#if WHORL_FENCES
  std::atomic_thread_fence(std::memory_order_seq_cst);
#else
  word.fetch_add(0, std::memory_order_acq_rel);
#endif
}

template <class W>
[[gnu::noinline]] inline void heavy_barrier(Atomic<W>& word) noexcept {
  full_barrier(word);
#if WHORL_FENCES
  if (asymmetric() && ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) {
    // Others rely on it by now, and nothing can take its place.
    std::fputs("whorl: membarrier(2) was allowed once and is refused now: let it through the seccomp filter\n", stderr);
    std::abort();
  }
#endif
}

// ---- sleep -----------------------------------------------------------------------------------------------------------

using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC, which futex and clock_nanosleep count in as well

inline timespec to_timespec(Clock::time_point time) noexcept {
  // A second more than the least, which could not be rounded down.
  const auto since = std::max(time.time_since_epoch(), Clock::duration::min() + std::chrono::seconds(1));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return {static_cast<time_t>(seconds.count()), static_cast<long>(std::chrono::nanoseconds(since - seconds).count())};
}

inline void park(Atomic<std::uint32_t>& word, std::uint32_t expected, Clock::time_point deadline) noexcept {
  const timespec until = to_timespec(deadline);
  const timespec* const limit = deadline == Clock::time_point::max() ? nullptr : &until;
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected, limit, nullptr, FUTEX_BITSET_MATCH_ANY);
}

inline void unpark_all(Atomic<std::uint32_t>& word) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT_MAX, nullptr, nullptr, 0);
}

inline void sleep_until(Clock::time_point deadline) noexcept {
  const timespec until = to_timespec(deadline);
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

}  // namespace whorl::inline WHORL_ABI_TAG::sync
