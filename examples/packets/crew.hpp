#pragma once
// Threads that come to their ends together.

#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace packets {

/// Threads whose work may throw. When one does, or cannot be had, `give_up` is called, which brings the others to their
/// ends, and rethrow() throws what it threw.
///
/// Threads:  start() and rethrow() are one thread's; `give_up` is called by any of them, more than once if several throw.
class Crew {
 public:
  explicit Crew(std::function<void()> give_up) : give_up_(std::move(give_up)) {}

  /// Throws nothing: where there is no thread to be had the others are called to their ends. Who keeps the threads makes
  /// room for them before the first.
  template <class Work>
  std::jthread start(const Work& work) {
    try {
      return std::jthread([this, work] {
        try {
          work();
        } catch (...) {
          fail();
        }
      });
    } catch (...) {  // there is no thread to be had, or no memory for it; the others wait for what it would have done
      fail();
      return {};
    }
  }

  /// When all threads have been joined: what the first of them threw, if any did.
  void rethrow() const {
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  void fail() {
    {
      const std::lock_guard lock(mutex_);
      if (!problem_) problem_ = std::current_exception();
    }
    give_up_();
  }

  const std::function<void()> give_up_;
  std::mutex mutex_;
  std::exception_ptr problem_;
};

}  // namespace packets
