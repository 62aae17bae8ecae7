#pragma once
// The seam on the real machine: thin names for std::atomic and for three instructions. sync.hpp says what each means.

#include <sched.h>

#include <atomic>
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

using ThreadId = const void*;

inline ThreadId this_thread() noexcept {
#if defined(__x86_64__)
  const void* self;  // the thread pointer: one load, even in position-independent code
  asm("mov %%fs:0, %0" : "=r"(self));
  return self;
#elif defined(__aarch64__)
  return __builtin_thread_pointer();
#else
  static thread_local const char self = 0;
  return &self;
#endif
}

}  // namespace whorl::inline WHORL_ABI_TAG::sync
