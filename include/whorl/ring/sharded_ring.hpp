#pragma once
// ShardedRing: many producers, one consumer.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <whorl/ring/lease.hpp>
#include <whorl/ring/ring_shard.hpp>
#include <whorl/sync/alone.hpp>
#include <whorl/wait/edge.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// What a ShardedRing may be told besides its size.
struct RingOptions {
  /// Items the consumer takes from one shard before it looks at the next.
  std::size_t quota = 256;
  /// How long a consumer that follows its producers too closely holds back: see Edge. 0: never.
  unsigned edge_pauses = 8;
  /// The position of every shard's first item. For tests: to begin just before a wrap.
  Position first_position = 0;
};

/// A bounded ring for many producers and one consumer, split into shards so that the producers need not meet.
///
/// Kind: Shared (any thread writes by producer id; the shard is producer_id & (shard_count() - 1)) or Exclusive (a
/// producer leases a shard for itself, and only leases write). Layout: Inline or Dense, see kinds.hpp.
///
/// Threads:   producers as Kind says; one consumer, which may change threads if the two synchronise.
/// Order:     per shard, first in first out, and so per producer, which stays on its shard. NONE across shards. What a
///            producer did before a write is visible to the consumer of the item.
/// Progress:  nothing here waits for another thread. Writing is lock-free (Shared) or wait-free (Exclusive); reading is
///            wait-free, bounded by `most` and a few pauses (see Edge). While a producer is between claim and publish its
///            shard reads as empty from that item on.
/// Full:      a write is refused only if, as far as the consumer's releases have reached the writing thread, the shard
///            holds capacity() / shard_count() items. The consumer releases at the end of every call, and within a call
///            each eighth of a shard.
/// Lifetime:  destroy the ring only after every other thread's last call, and every lease, has ended (join them first);
///            what was not read is destroyed with it. That is_drained() says yes is not enough: a producer that was
///            refused may still be on its way out.
/// Elements:  any type that moves and is destroyed without throwing; a copy that throws leaves the ring usable.
/// Source:    the idea of shards chosen by producer id is randomizedcoder/go-lock-free-ring's.
template <class T, class Kind = Shared, class Layout = DefaultLayout<T, Kind>>
class ShardedRing {
  static_assert(detail::require_element<T>());

 public:
  using Shard = RingShard<T, Kind, Layout>;
  using Lease = whorl::Lease<Shard>;

  /// `total_capacity` items over `shards` shards; both powers of two, total_capacity >= shards.
  ///
  /// Errors:  std::invalid_argument, naming the value and the nearest legal ones, before anything is allocated;
  ///          std::bad_alloc.
  ShardedRing(std::size_t total_capacity, std::size_t shards, RingOptions options = {})
      : mask_(checked_shards(shards) - 1),
        quota_(checked_quota(options.quota)),
        shards_(shards, [capacity = checked_capacity(total_capacity, shards),
                         first = options.first_position](std::size_t) { return Shard(capacity, first); }),
        edge_(checked_pauses(options.edge_pauses)) {}

  // ---- producers --------------------------------------------------------------------------------------------------

  /// Writes one item built from `value` into the shard of `producer_id`. False when that shard is full or the ring is
  /// closed; `value` is then untouched, so moving it again in a retry loop is right; a retry loop asks
  /// is_closed(), too. Two threads may use the same id. Only its low bits choose the shard: number producers 0, 1, 2, ...
  template <std::convertible_to<T> U = T>
    requires Kind::Claim::kShared
  [[nodiscard]] bool try_write(std::uint64_t producer_id, U&& value) {
    return shards_[shard_of(producer_id)].try_write(std::forward<U>(value));
  }

  /// Copies as many of `values` as find room in the shard of `producer_id`, in order; returns how many.
  ///
  /// Errors:  what T's copy throws; the values before that one are written, and the caller does not learn how many: one
  ///          that must know writes them one by one.
  [[nodiscard]] std::size_t try_write_some(std::uint64_t producer_id, std::span<const T> values)
    requires(Kind::Claim::kShared && std::copy_constructible<T>)
  {
    return shards_[shard_of(producer_id)].try_write_some(values);
  }

  /// The right to be the only producer of a shard that nobody has leased; none when all are out or the ring is closed.
  /// A lease that has been given back can be had again: a loop that takes leases until there are none may never end.
  [[nodiscard]] std::optional<Lease> lease()
    requires(!Kind::Claim::kShared)
  {
    for (std::size_t i = 0; i <= mask_; ++i) {
      if (shards_[i].claim().try_own()) return std::optional<Lease>(std::in_place, shards_[i], i);
    }
    return std::nullopt;
  }

  // ---- the consumer -----------------------------------------------------------------------------------------------

  /// The next item, if any shard has one; the shard after the one served last comes first.
  [[nodiscard]] std::optional<T> try_read() {
    std::optional<T> item;
    try_consume([&](T& value) { item.emplace(std::move(value)); }, 1);
    return item;
  }

  /// Moves at most out.size() items into `out`; returns how many.
  std::size_t try_read_some(std::span<T> out)
    requires std::is_move_assignable_v<T>
  {
    T* next = out.data();
    return try_consume([&](T& value) { *next++ = std::move(value); }, out.size());
  }

  /// Hands at most `most` items to use(T&), in place; each is destroyed after its call. The shards take turns of at
  /// most `quota` items, beginning after the shard served last, until `most` is reached or every shard was seen empty.
  ///
  /// Returns:  how many there were.
  /// Errors:   what `use` throws; that item counts as delivered, and the ring goes on.
  ///
  /// `use` must not read from this ring. It may write to it, but must not wait for room: that comes back in eighths of a
  /// shard, and the rest when the call returns.
  template <class Use>
    requires std::is_invocable_v<Use&, T&>
  std::size_t try_consume(Use&& use, std::size_t most) {
    const detail::Alone alone(
        consuming_, "a ShardedRing has one consumer: read from one thread at a time, and not inside a handler");
    edge_.before_look();
    std::size_t used = 0;
    // A sweep in which some shard used up its quota did not see that shard's end: sweep again.
    for (bool again = true; again && used < most;) again = sweep(use, most, used);
    edge_.after_look(used, most);
    return used;
  }

  /// The consumer, outside its handlers: the ring is closed and every accepted item has been read; nothing will come any
  /// more. Ask it when a read has found nothing: it looks at words that the producers write. A lease that this thread
  /// still holds keeps it false.
  bool is_drained() const noexcept {
    for (std::size_t i = 0; i <= mask_; ++i)
      if (!shards_[i].is_drained()) return false;
    return true;
  }

  // ---- anybody ----------------------------------------------------------------------------------------------------

  /// No write succeeds any more; what was accepted can still be read. A lease hears of it at its next write, and its
  /// shard ends when the lease is given back. Does not wait; may be called more than once.
  void close() noexcept {
    for (std::size_t i = 0; i <= mask_; ++i) shards_[i].close();
  }
  bool is_closed() const noexcept { return shards_[mask_].is_closed(); }  // the last to be closed

  std::size_t capacity() const noexcept { return shards_[0].capacity() * shard_count(); }
  std::size_t shard_count() const noexcept { return mask_ + 1; }

  /// Items written and not yet released, shard after shard: exact when nobody writes or reads, otherwise a guess.
  std::size_t size_approx() const noexcept {
    std::size_t size = 0;
    for (std::size_t i = 0; i <= mask_; ++i) size += shards_[i].size_approx();
    return size;
  }

  RingStats stats() const noexcept {
    RingStats total;
    for (std::size_t i = 0; i <= mask_; ++i) total += shards_[i].stats();
    return total;
  }
  RingStats stats(std::size_t shard) const noexcept {
    WHORL_ASSERT(shard < shard_count(), "shards are numbered from 0 to shard_count() - 1");
    return shards_[shard].stats();
  }

  /// The shard that `producer_id` writes to, in [0, shard_count()).
  std::size_t shard_of(std::uint64_t producer_id) const noexcept {
    return static_cast<std::size_t>(producer_id) & mask_;
  }

 private:
  // One pass over the shards. True: some shard was left with its quota used up.
  template <class Use>
  bool sweep(Use& use, std::size_t most, std::size_t& used) {
    bool again = false;
    for (std::size_t i = 0, begin = turn_; i <= mask_ && used < most; ++i) {
      const std::size_t shard = (begin + i) & mask_;
      const std::size_t wanted = std::min(quota_, most - used);
      const std::size_t turn = std::exchange(turn_, shard + 1);  // now, so that it stands if `use` throws
      const std::size_t got = shards_[shard].try_consume(use, wanted);
      if (got == 0) turn_ = turn;
      used += got;
      again |= got == quota_;
    }
    return again;
  }

  static std::size_t checked_shards(std::size_t shards) {
    return detail::require_power_of_two("ShardedRing", "shards", shards);
  }
  static std::size_t checked_quota(std::size_t quota) {
    if (quota == 0) detail::refuse("ShardedRing: quota 0 would read nothing: use 1 or more");
    return quota;
  }
  static unsigned checked_pauses(unsigned pauses) {
    constexpr unsigned kMost = 1024;  // some 20 microseconds
    if (pauses > kMost) {
      detail::refuse("ShardedRing: edge_pauses " + std::to_string(pauses) + " would make a read wait: use " +
                     std::to_string(kMost) + " or fewer");
    }
    return pauses;
  }
  static std::size_t checked_capacity(std::size_t total, std::size_t shards) {
    const std::size_t each = total / shards;
    if (total % shards == 0 && std::has_single_bit(each) && each <= kMaxCapacity) return each;
    detail::refuse("ShardedRing: total_capacity " + std::to_string(total) + " over " + std::to_string(shards) +
                   " shards is " + (each > kMaxCapacity ? "too large: " : "not a power of two for each: ") +
                   detail::nearest_powers(each, shards));
  }

  const std::size_t mask_;
  const std::size_t quota_;
  Array<Shard> shards_;
  alignas(kCacheLine) std::size_t turn_ = 0;  // the consumer: the shard after the one served last
  Edge edge_;                                 // the consumer
  sync::Atomic<bool> consuming_{false};       // the consumer, where checks are on
};

}  // namespace whorl::inline WHORL_ABI_TAG
