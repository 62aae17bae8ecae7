#pragma once
// Clock and View: what one thread of an execution knows of what the others did.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace model {

inline constexpr std::size_t kMaxThreads = 8;

/// Counts one thread's operations, from 1; the set-up before the threads start is at 0.
using Tick = std::uint32_t;
inline constexpr Tick kNever = ~Tick{0};

/// A vector clock: for each thread, up to which tick its operations are known.
struct Clock {
  std::array<Tick, kMaxThreads> at{};

  void join(const Clock& other) noexcept {
    for (std::size_t i = 0; i < kMaxThreads; ++i) at[i] = std::max(at[i], other.at[i]);
  }
};

/// What a thread knows, and what it hands on when it releases.
///
/// happened: what happens before the thread's next operation. Plain data is judged by this one.
/// visible:  whose observations the thread can no longer fall behind of: all that happened, and, after a seq_cst fence,
///           what was visible at every earlier one. Such fences order what may be read, yet hand over no plain data.
struct View {
  Clock happened;
  Clock visible;

  void join(const View& other) noexcept {
    happened.join(other.happened);
    visible.join(other.visible);
  }
};

}  // namespace model
