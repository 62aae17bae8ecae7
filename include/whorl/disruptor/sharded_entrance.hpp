#pragma once
// What the producers of a Disruptor of shards have: an entrance of each shard, and handles that say which.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <whorl/disruptor/producer.hpp>
#include <whorl/disruptor/sharded_sequencer.hpp>
#include <whorl/handoff/array.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A producer of one shard: it publishes there and nowhere else. All it can do is ProducerBase's, whose capacity is that of
/// the shard.
///
/// Threads:   as Base: of an exclusive shard it is the only producer, and may be moved; of a shared one it may be copied.
/// Lifetime:  the Disruptor outlives it. When the producer of an exclusive shard ends another one can have the shard, and
///            goes on behind it.
template <class Base>
class ShardProducer : public Base {
 public:
  /// Used by the Disruptor.
  template <class S>
  ShardProducer(detail::Entrance<S>& entrance, std::size_t shard) noexcept : Base(entrance), shard_(shard) {}

  /// Which one, in [0, shard_count()).
  std::size_t shard() const noexcept { return shard_; }

 private:
  std::size_t shard_;
};

namespace detail {

// Producers of two shards share none of it: each shard knows the nodes' threads.
template <class S>
class ShardedEntrance {
 public:
  using Word = typename Entrance<S>::Word;

  explicit ShardedEntrance(Shards<S>& shards)
      : entrances_(shards.shard_count(), [&](std::size_t i) -> S& { return shards.shard(i); }) {}

  Entrance<S>& at(std::size_t shard) noexcept { return entrances_[shard]; }

  // Of one shard after the other: what is published meanwhile in one that is still open is handled as well.
  void close() noexcept {
    for (std::size_t i = 0; i < entrances_.size(); ++i) entrances_[i].close();
  }

  void add_thread(const Word& thread) {
    attempt<false>(
        [&] {
          for (std::size_t i = 0; i < entrances_.size(); ++i) entrances_[i].add_thread(thread);
        },
        [&] {
          remove_thread(thread);
          std::rethrow_exception(std::current_exception());
        });
  }
  void remove_thread(const Word& thread) noexcept {
    for (std::size_t i = 0; i < entrances_.size(); ++i) entrances_[i].remove_thread(thread);
  }
  bool is_inside_a_handler() noexcept { return entrances_[0].is_inside_a_handler(); }

 private:
  Array<Entrance<S>> entrances_;
};

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
