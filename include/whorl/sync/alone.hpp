#pragma once
// Alone: notices two that should have been one.

#include <whorl/sync/contract.hpp>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// Where checks are on, stops the program when the part of it between construction and destruction is entered a second
// time, by another thread or by a call from inside; `advice` says what to do instead. Nothing where checks are off.
class Alone {
 public:
  Alone(sync::Atomic<bool>& busy, const char* advice) noexcept : busy_(busy) { enter(busy, advice); }
  ~Alone() { leave(busy_); }

  // The same where the part outlives a scope, and where the second must be turned away even if checks are off: may_enter,
  // then stay, and end_stay at its end.
  static bool may_enter(sync::Atomic<bool>& busy, [[maybe_unused]] const char* advice) noexcept {
    const bool is_free = !busy.load(sync::relaxed);  // relaxed: as below
    WHORL_ASSERT(is_free, advice);
    return is_free;
  }
  static void stay(sync::Atomic<bool>& busy) noexcept { busy.store(true, sync::relaxed); }       // relaxed: as below
  static void end_stay(sync::Atomic<bool>& busy) noexcept { busy.store(false, sync::relaxed); }  // relaxed: as below

  static void enter([[maybe_unused]] sync::Atomic<bool>& busy, [[maybe_unused]] const char* advice) noexcept {
    // Relaxed: it looks for a mistake, it does not prevent one.
    WHORL_ASSERT(!busy.exchange(true, sync::relaxed), advice);
  }
  static void leave([[maybe_unused]] sync::Atomic<bool>& busy) noexcept {
    if constexpr (WHORL_CHECKED) busy.store(false, sync::relaxed);  // relaxed: as above
  }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;

 private:
  sync::Atomic<bool>& busy_;
};

// The same where two are welcome.
struct NotAlone {
  NotAlone(sync::Atomic<bool>&, const char*) noexcept {}
  static void enter(sync::Atomic<bool>&, const char*) noexcept {}
  static void leave(sync::Atomic<bool>&) noexcept {}
  static bool may_enter(sync::Atomic<bool>&, const char*) noexcept { return true; }
  static void stay(sync::Atomic<bool>&) noexcept {}
  static void end_stay(sync::Atomic<bool>&) noexcept {}
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
