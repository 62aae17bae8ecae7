#pragma once
// SIGINT and SIGTERM, and the time being up, become a request to stop.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <limits>
#include <optional>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>

#include "clock.hpp"

namespace packets {

namespace detail {

inline sigset_t signals_that_stop() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals, signal);
  return signals;
}

/// The signal that came, or 0 when it is `end_ns`.
inline int wait_for_signal(std::int64_t end_ns) {
  constexpr std::int64_t kLongTime = 3'600'000'000'000;  // then it looks again
  const sigset_t signals = signals_that_stop();
  for (;;) {
    const std::int64_t left_ns = std::clamp<std::int64_t>(end_ns - now_ns(), 0, kLongTime);
    const timespec patience{left_ns / 1'000'000'000, left_ns % 1'000'000'000};
    const int signal = sigtimedwait(&signals, nullptr, &patience);
    if (signal > 0) return signal;
    if (now_ns() >= end_ns) return 0;
  }
}

[[noreturn]] inline void die_of(int signal) {
  const sigset_t signals = signals_that_stop();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  std::abort();  // not reached
}

}  // namespace detail

/// For the first thread, before it makes others, which inherit that: signals wait until somebody wants them.
inline void block_signals() {
  const sigset_t signals = detail::signals_that_stop();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

/// Runs work(std::stop_token) on a thread of its own while this one, which has blocked its signals, waits for them. Stops it
/// at the first SIGINT or SIGTERM, or after `duration` unless that is 0. Whoever sends another one, half a second later or
/// more, has lost patience: the program dies of that one.
///
/// Returns: what `work` returns.
/// Errors:  what `work` throws.
template <class Work>
std::invoke_result_t<Work&, std::stop_token> run_until_stopped(Work&& work, std::chrono::nanoseconds duration) {
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kHalfSecond = 500'000'000;
  std::optional<std::invoke_result_t<Work&, std::stop_token>> result;
  std::exception_ptr problem;
  std::atomic<bool> done = false;
  std::jthread worker([&, waiting = pthread_self()](std::stop_token stop) {
    try {
      result.emplace(work(std::move(stop)));
    } catch (...) {
      problem = std::current_exception();
    }
    done = true;
    pthread_kill(waiting, SIGUSR1);
  });
  std::int64_t end_ns = duration.count() > 0 ? now_ns() + duration.count() : kNever;
  for (std::int64_t impatient_ns = 0; !done;) {
    const int signal = detail::wait_for_signal(end_ns);
    if (signal == SIGUSR1) continue;
    if (signal != 0 && impatient_ns != 0 && now_ns() >= impatient_ns) detail::die_of(signal);
    if (signal != 0 && impatient_ns == 0) impatient_ns = now_ns() + kHalfSecond;
    worker.request_stop();
    end_ns = kNever;
  }
  worker.join();
  if (problem) std::rethrow_exception(problem);
  return std::move(*result);
}

}  // namespace packets
