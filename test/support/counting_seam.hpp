#pragma once
// A seam (see whorl/sync/sync.hpp) of the two ways to wait, which counts instead of waiting.

#include <whorl/sync/config.hpp>

namespace whorl::inline WHORL_ABI_TAG::sync {

inline int pauses = 0;
inline int yields = 0;
inline void pause() noexcept { ++pauses; }
inline void yield() noexcept { ++yields; }

}  // namespace whorl::inline WHORL_ABI_TAG::sync
