#pragma once
// More wait strategies, for producers that find no room: none at all, growing sleeps, and one that finds out by itself.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <whorl/sync/sync.hpp>
#include <whorl/wait/lot.hpp>
#include <whorl/wait/wait_strategy.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Looks again at once. For waits that end after a number of looks.
struct NoWait {
  template <class Event, class Ready>
  WaitResult wait(Event&, Ready&& ready, const Until& until) const {
    return detail::wait_in_steps(ready, until, [] {});
  }
};

/// Sleeps between looks, each time `growth` times as long, up to `longest`; every sleep is off by as much as `jitter`
/// of itself, so that threads that were refused together do not return together.
struct ExponentialWait {
  std::chrono::nanoseconds sleep = std::chrono::microseconds(100);
  std::chrono::nanoseconds longest = std::chrono::milliseconds(10);
  double growth = 2.0;
  double jitter = 0.25;

  template <class Event, class Ready>
  WaitResult wait(Event& event, Ready&& ready, const Until& until) const {
    constexpr double kMost = 0x1p62;  // what still is an integer after jitter
    double now = std::min(static_cast<double>(std::min(sleep, longest).count()), kMost);
    detail::Lot lot{reinterpret_cast<std::uintptr_t>(&event) ^ sync::this_thread()};
    return detail::wait_in_steps(ready, until, [&] {
      const double unit = static_cast<double>(lot.next() >> 11) * 0x1p-52 - 1;  // in [-1, 1)
      detail::sleep_for(std::chrono::nanoseconds(static_cast<std::int64_t>(now * (1 + jitter * unit))), until);
      now = std::min({now * growth, static_cast<double>(longest.count()), kMost});
    });
  }
};

/// Yields while there is hope: `warm` looks that cost nothing of its patience, then `idle` more; after those it sleeps
/// `sleep` between looks.
///
/// Source:  AutoAdaptive of randomizedcoder/go-lock-free-ring.
struct AdaptiveWait {
  unsigned warm = 1000;
  unsigned idle = 1000;
  std::chrono::nanoseconds sleep = std::chrono::microseconds(100);

  template <class Event, class Ready>
  WaitResult wait(Event&, Ready&& ready, const Until& until) const {
    return detail::wait_in_steps(ready, until, [&, left = std::uint64_t{warm} + idle]() mutable {
      if (left == 0) return detail::sleep_for(sleep, until);
      --left;
      sync::yield();
    });
  }
};

static_assert(WaitStrategy<NoWait> && WaitStrategy<ExponentialWait> && WaitStrategy<AdaptiveWait>);

}  // namespace whorl::inline WHORL_ABI_TAG
