#pragma once
// Threads with a name, a CPU and a scheduling policy. Compiled: link whorl, not only its headers.

#include <pthread.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace whorl {

/// How the kernel shares CPUs among threads: sched(7).
///
/// Limits:  fifo and round_robin are for a thread with a CPU of its own. Short locks, and strategies that yield, wait by
///          sched_yield, which leaves the CPU to threads of the same or a higher priority only: a normal thread on that
///          CPU that holds what is waited for does not come to run.
struct Scheduling {
  enum class Policy : std::uint8_t { normal, batch, idle, fifo, round_robin };
  Policy policy = Policy::normal;
  int priority = 0;  ///< of fifo and round_robin: 1 to 99, the higher the sooner; 0 of the others
};

/// What a thread may be told to be.
struct ThreadOptions {
  std::string name = {};  ///< as the kernel shows it; what is longer than 15 bytes is cut
  std::optional<int> cpu = {};
  std::optional<Scheduling> scheduling = {};
};

/// Makes the calling thread what `options` say.
///
/// Errors:  std::invalid_argument for a CPU that it may not use; std::system_error for what the kernel refuses, as a rule
///          a real-time policy without the right to it (CAP_SYS_NICE, RLIMIT_RTPRIO).
void become(const ThreadOptions& options);

/// A thread of its own, joined before this ends.
///
/// Errors:  std::system_error when there is none to be had.
class Thread {
 public:
  Thread() noexcept = default;
  /// Runs `work`, which does not throw.
  explicit Thread(std::function<void()> work);
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;
  ~Thread() { join(); }

  bool joinable() const noexcept { return thread_.has_value(); }
  /// Waits for its end. Nothing if that has been waited for, or there is none.
  void join() noexcept;

 private:
  std::optional<pthread_t> thread_;
};

}  // namespace whorl
