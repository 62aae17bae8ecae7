#pragma once
// RingShard: a bounded ring with one consumer.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <whorl/handoff/hand_off.hpp>
#include <whorl/handoff/reader.hpp>
#include <whorl/ring/kinds.hpp>
#include <whorl/ring/stats.hpp>
#include <whorl/sync/alone.hpp>
#include <whorl/sync/contract.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A bounded first-in first-out ring: a hand-off whose gate is one consumer's cursor, and that consumer's reader.
///
/// Threads:   producers as Kind says; one consumer.
/// Order:     items are read in the order in which they were claimed; what a producer did before a write is visible to
///            the consumer of the item.
/// Progress:  try_write never waits: wait-free when exclusive, lock-free when shared. try_consume is wait-free; it
///            finds nothing while the producer of the next item is between claim and publish, even if later items are
///            complete.
/// Units:     capacity in items, a power of two; 1 is legal. `first` is the first position: a test's business.
/// Errors:    std::bad_alloc.
template <class T, class Kind = Shared, class Layout = DefaultLayout<T, Kind>>
class RingShard {
  static_assert(detail::require_element<T>());
  using Cells = typename Layout::template Cells<T>;

 public:
  using Value = T;
  using Claim = typename Kind::Claim;

  explicit RingShard(std::size_t capacity, Position first = 0)
      : first_(first),
        capacity_(detail::require_power_of_two("RingShard", "capacity", capacity)),
        hand_off_(first, capacity),
        reader_(first, capacity) {}
  RingShard(const RingShard&) = delete;
  RingShard& operator=(const RingShard&) = delete;

  /// Destroys what was not read. Nobody may be writing or reading any more.
  ~RingShard() {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      while (try_consume([](T&) {}, capacity_) != 0) {
      }
    }
  }

  /// Writes items 0 .. n - 1, n at most `most`, item k built from fill(k). Neither fill nor T's constructor may write to
  /// this shard.
  ///
  /// Returns:  how many found room: fewer than `most` when the shard ran full, none when it is full or closed.
  /// Errors:   what fill or T's constructor throws; items before that one are written, the ring goes on.
  template <class Fill>
  std::size_t try_fill(std::size_t most, Fill&& fill) {
    [[maybe_unused]] const auto alone = one_producer();
    const std::size_t n = hand_off_.write(1, std::min(most, capacity_), std::forward<Fill>(fill));
    if (n == 0 && most != 0) [[unlikely]]
      count_refusal();
    return n;
  }

  /// Writes one item built from `value`. False when the shard is full or closed; `value` is then untouched.
  template <std::convertible_to<T> U = T>
  bool try_write(U&& value) {
    return try_fill(1, [&](std::size_t) noexcept -> U&& { return std::forward<U>(value); }) != 0;
  }

  /// Copies as many of `values` as find room, in order; returns how many.
  std::size_t try_write_some(std::span<const T> values)
    requires std::copy_constructible<T>
  {
    return try_fill(values.size(), [&](std::size_t k) noexcept -> const T& { return values[k]; });
  }

  /// Hands the consumer at most `most` items, in place: use(T&), after which the item is destroyed.
  ///
  /// Returns:  how many there were.
  /// Errors:   what `use` throws; that item counts as delivered and its room goes back.
  template <class Use>
  std::size_t try_consume(Use&& use, std::size_t most) {
    return reader_.visit(hand_off_.cells(), hand_off_.gate(), most, std::forward<Use>(use));
  }

  /// No write succeeds any more; what was accepted can still be read. An exclusive shard's producer learns of it at its
  /// next write. May be called more than once and from any thread.
  void close() noexcept { hand_off_.claim().close(); }
  bool is_closed() const noexcept { return hand_off_.claim().is_closed(); }

  /// The consumer: the shard is closed, no producer can write any more and every accepted item has been read.
  bool is_drained() const noexcept {
    return hand_off_.claim().is_final() && reader_.next() == hand_off_.claim().claimed();
  }

  std::size_t capacity() const noexcept { return capacity_; }

  /// Items claimed and not yet released, in [0, capacity]: exact when nobody writes or reads, otherwise a guess that an
  /// unfinished write counts into.
  std::size_t size_approx() const noexcept {
    // The consumer's position first: the producers' is then at least as new, and the difference not negative.
    const Position passed = hand_off_.gate().passed(first_);
    return std::min(static_cast<std::size_t>(hand_off_.claim().claimed() - passed), capacity_);
  }

  RingStats stats() const noexcept {
    RingStats stats;
    const std::uint64_t passed = hand_off_.gate().passed(first_) - first_;
    const std::uint64_t skipped = reader_.skipped();  // after `passed`, with which the reader published it
    stats.tombstones = hand_off_.buried();
    stats.delivered = passed - std::min(passed, skipped);
    const std::uint64_t claimed = hand_off_.claim().claimed() - first_;
    stats.accepted = claimed - std::min(claimed, stats.tombstones);
    stats.refused = refused_.load(sync::relaxed);  // relaxed: a count, it orders nothing
    return stats;
  }

  /// The producers' side, for whoever deals out the right to write (ShardedRing's lease).
  Claim& claim() noexcept { return hand_off_.claim(); }

 private:
  [[gnu::noinline, gnu::cold]] void count_refusal() noexcept {
    if constexpr (Claim::kShared) {
      refused_.fetch_add(1, sync::relaxed);  // relaxed: a count, it orders nothing
    } else {
      refused_.store(refused_.load(sync::relaxed) + 1, sync::relaxed);  // relaxed: and written by the owner only
    }
  }

  // A shared claim sorts its producers out by itself.
  auto one_producer() noexcept {
    if constexpr (!Claim::kShared) {
      return detail::Alone(writing_,
                           "an exclusive shard is written by one thread, and not while an item is being built");
    } else {
      return 0;
    }
  }

  const Position first_;
  const std::size_t capacity_;
  HandOff<Claim, Cells, ConsumerCursor> hand_off_;
  alignas(kCacheLine) sync::Atomic<std::uint64_t> refused_{0};  // producers that found no room
  sync::Atomic<bool> writing_{false};                           // the owner, where checks are on
  Reader<Claim::kShared> reader_;                               // the consumer
};

}  // namespace whorl::inline WHORL_ABI_TAG
