#pragma once
// ShardedBarrier: where a consumer waits for events to read in any of many shards.

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>
#include <whorl/disruptor/sequence_barrier.hpp>
#include <whorl/disruptor/sharded_sequencer.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A barrier in each shard, and one wait for all of them. In each shard available is what is published and what all consumers
/// upstream have passed there. Each consumer has a barrier of its own.
///
/// Threads:   wait_for_any, look: the consumer, which asks for what no producer claims anew meanwhile. The rest: any.
/// Order:     what its producer and every consumer upstream did with an event is visible to whoever finds it available.
/// Errors:    std::invalid_argument: a stripe without a shard.
/// Progress:  look is wait-free. A look for a wait takes a look at every shard that has nothing.
/// Lifetime:  shards and sequences outlive the barrier.
template <class S, WaitStrategy W = typename S::Wait>
class ShardedBarrier {
 public:
  using Progress = ShardedSequence<S>;

  explicit ShardedBarrier(detail::Shards<S>& shards, std::initializer_list<Progress*> upstream = {})
      : ShardedBarrier(shards, std::span(upstream.begin(), upstream.size()), shards.wait_strategy()) {}
  ShardedBarrier(detail::Shards<S>& shards, std::span<Progress* const> upstream, W strategy, ShardStripe stripe = {})
      : shards_(shards),
        stripe_(detail::checked_stripe(stripe, shards.shard_count())),
        strategy_(std::move(strategy)),
        has_upstream_(!upstream.empty()),
        barriers_(shards.shard_count(), [&](std::size_t shard) {
          std::vector<Sequence*> sequences;
          for (Progress* progress : upstream) sequences.push_back(&progress->in(shard));
          return SequenceBarrier<S, W>(shards.shard(shard), sequences, strategy_);
        }) {}
  ShardedBarrier(const ShardedBarrier&) = delete;
  ShardedBarrier& operator=(const ShardedBarrier&) = delete;

  /// How many sequences of `shard` from p on are available, at most `most`. Does not wait.
  std::size_t look(std::size_t shard, Position p, std::size_t most = ~std::size_t{0}) noexcept {
    return barriers_[shard].look(p, most);
  }

  /// Waits until some shard of its stripe has something that `progress`, the consumer's own, has not passed. Closed: none
  /// ever will, for all are at their end, or somebody upstream has ended. An alert comes before everything else.
  BarrierEnd wait_for_any(const Progress& progress, const Until& until = {}) {
    BarrierEnd end = BarrierEnd::timed_out;
    const auto is_over = [&] {
      if (is_alerted()) {
        end = BarrierEnd::stopped;
      } else if (any(progress)) {
        end = BarrierEnd::available;
      } else if (ends_at(progress)) {
        end = BarrierEnd::closed;
      }
      return end != BarrierEnd::timed_out;
    };
    if (strategy_.wait(shards_.news(), is_over, until) == WaitResult::stopped) end = BarrierEnd::stopped;
    return end;
  }

  /// Nothing will ever be available beyond what `progress` has passed, in any shard of its stripe.
  bool ends_at(const Progress& progress) const noexcept {
    for (std::size_t k = 0; k < shard_count(); ++k)
      if (!barriers_[shard(k)].ends_before(progress.passed(shard(k)))) return false;
    return true;
  }
  /// How many shards its stripe has; and which one is number k of them.
  std::size_t shard_count() const noexcept { return stripe_.count(barriers_.size()); }
  std::size_t shard(std::size_t k) const noexcept { return stripe_.shard(k); }
  bool has_upstream() const noexcept { return has_upstream_; }

  /// Whoever waits here, or comes to wait, is stopped, until clear_alert().
  void alert() noexcept {
    alert_.set(true);
    shards_.news().notify();
  }
  void clear_alert() noexcept { alert_.set(false); }
  bool is_alerted() const noexcept { return alert_.is_on(); }

 private:
  bool any(const Progress& progress) noexcept {
    for (std::size_t k = 0; k < shard_count(); ++k)
      if (look(shard(k), progress.passed(shard(k)), 1) != 0) return true;
    return false;
  }

  detail::Shards<S>& shards_;
  const ShardStripe stripe_;
  const W strategy_;
  const bool has_upstream_;
  Array<SequenceBarrier<S, W>> barriers_;
  detail::Alert alert_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
