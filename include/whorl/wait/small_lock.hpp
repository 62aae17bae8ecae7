#pragma once
// SmallLock: for lists that change now and then, beside the path of the data.

#include <whorl/sync/sync.hpp>
#include <whorl/wait/backoff.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// One thread at a time; others pause and yield until it is free. Never held while waiting for anything else.
class SmallLock {
 public:
  void lock() noexcept {
    Backoff wait;
    // (30) acquire pairs with release (31): what the last one changed under the lock.
    while (held_.exchange(true, sync::acquire)) wait.snooze();
  }
  void unlock() noexcept {
    // (31) release pairs with acquire (30).
    held_.store(false, sync::release);
  }

 private:
  sync::Atomic<bool> held_{false};
};

// Holds it for a scope.
class SmallLockGuard {
 public:
  explicit SmallLockGuard(SmallLock& lock) noexcept : lock_(lock) { lock_.lock(); }
  ~SmallLockGuard() { lock_.unlock(); }
  SmallLockGuard(const SmallLockGuard&) = delete;
  SmallLockGuard& operator=(const SmallLockGuard&) = delete;

 private:
  SmallLock& lock_;
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
