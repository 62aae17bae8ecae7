#pragma once
// ShardsPlace: a consumer's place in every shard's gate.

#include <string>
#include <whorl/disruptor/sharded_sequencer.hpp>
#include <whorl/sync/contract.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// How far one consumer has come in each shard, which producers wait for from its construction on until it leaves. It reads in
// each shard what is claimed when it comes there.
//
// Errors:  std::invalid_argument: the gates have GroupGate::kMostMembers; std::bad_alloc.
template <class S>
class ShardsPlace {
 public:
  ShardsPlace(Shards<S>& shards, const char* owner) : shards_(shards), sequence_(shards) {
    if (shards_.add_gating(sequence_)) return;
    refuse(std::string(owner) + ": the gates of the shards have " + std::to_string(GroupGate::kMostMembers) +
           " members already, and cannot have more: remove one of them first");
  }

  ShardsPlace(const ShardsPlace&) = delete;
  ShardsPlace& operator=(const ShardsPlace&) = delete;
  ~ShardsPlace() = default;  // its sequence leaves

  ShardedSequence<S>& sequence() noexcept { return sequence_; }
  const ShardedSequence<S>& sequence() const noexcept { return sequence_; }
  void leave() noexcept { shards_.remove_gating(sequence_); }

 private:
  Shards<S>& shards_;
  ShardedSequence<S> sequence_;
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
