#pragma once
// ShardStripe: how several consumers divide shards.

#include <cstddef>
#include <string>
#include <whorl/sync/contract.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Which shards a consumer reads, where several divide them: `worker` of `workers`, both counted from 0, reads each shard s
/// with s % workers == worker. As it is: all of them.
struct ShardStripe {
  std::size_t worker = 0;
  std::size_t workers = 1;

  /// How many those are of `shards`; and which one is number k of them.
  std::size_t count(std::size_t shards) const noexcept { return (shards - worker + workers - 1) / workers; }
  std::size_t shard(std::size_t k) const noexcept { return worker + k * workers; }
};

namespace detail {

inline ShardStripe checked_stripe(ShardStripe stripe, std::size_t shards) {
  if (stripe.worker < stripe.workers && stripe.workers <= shards) return stripe;
  refuse("ShardStripe: worker " + std::to_string(stripe.worker) + " of " + std::to_string(stripe.workers) +
         " has no part of " + std::to_string(shards) + " shards: workers are numbered from 0, and no more than shards");
}

// A worker that has no part in a group's sequence would hold up for ever, in the shards that are not its own, who waits for it.
inline ShardStripe checked_group(ShardStripe stripe, bool has_group) {
  if (has_group || stripe.workers == 1) return stripe;
  refuse("ShardStripe: worker " + std::to_string(stripe.worker) + " of " + std::to_string(stripe.workers) +
         " has no group: construct it with the sequence that all workers have in common");
}

}  // namespace detail

}  // namespace whorl::inline WHORL_ABI_TAG
