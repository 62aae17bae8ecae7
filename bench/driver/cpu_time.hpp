#pragma once
// CPU time: what a thread, or the whole program, has used.

#include <cstdint>
#include <ctime>

namespace bench {

namespace detail {
inline std::int64_t read_clock_ns(clockid_t clock) noexcept {
  timespec time{};
  clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}
}  // namespace detail

/// Of the calling thread.
inline std::int64_t thread_cpu_ns() noexcept { return detail::read_clock_ns(CLOCK_THREAD_CPUTIME_ID); }
/// Of all threads together; those that only wait for others add nothing.
inline std::int64_t process_cpu_ns() noexcept { return detail::read_clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace bench
