#pragma once
// What consumers of many shards have in common: an event's context, and the sweep that finds their batches.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>
#include <whorl/disruptor/event_reader.hpp>
#include <whorl/disruptor/sharded_barrier.hpp>
#include <whorl/handoff/array.hpp>

namespace whorl::inline WHORL_ABI_TAG {

struct ShardedProcessorOptions {
  /// The largest batch, over all shards; 0: what quota makes it.
  std::size_t max_batch = 0;
  /// What one shard gives to a batch, at most.
  std::size_t quota = 256;
  /// How long it waits before it calls on_timeout.
  std::chrono::nanoseconds timeout = kForever;
  /// Which shards it handles, as one worker of a group.
  ShardStripe stripe = {};
};

/// An event's place: sequences are counted shard by shard.
struct ShardPlace {
  std::size_t shard = 0;
  SequenceNumber sequence = -1;
  friend bool operator==(const ShardPlace&, const ShardPlace&) = default;
};

/// Where an event, or a run of them, stands. A batch is a run of each shard that had something when it began.
template <class S>
class ShardedEventContext {
 public:
  ShardedEventContext(ShardPlace place, bool end_of_run, bool end_of_batch, ShardedSequence<S>& progress,
                      std::size_t events = 1) noexcept
      : shard(place.shard),
        sequence(place.sequence),
        end_of_run(end_of_run),
        end_of_batch(end_of_batch),
        progress_(progress),
        events_(events) {}

  /// Early release: the handler will not touch the event of `last`, or any before it in this shard, again. For the rest of
  /// the batch that happens when the batch ends. What has been released is not handed over again, whatever comes of the
  /// batch.
  void release(SequenceNumber last) const noexcept {
    progress_.release(shard, detail::checked_release(progress_.passed(shard), sequence, events_, last));
  }

  const std::size_t shard;        ///< in [0, shard_count)
  const SequenceNumber sequence;  ///< in that shard: of the event; of the first one of a run
  const bool end_of_run;          ///< the last of its shard in this batch
  const bool end_of_batch;        ///< the last of its batch, in whatever shard: a good time to flush

 private:
  ShardedSequence<S>& progress_;
  const std::size_t events_;
};

/// A handler takes handler(E&) or handler(E&, const ShardedEventContext<S>&), or const auto&; where events lie side by side
/// (Dense) also runs of them, handler(std::span<E>, const ShardedEventContext<S>&).
template <class H, class S>
concept HandlesShardedEvents = HandlesEvents<H, typename S::Event, ShardedEventContext<S>>;
template <class H, class S>
concept HandlesShardedRuns = HandlesRuns<H, S, ShardedEventContext<S>>;
template <class H, class S>
concept ShardedEventHandler = HandlesShardedEvents<H, S> || HandlesShardedRuns<H, S>;

namespace detail {

// A consumer's way round its shards. look() takes down what each has, beginning after the shard that came last in the batch
// before, at most `quota` of one: no shard starves, whatever the load.
//
// Threads:  one, the consumer.
template <class S>
class ShardedSweep {
 public:
  // What a batch has of one shard: events up to `last`, tombstones from there to `end`.
  struct Run {
    std::size_t shard;
    std::size_t turn;  // which one of its stripe that is
    Position begin;
    Position last;
    Position end;
  };

  ShardedSweep(Shards<S>& shards, std::size_t quota, ShardStripe stripe = {})
      : quota_(quota),
        stripe_(checked_stripe(stripe, shards.shard_count())),
        count_(stripe.count(shards.shard_count())),
        tombstones_(shards.shard_count(), [&](std::size_t i) { return Tombstones<S>(shards.shard(i)); }) {
    runs_.reserve(shards.shard_count());
  }

  // A new batch of at most `most`. Returns how large it is.
  template <class W>
  std::size_t look(ShardedBarrier<S, W>& barrier, const ShardedSequence<S>& progress, std::size_t most) noexcept {
    runs_.clear();
    std::size_t size = 0;
    std::size_t k = turn_;
    for (std::size_t i = 0; i < count_ && size < most; ++i, k = after(k)) {
      const std::size_t shard = stripe_.shard(k);
      const Position begin = progress.passed(shard);
      const std::size_t n = barrier.look(shard, begin, std::min(quota_, most - size));
      if (n == 0) continue;
      runs_.push_back({shard, k, begin, tombstones_[shard].trim(begin, begin + n), begin + n});
      turn_ = after(k);
      size += n;
    }
    return size;
  }

  std::size_t runs() const noexcept { return runs_.size(); }
  const Run& run(std::size_t r) const noexcept { return runs_[r]; }
  // In the batch.
  bool is_buried(std::size_t r, Position p) const noexcept { return tombstones_[runs_[r].shard].is_at(p); }
  // No run from r on has an event.
  bool is_over(std::size_t r) const noexcept {
    for (; r < runs_.size(); ++r)
      if (runs_[r].last != runs_[r].begin) return false;
    return true;
  }

  // The batch ends at p of run r. The next one begins there, or, so that a shard whose every event ends its batch does not
  // keep the others waiting, with the next shard.
  void cut(std::size_t r, Position p, bool stay) noexcept {
    turn_ = stay ? runs_[r].turn : after(runs_[r].turn);
    runs_[r].end = p;
    runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(r) + 1, runs_.end());
  }
  // Nothing more of the batch counts as handled; the next one begins where it did.
  void rewind() noexcept { cut(0, runs_.front().begin, true); }
  // All of the batch has been handled.
  void release(ShardedSequence<S>& progress) noexcept {
    for (const Run& run : runs_) {
      // An early release may have come farther.
      if (distance(progress.passed(run.shard), run.end) > 0) progress.release(run.shard, run.end);
    }
  }

 private:
  std::size_t after(std::size_t k) const noexcept { return k + 1 < count_ ? k + 1 : 0; }

  const std::size_t quota_;
  const ShardStripe stripe_;
  const std::size_t count_;  // shards in it
  std::size_t turn_ = 0;     // which of them comes first

  std::vector<Run> runs_;
  Array<Tombstones<S>> tombstones_;
};

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
