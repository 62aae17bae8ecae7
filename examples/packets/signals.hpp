#pragma once
// SIGINT and SIGTERM, and the time being up, become a request to stop.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>
#include <exception>
#include <optional>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>

#include "clock.hpp"

namespace packets {

namespace detail {

inline constexpr std::int64_t kLongTime = 3'600'000'000'000;  // then it looks again

/// The signal that came, or 0 when `duration`, unless it is 0, was over before.
inline int wait_for_signal(const sigset_t& signals, std::chrono::nanoseconds duration) {
  const std::int64_t end_ns = now_ns() + duration.count();
  for (;;) {
    const std::int64_t left_ns = duration.count() > 0 ? std::max<std::int64_t>(end_ns - now_ns(), 0) : kLongTime;
    const timespec patience{left_ns / 1'000'000'000, left_ns % 1'000'000'000};
    const int signal = sigtimedwait(&signals, nullptr, &patience);
    if (signal > 0) return signal;
    if (duration.count() > 0 && now_ns() >= end_ns) return 0;
  }
}

}  // namespace detail

/// Runs work(std::stop_token) on a thread of its own while this one waits for signals. Stops it at the first SIGINT or
/// SIGTERM, or after `duration` unless that is 0. A second signal ends the program as if nobody had cared.
///
/// Returns: what `work` returns.
/// Errors:  what `work` throws.
///
/// Threads made by `work` inherit the blocked signals: only the waiting one gets them.
template <class Work>
std::invoke_result_t<Work&, std::stop_token> run_until_stopped(Work&& work, std::chrono::nanoseconds duration) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::stop_source stop;
  std::optional<std::invoke_result_t<Work&, std::stop_token>> result;
  std::exception_ptr problem;
  std::jthread worker([&, waiting = pthread_self()] {
    try {
      result.emplace(work(stop.get_token()));
    } catch (...) {
      problem = std::current_exception();
    }
    pthread_kill(waiting, SIGUSR1);  // it is done
  });
  const int signal = detail::wait_for_signal(signals, duration);
  if (signal != SIGUSR1) stop.request_stop();
  sigdelset(&signals, SIGUSR1);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a second one kills
  worker.join();
  if (problem) std::rethrow_exception(problem);
  return std::move(*result);
}

}  // namespace packets
