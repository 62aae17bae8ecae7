#include "team.hpp"

#include <pthread.h>
#include <sched.h>

#include <thread>
#include <whorl/sync/sync.hpp>
#include <whorl/sync/topology.hpp>

// Only whorl-bench-profile has it, see report/allocations.cpp: what this thread allocates from now on is counted.
extern "C" [[gnu::weak]] void bench_body_begins() noexcept;

namespace bench {
namespace {

bool set_scheduling(int policy, int priority) noexcept {
  sched_param parameters{};
  parameters.sched_priority = priority;
  return pthread_setschedparam(pthread_self(), policy, &parameters) == 0;
}

}  // namespace

void MeetingPoint::arrive_and_wait() noexcept {
  constexpr int kSpins = 1000;
  const std::size_t round = round_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == parties_) {
    arrived_.store(0, std::memory_order_relaxed);
    round_.store(round + 1, std::memory_order_release);
    return;
  }
  for (int spins = 0; round_.load(std::memory_order_acquire) == round; ++spins) {
    if (spins < kSpins) {
      whorl::sync::pause();
    } else {
      whorl::sync::yield();
    }
  }
}

bool real_time_is_allowed() noexcept {
  const bool allowed = set_scheduling(SCHED_FIFO, 1);
  if (allowed) set_scheduling(SCHED_OTHER, 0);
  return allowed;
}

void run_team(std::vector<Task> tasks, bool real_time) {
  MeetingPoint start(tasks.size());
  std::vector<std::jthread> threads;
  threads.reserve(tasks.size());
  for (Task& task : tasks) {
    threads.emplace_back([&start, &task, real_time] {
      if (task.cpu != kAnyCpu) whorl::pin_this_thread(task.cpu);
      // Only once all threads exist may one of them take its CPU for itself: the thread that makes them needs one too.
      start.arrive_and_wait();
      if (real_time) set_scheduling(SCHED_FIFO, 1);
      start.arrive_and_wait();
      if (bench_body_begins != nullptr) bench_body_begins();
      task.body();
    });
  }
}

}  // namespace bench
