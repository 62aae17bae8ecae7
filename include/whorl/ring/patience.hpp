#pragma once
// The slow path of every blocking write: rounds of tries, with a wait between them.

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <whorl/ring/write_policy.hpp>
#include <whorl/sync/sync.hpp>
#include <whorl/wait/wait_strategy.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// What a blocking write takes: a policy, or a wait strategy alone (then it tries the shard of its producer id, once a
/// round, for as long as it takes).
template <class P>
concept Patience = std::same_as<P, WritePolicy> || WaitStrategy<P>;

namespace detail {

// A policy's wait, as the strategy that it is.
template <class F>
auto with_strategy(const WritePolicy& policy, F&& f) {
  switch (policy.wait) {
    case WriteWait::none:
      return f(NoWait{});
    case WriteWait::spin:
      return f(BusySpinWait{});
    case WriteWait::yield:
      return f(YieldingWait{});
    case WriteWait::sleep:
      return f(SleepingWait{.spins = 0, .yields = 0, .sleep = policy.pause});
    case WriteWait::exponential:
      return f(ExponentialWait{policy.pause, policy.longest_pause, policy.growth, policy.jitter});
    case WriteWait::adaptive:
      return f(AdaptiveWait{policy.warm, policy.idle, policy.pause});
    case WriteWait::park:
      break;
  }
  return f(BlockingWait{.longest_sleep = policy.shards == ShardChoice::affinity ? kForever : policy.pause});
}
template <WaitStrategy W, class F>
auto with_strategy(const W& strategy, F&& f) {
  return f(strategy);
}

inline WritePolicy rounds_of(const WritePolicy& policy) noexcept { return policy; }
template <WaitStrategy W>
WritePolicy rounds_of(const W&) noexcept {
  return {};
}

// An event whose sleepers look once more after announcing themselves: `behind` tells that look from a round of its own.
struct Room {
  EventCount& event;
  bool behind = false;
  template <class Ready>
  bool sleep_unless(Ready&& ready, const Until& until) {
    const auto look = [&] {
      behind = true;
      const bool is_ready = ready();
      behind = false;
      return is_ready;
    };
    return event.sleep_unless(look, until);
  }
};

// Tries until it worked, nothing more can come of it, or patience is at its end. `attempt()` tries every chosen shard
// once and says ok, full or closed. `backoffs` is how often there was a wait.
template <Patience P, class Attempt>
WriteResult write_patiently(const P& patience, EventCount& event, const Until& until, std::uint64_t& backoffs,
                            Attempt&& attempt) {
  const WritePolicy policy = rounds_of(patience);
  const unsigned tries = std::max(1u, policy.max_retries);
  WriteResult result = WriteResult::full;
  std::uint64_t rounds = 0;
  Room room{event};
  const auto round = [&] {
    for (unsigned i = 0; i < tries && result == WriteResult::full; ++i) result = attempt();
    if (!room.behind) ++rounds;
    return rounds == policy.max_backoffs || result != WriteResult::full;
  };
  const WaitResult end =
      with_strategy(patience, [&](const auto& strategy) { return strategy.wait(room, round, until); });
  backoffs = rounds - 1;
  if (end == WaitResult::timed_out) return WriteResult::timed_out;
  if (end == WaitResult::stopped) return WriteResult::stopped;
  return result;
}

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
