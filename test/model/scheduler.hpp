#pragma once
// Scheduler: which threads may go on.

#include <array>
#include <cstddef>
#include <cstdint>

#include "clock.hpp"

namespace model {

/// A set of threads, one bit each.
using Threads = std::uint32_t;
constexpr Threads only(std::size_t thread) noexcept { return Threads{1} << thread; }

/// Keeps executions finite without hiding any that a fair machine has. A thread that yields gives way to those that
/// could have run since its last yield and did not (Musuvathi and Qadeer, Fair stateless model checking, 2008). One
/// that yields twice without a store of another thread in between has seen all there is: it waits for such a store.
/// When only waiting threads are left, each in turn may look again, kPatience times, since it may be about to give up
/// and do something else; after that nothing will ever happen again, unless time passes. A thread that sleeps is out of
/// it all until somebody wakes it.
class Scheduler {
 public:
  void reset(std::size_t threads) noexcept;

  Threads eligible() const noexcept;
  bool is_runnable(std::size_t thread) const noexcept { return (runnable_ & only(thread)) != 0; }
  bool anyone_left() const noexcept { return (runnable_ | waiting_ | asleep_) != 0; }
  Threads asleep() const noexcept { return asleep_; }

  void scheduled(std::size_t thread) noexcept;
  void yielded(std::size_t thread) noexcept;
  void finished(std::size_t thread) noexcept { remove(thread); }
  void stored(std::size_t thread) noexcept;
  /// What the thread does next may differ from last time though nobody has stored anything.
  void undecided(std::size_t thread) noexcept { threads_[thread].news = kNoNews; }
  /// Only waiting threads are left: the one after `thread` looks again. False: they have all lost patience.
  bool look_again(std::size_t thread) noexcept;

  void fell_asleep(std::size_t thread) noexcept;
  void woke_up(std::size_t thread) noexcept;
  /// The clock has moved. That is news for waiting threads, though not without end.
  void time_passed() noexcept;
  /// Since the last store, time has not passed so often that it will never help.
  bool may_time_pass() const noexcept { return moves_ < kPatience; }

 private:
  static constexpr std::size_t kPatience = 32;
  static constexpr std::uint64_t kNoNews = ~std::uint64_t{0};
  struct Thread {
    Threads gives_way_to = 0;    // until each of them has run
    Threads runnable_since = 0;  // able to run ever since this thread's last yield
    Threads scheduled_since = 0;
    std::uint64_t stores = 0;      // its own
    std::uint64_t news = kNoNews;  // stores of others at its last yield
  };
  void remove(std::size_t thread) noexcept;

  std::array<Thread, kMaxThreads> threads_;
  std::size_t thread_count_ = 0;
  Threads runnable_ = 0;
  Threads waiting_ = 0;
  Threads asleep_ = 0;
  std::uint64_t stores_ = 0;
  std::size_t looks_ = 0;  // of waiting threads since the last store
  std::size_t moves_ = 0;  // of the clock since then
};

}  // namespace model
