#pragma once
// Which shards a write tries, in which order.

#include <cstddef>
#include <whorl/ring/patience.hpp>
#include <whorl/ring/write_policy.hpp>
#include <whorl/wait/lot.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

inline ShardChoice choice_of(const WritePolicy& policy) noexcept { return policy.shards; }
template <WaitStrategy W>
ShardChoice choice_of(const W&) noexcept {
  return ShardChoice::affinity;
}

// attempt(shard) for the own shard, then, unless it is chosen by affinity, for every other one, until the answer is not
// `full`. Returns the last answer.
template <class Attempt>
WriteResult try_shards(ShardChoice choice, std::size_t own, std::size_t mask, Lot& lot, Attempt&& attempt) {
  WriteResult result = attempt(own);
  if (choice == ShardChoice::affinity || result != WriteResult::full || mask == 0) return result;
  // The others are own + 1, ... own + mask, round; by lot, from one of these on, so that each is tried and none is
  // preferred.
  const std::size_t begin = choice == ShardChoice::random ? lot.below(mask) : 0;
  for (std::size_t i = 0; i < mask && result == WriteResult::full; ++i) {
    result = attempt((own + 1 + (begin + i) % mask) & mask);
  }
  return result;
}

}  // namespace whorl::inline WHORL_ABI_TAG::detail
