#pragma once
// The seam (whorl/sync/sync.hpp) with the explorer's machine behind it: -DWHORL_SYNC_HEADER='"model_sync.hpp"'.

#include <chrono>
#include <whorl/sync/config.hpp>

#include "atomic.hpp"

namespace whorl::inline WHORL_ABI_TAG::sync {

inline constexpr model::Order relaxed = model::Order::relaxed;
inline constexpr model::Order acquire = model::Order::acquire;
inline constexpr model::Order release = model::Order::release;
inline constexpr model::Order acq_rel = model::Order::acq_rel;

template <class T>
using Atomic = model::Atomic<T>;

inline void plain_read(const void* p) noexcept { model::Engine::get().plain_read(p); }
inline void plain_write(const void* p) noexcept { model::Engine::get().plain_write(p); }

template <class T>
T opaque(T value) noexcept {
  return value;
}

// A spinning thread waits for another one, politely or not.
inline void pause() noexcept { model::yield(); }
inline void yield() noexcept { model::yield(); }

using ThreadId = std::size_t;
inline ThreadId this_thread() noexcept { return model::Engine::get().current() + 2; }

using model::asymmetric;
using model::full_barrier;
using model::heavy_barrier;
using model::light_barrier;

struct Clock {
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = model::Time;
  static constexpr bool is_steady = true;
  static time_point now() noexcept { return model::now(); }
};

using model::park;
using model::sleep_until;
using model::unpark_all;

}  // namespace whorl::inline WHORL_ABI_TAG::sync
