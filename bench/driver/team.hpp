#pragma once
// Team: threads that begin together.

#include <atomic>
#include <cstddef>
#include <functional>
#include <vector>

namespace bench {

/// Where `parties` threads wait for one another, any number of times.
///
/// It spins first, so that threads which each have a CPU leave within a round trip of each other, and then yields, so
/// that threads which share a CPU get there at all.
class MeetingPoint {
 public:
  explicit MeetingPoint(std::size_t parties) noexcept : parties_(parties) {}
  void arrive_and_wait() noexcept;

 private:
  const std::size_t parties_;
  std::atomic<std::size_t> arrived_{0};
  std::atomic<std::size_t> round_{0};
};

/// What one thread of a team does, and where: on `cpu`, or wherever the scheduler likes when it is negative.
struct Task {
  int cpu;
  std::function<void()> body;
};

inline constexpr int kAnyCpu = -1;

/// Whether this program may put its threads into the real-time class SCHED_FIFO.
bool real_time_is_allowed() noexcept;

/// Runs each task on a thread of its own and returns when all have ended; no body begins before every thread is there.
/// `real_time`: the bodies run under SCHED_FIFO, so that other programs cannot come between. Bodies must be short then.
void run_team(std::vector<Task> tasks, bool real_time);

}  // namespace bench
