#pragma once
// RingShard: a bounded ring with one consumer.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <whorl/handoff/hand_off.hpp>
#include <whorl/handoff/reader.hpp>
#include <whorl/ring/claimed_range.hpp>
#include <whorl/ring/doorbell.hpp>
#include <whorl/ring/kinds.hpp>
#include <whorl/ring/patience.hpp>
#include <whorl/ring/stats.hpp>
#include <whorl/sync/alone.hpp>
#include <whorl/sync/contract.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A bounded first-in first-out ring: a hand-off whose gate is one consumer's cursor, and that consumer's reader.
///
/// Threads:   producers as Kind says; one consumer.
/// Order:     items are read in the order in which they were claimed; what a producer did before a write is visible to
///            the consumer of the item.
/// Progress:  what begins with try_ never waits: wait-free when exclusive, lock-free when shared. try_consume is
///            wait-free; it finds nothing while the producer of the next item is between claim and publish, even if later
///            items are complete.
/// Units:     capacity in items, a power of two; 1 is legal. `first` is the first position: a test's business.
/// Errors:    std::bad_alloc.
template <class T, class Kind = Biased, class Layout = DefaultLayout<T, Kind>>
class RingShard {
  static_assert(detail::require_element<T>());
  using Cells = typename Layout::template Cells<T>;

 public:
  using Value = T;
  using Claim = typename Kind::Claim;
  using Range = ClaimedRange<RingShard>;

  /// A shard of its own: nobody sleeps until it has items.
  explicit RingShard(std::size_t capacity, Position first = 0)
      : RingShard(detail::require_power_of_two("RingShard", "capacity", capacity), first, true, nullptr, 0) {}
  /// Shard `index` of those whose consumer has `bell`. `count`: see RingOptions.
  RingShard(std::size_t capacity, Position first, bool count, Doorbell* bell, std::size_t index)
      : call_(bell, index),
        first_(first),
        capacity_(capacity),
        count_(count),
        hand_off_(first, capacity),
        reader_(first, capacity) {}
  RingShard(const RingShard&) = delete;
  RingShard& operator=(const RingShard&) = delete;

  /// Destroys what was not read. Nobody may be writing or reading any more, or have a claimed range.
  ~RingShard() {
    constexpr bool kReadAll = WHORL_CHECKED || !std::is_trivially_destructible_v<T>;
    while (kReadAll && try_consume([](T&) {}, capacity_) != 0) {
    }
    WHORL_ASSERT(reader_.next() == hand_off_.claim().claimed(), "publish or drop a claimed range before its ring ends");
  }

  // ---- producers --------------------------------------------------------------------------------------------------

  /// Writes items 0 .. n - 1, item k built from fill(k), n in [least, most] or 0. Neither fill nor T's constructor may
  /// write to this shard.
  ///
  /// Returns:  n: fewer than `most` when the shard ran full, 0 when there is no room for `least`, or it is closed.
  /// Errors:   what fill or T's constructor throws; items before that one are written, the ring goes on.
  template <class Fill>
  [[gnu::always_inline]] std::size_t try_fill(std::size_t most, Fill&& fill, std::size_t least = 1) {
    const std::size_t n = put(least, most, std::forward<Fill>(fill));
    if (n < most) [[unlikely]]
      count_refused(most - n);
    return n;
  }

  /// Writes one item built from `value`. False when the shard is full or closed; `value` is then untouched.
  template <std::convertible_to<T> U = T>
  [[gnu::always_inline]] bool try_write(U&& value) {
    return try_fill(1, [&](std::size_t) noexcept -> U&& { return std::forward<U>(value); }) != 0;
  }

  /// Copies `values` in order, at least `least` of them or none; returns how many.
  std::size_t try_write_some(std::span<const T> values, std::size_t least = 1)
    requires std::copy_constructible<T>
  {
    return try_fill(values.size(), [&](std::size_t k) noexcept -> const T& { return values[k]; }, least);
  }

  /// Writes one item, waiting for room as `patience` says.
  template <std::convertible_to<T> U = T, Patience P = WritePolicy>
  WriteResult write(U&& value, const P& patience = {}, const Until& until = {}) {
    if (accept(std::forward<U>(value))) return WriteResult::ok;
    return wait_for_room(patience, until, [&] { return offer(std::forward<U>(value)); });
  }

  /// One try of a write that is counted when it ends; and what came of it: ok, full or closed.
  template <class U>
  [[gnu::always_inline]] bool accept(U&& value) {
    return put(1, 1, [&](std::size_t) noexcept -> U&& { return std::forward<U>(value); }) != 0;
  }
  template <class U>
  WriteResult offer(U&& value) {
    if (accept(std::forward<U>(value))) return WriteResult::ok;
    return is_closed() ? WriteResult::closed : WriteResult::full;
  }
  WriteResult finished(WriteResult result) noexcept {
    if (result != WriteResult::ok) count_refused(1);
    return result;
  }
  /// Calls attempt() as `patience` says, which is an offer to this shard or to it and others.
  template <Patience P, class Attempt>
  [[gnu::noinline]] WriteResult wait_for_room(const P& patience, const Until& until, const Attempt& attempt) {
    std::uint64_t waits = 0;
    const WriteResult result = detail::write_patiently(patience, hand_off_.gate().room(), until, waits, attempt);
    if (count_) backoffs_.fetch_add(waits, sync::relaxed);  // relaxed: a count, it orders nothing
    return finished(result);
  }

  /// Claims cells to be filled where they lie: between `least` and `most`, or none.
  [[nodiscard]] Range try_claim(std::size_t most, std::size_t least = 1) noexcept {
    if (most == 0) return {};
    WHORL_ASSERT(least <= most, "try_claim takes the most first, then the least");
    if (least > capacity_ || !OneProducer::may_enter(writing_, kOneProducer)) return {};
    const Claimed cells = hand_off_.try_claim(least, std::min(most, capacity_));
    if (!cells) return {};
    OneProducer::stay(writing_);
    return {*this, cells};
  }

  // ---- the consumer -----------------------------------------------------------------------------------------------

  /// Hands the consumer at most `most` items, in place: use(T&), after which the item is destroyed.
  ///
  /// Returns:  how many there were.
  /// Errors:   what `use` throws; that item counts as delivered and its room goes back.
  template <class Use>
  std::size_t try_consume(Use&& use, std::size_t most) {
    return reader_.visit(hand_off_.cells(), hand_off_.gate(), most, std::forward<Use>(use), is_shared());
  }

  /// For the consumer's doorbell.
  Doorbell::Call& call() noexcept { return call_; }
  /// The consumer: there is an item to read.
  bool is_readable() { return reader_.peek(hand_off_.cells(), hand_off_.gate()); }

  // ---- anybody ----------------------------------------------------------------------------------------------------

  /// No write succeeds any more; what was accepted can still be read. An exclusive shard's producer learns of it at its
  /// next write. May be called more than once and from any thread.
  void close() noexcept {
    hand_off_.claim().close();
    hand_off_.gate().room().notify();
  }
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
    stats.refused = refused_.load(sync::relaxed);    // relaxed: a count, it orders nothing
    stats.backoffs = backoffs_.load(sync::relaxed);  // relaxed: as above
    if (count_) stats.parks = hand_off_.gate().room().sleeps();
    return stats;
  }

  /// For whoever deals out the right to write (ShardedRing's lease).
  bool try_own() noexcept { return hand_off_.claim().try_own(); }
  void disown() noexcept {
    OneProducer::may_enter(writing_, "a claimed range is open: publish or discard() it before the lease is given back");
    hand_off_.claim().disown();
    call_.wake();  // the consumer may be waiting for the last owner to go
  }

 private:
  friend Range;
  // A shared claim sorts its producers out by itself.
  using OneProducer = std::conditional_t<Claim::kShared, detail::NotAlone, detail::Alone>;
  static constexpr const char* kOneProducer =
      "an exclusive shard is written by one thread, and not while an item is being built or a claimed range is open";

  template <class Fill>
  [[gnu::always_inline]] std::size_t put(std::size_t least, std::size_t most, Fill&& fill) {
    const OneProducer alone(writing_, kOneProducer);
    const Doorbell::Tell after{call_};  // whatever comes of it: what an exception leaves behind was published, too
    const std::size_t bound = most == 1 ? 1 : capacity_;  // a single item fits in any shard
    return least > bound ? 0 : hand_off_.write(least, std::min(most, bound), std::forward<Fill>(fill));
  }

  // ---- a claimed range's
  template <class... Args>
  T& build(Position p, Args&&... args) {
    return hand_off_.cells().build(p, std::forward<Args>(args)...);
  }
  T& at(Position p) noexcept { return hand_off_.cells().at(p); }
  void publish(Position p, std::size_t n) noexcept {
    hand_off_.cells().publish(p, n);
    call_.tell();
  }
  // The first `built` of the unpublished `rest` have been built.
  void end_claim(Claimed rest, std::size_t built) noexcept {
    hand_off_.cells().destroy(rest.first, built);
    if (rest) {
      hand_off_.abandon(rest);
      call_.tell();
    }
    OneProducer::end_stay(writing_);
  }

  bool is_shared() const noexcept {
    if constexpr (Claim::kShared) return hand_off_.claim().is_shared();
    return false;
  }

  [[gnu::noinline, gnu::cold]] void count_refused(std::size_t items) noexcept {
    if (count_) refused_.fetch_add(items, sync::relaxed);  // relaxed: a count, it orders nothing
  }

  Doorbell::Call call_;  // the consumer before it sleeps, the producer that answers; quiet, as is what follows
  const Position first_;
  const std::size_t capacity_;
  const bool count_;
  HandOff<Claim, Cells, ConsumerCursor> hand_off_;
  alignas(kCacheLine) sync::Atomic<std::uint64_t> refused_{0};  // producers that found no room
  sync::Atomic<std::uint64_t> backoffs_{0};                     // producers that waited for it
  sync::Atomic<bool> writing_{false};  // the owner: a claimed range is open; where checks are on, any write
  Reader<Claim::kShared> reader_;      // the consumer
};

}  // namespace whorl::inline WHORL_ABI_TAG
