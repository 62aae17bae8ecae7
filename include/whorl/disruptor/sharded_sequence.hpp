#pragma once
// ShardedSequence: how far one consumer of many shards has come in each.

#include <cstddef>
#include <vector>
#include <whorl/disruptor/sharded_stripe.hpp>
#include <whorl/handoff/sequence.hpp>
#include <whorl/sync/contract.hpp>
#include <whorl/wait/event_count.hpp>

namespace whorl::inline WHORL_ABI_TAG {

namespace detail {
template <class S>
class Shards;
}  // namespace detail

/// A sequence of each shard, all of one consumer. Producers wait for that of their shard; consumers that come after this one
/// wait for all of them at once, in the place where all consumers sleep.
///
/// Threads:   one owner of each shard releases and ends it, as a rule of all of them; any number of others read.
/// Order:     what the owner did before release(shard, p) is visible to whoever then sees passed(shard) >= p.
/// Progress:  release is wait-free, but for a system call for those that sleep.
/// Lifetime:  barriers that follow it end before it does, and it before the shards.
template <class S>
class ShardedSequence {
 public:
  /// Reads in each shard what is claimed from now on.
  explicit ShardedSequence(detail::Shards<S>& shards) : ShardedSequence(shards, {}) {
    sequences_.reserve(shards.shard_count());
    while (sequences_.size() != shards.shard_count()) {
      sequences_.push_back(&shards.shard(sequences_.size()).lend_sequence());
    }
  }
  ShardedSequence(const ShardedSequence&) = delete;
  ShardedSequence& operator=(const ShardedSequence&) = delete;
  /// Leaves the gates if it is a member.
  ~ShardedSequence() {
    for (std::size_t i = 0; i < sequences_.size(); ++i) {
      shards_.shard(i).remove_gating(in(i));
      shards_.shard(i).take_back(in(i));
    }
  }

  std::size_t shard_count() const noexcept { return sequences_.size(); }
  Position passed(std::size_t shard) const noexcept { return sequences_[shard]->passed(); }
  /// The last sequence of that shard that its owner is done with.
  SequenceNumber get(std::size_t shard) const noexcept { return sequences_[shard]->get(); }

  /// Wakes those that sleep.
  void release(std::size_t shard, Position next) noexcept {
    in(shard).release(next);
    shards_.news().notify();
  }

  /// The owner comes no further in any shard of `stripe`, and nobody needs to wait for it; go_on() takes it back.
  void end(ShardStripe stripe = {}) noexcept {
    for (std::size_t k = 0; k < stripe.count(shard_count()); ++k) in(stripe.shard(k)).end();
    shards_.news().notify();
  }
  void go_on(ShardStripe stripe = {}) noexcept {
    for (std::size_t k = 0; k < stripe.count(shard_count()); ++k) in(stripe.shard(k)).go_on();
  }

  /// Its part in one shard, for that shard's gate and barriers. Who releases that directly wakes no consumer that sleeps.
  Sequence& in(std::size_t shard) noexcept {
    WHORL_ASSERT(shard < shard_count(), "shards are numbered from 0 to shard_count() - 1");
    return *sequences_[shard];
  }

 private:
  ShardedSequence(detail::Shards<S>& shards, std::vector<Sequence*> none)
      : shards_(shards), sequences_(std::move(none)) {}

  detail::Shards<S>& shards_;
  std::vector<Sequence*> sequences_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
