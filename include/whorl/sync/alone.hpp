#pragma once
// Alone: notices two that should have been one.

#include <whorl/sync/contract.hpp>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// Where checks are on, stops the program when the part of it between construction and destruction is entered a second
// time, by another thread or by a call from inside; `advice` says what to do instead. Nothing where checks are off.
class Alone {
 public:
  Alone([[maybe_unused]] sync::Atomic<bool>& busy, [[maybe_unused]] const char* advice) noexcept : busy_(busy) {
    // Relaxed: it looks for a mistake, it does not prevent one.
    WHORL_ASSERT(!busy_.exchange(true, sync::relaxed), advice);
  }
  ~Alone() {
    if constexpr (WHORL_CHECKED) busy_.store(false, sync::relaxed);  // relaxed: as above
  }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;

 private:
  sync::Atomic<bool>& busy_;
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
