#pragma once
// The seam (whorl/sync/sync.hpp) with the explorer's machine behind it: -DWHORL_SYNC_HEADER='"model_sync.hpp"'.

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
inline ThreadId this_thread() noexcept { return model::Engine::get().current(); }

}  // namespace whorl::inline WHORL_ABI_TAG::sync
