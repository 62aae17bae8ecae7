#pragma once
// ShardedRing: many producers, one consumer.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <whorl/ring/by_id.hpp>
#include <whorl/ring/lease.hpp>
#include <whorl/ring/options.hpp>
#include <whorl/ring/ring_shard.hpp>
#include <whorl/ring/sweep.hpp>
#include <whorl/sync/alone.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// How a consumer's wait ended.
enum class [[nodiscard]] ReadResult : std::uint8_t {
  ready,      ///< there is an item to read
  closed,     ///< the ring is closed and every accepted item has been read: nothing will come any more
  timed_out,  ///< neither, until the deadline
  stopped,    ///< a stop was requested first
};

template <class T, class Kind, class Layout>
class ShardedRing;

namespace detail {
template <class T, class Kind, class Layout>
using RingProducers =
    std::conditional_t<Kind::Claim::kShared, WritesById<ShardedRing<T, Kind, Layout>, RingShard<T, Kind, Layout>>,
                       WritesByLease<ShardedRing<T, Kind, Layout>, RingShard<T, Kind, Layout>>>;
}  // namespace detail

/// A bounded ring for many producers and one consumer, split into shards so that the producers need not meet.
///
/// Kind: Biased or Shared (any thread writes by producer id: by_id.hpp) or Exclusive (a producer leases a shard for itself,
/// and only leases write: lease.hpp). Layout: Inline or Dense. All are in kinds.hpp.
///
/// Threads:   producers as Kind says; one consumer, which may change threads if the two synchronise.
/// Order:     per shard, first in first out, and so per producer, which stays on its shard. NONE across shards. What a
///            producer did before a write is visible to the consumer of the item.
/// Progress:  what begins with try_ waits for nobody. Writing is wait-free for an Exclusive shard's lease and a Biased
///            one's owner, lock-free otherwise; reading is wait-free, bounded by `most` and a few pauses (see Edge). While
///            a producer is between claim and publish its shard reads as empty from that item on. Waking a sleeper is a
///            system call.
/// Full:      a write is refused only if, as far as the consumer's releases have reached the writing thread, the shard
///            holds capacity() / shard_count() items. The consumer releases at the end of every call, and within a call
///            each eighth of a shard.
/// Lifetime:  destroy the ring only after every other thread's last call, and every lease, has ended (join them first);
///            what was not read is destroyed with it. That is_drained() says yes is not enough: a producer that was
///            refused may still be on its way out.
/// Elements:  any type that moves and is destroyed without throwing; a copy that throws leaves the ring usable.
/// Source:    the idea of shards chosen by producer id is randomizedcoder/go-lock-free-ring's.
template <class T, class Kind = Biased, class Layout = DefaultLayout<T, Kind>>
class ShardedRing : public detail::RingProducers<T, Kind, Layout> {
 public:
  using Value = T;
  using Shard = RingShard<T, Kind, Layout>;

  /// `total_capacity` items over `shards` shards; both powers of two, total_capacity >= shards.
  ///
  /// Errors:  std::invalid_argument, naming the value and the nearest legal ones, before anything is allocated;
  ///          std::bad_alloc.
  ShardedRing(std::size_t total_capacity, std::size_t shards, RingOptions options = {})
      : mask_(detail::checked_shards(shards) - 1),
        capacity_(detail::checked_capacity(total_capacity, shards)),
        sweep_(detail::checked_quota(options.quota), detail::checked_pauses(options.edge_pauses)),
        bell_(shards),
        shards_(shards,
                [&](std::size_t i) { return Shard(capacity_, options.first_position, options.count, &bell_, i); }) {}

  // The producers' part is that of by_id.hpp or lease.hpp.

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
    const detail::Alone alone(consuming_, kOneConsumer);
    return sweep_.run(shards_, bell_, use, most);
  }

  /// Waits as `strategy` says until there is an item to read, or nothing will come any more.
  ///
  ///     while (ring.wait_readable() == whorl::ReadResult::ready) ring.try_consume(handle, 256);
  template <WaitStrategy W = BlockingWait>
  ReadResult wait_readable(const W& strategy = {}, const Until& until = {}) {
    const detail::Alone alone(consuming_, kOneConsumer);
    ReadResult result = ReadResult::timed_out;
    Sleeper sleeper{*this};
    const auto look = [&] {
      if (is_readable(sleeper.about_to_sleep)) {
        result = ReadResult::ready;
      } else if (is_closed() && is_drained()) {
        result = ReadResult::closed;
      }
      return result != ReadResult::timed_out;
    };
    const WaitResult end = strategy.wait(sleeper, look, until);
    return end == WaitResult::stopped ? ReadResult::stopped : result;
  }

  /// The same with the default strategy: ring.wait_readable(10ms), ring.wait_readable(stop_token).
  ReadResult wait_readable(const Until& until) { return wait_readable(BlockingWait{}, until); }

  /// Moves items into `out` until it is full, `linger` is over, or nothing will come any more; waits for them as
  /// `strategy` says. Returns how many; fewer than out.size() only for one of these reasons, or a stop.
  template <class Rep, class Period, WaitStrategy W = BlockingWait>
  std::size_t read_batch(std::span<T> out, std::chrono::duration<Rep, Period> linger, const W& strategy = {},
                         std::stop_token stop = {})
    requires std::is_move_assignable_v<T>
  {
    const Until until(linger, std::move(stop));
    std::size_t read = try_read_some(out);
    while (read < out.size() && !until.is_over() && !until.is_stopped() &&
           wait_readable(strategy, until) == ReadResult::ready) {
      read += try_read_some(out.subspan(read));
    }
    return read;
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

  /// No write succeeds any more, and who waits to write or to read is woken; what was accepted can still be read. A lease
  /// hears of it at its next write, and its shard ends when the lease is given back. Does not wait; may be called more
  /// than once.
  void close() noexcept {
    for (std::size_t i = 0; i <= mask_; ++i) shards_[i].close();
    // (21) release pairs with acquire (22): what the closer did before, and every shard's end.
    closed_.store(true, sync::release);
    bell_.wake();
  }
  bool is_closed() const noexcept {
    // (22) acquire pairs with release (21).
    return closed_.load(sync::acquire);
  }

  std::size_t capacity() const noexcept { return capacity_ * shard_count(); }
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
  /// How often the consumer went to sleep in the kernel.
  std::uint64_t reader_parks() const noexcept { return bell_.sleeps(); }

  /// The shard that `producer_id` writes to, in [0, shard_count()).
  std::size_t shard_of(std::uint64_t producer_id) const noexcept {
    return static_cast<std::size_t>(producer_id) & mask_;
  }

 private:
  friend detail::RingProducers<T, Kind, Layout>;

  static constexpr const char* kOneConsumer =
      "a ShardedRing has one consumer: read from one thread at a time, and not inside a handler";

  // `everywhere`: also where the doorbell says that there is nothing, for it has just been told not to look there. It
  // looks everywhere again once something was found.
  bool is_readable(bool everywhere) {
    for (std::size_t i = 0; (i = everywhere ? i : bell_.next(i, shard_count())) < shard_count(); ++i) {
      if (shards_[i].is_readable()) return true;
    }
    return false;
  }

  // What a wait strategy sleeps on.
  struct Sleeper {
    ShardedRing& ring;
    bool about_to_sleep = false;
    template <class Ready>
    bool sleep_unless(Ready&& ready, const Until& until) {
      about_to_sleep = true;
      const bool is_ready = ring.bell_.sleep_unless(ring.shards_, ready, until);
      about_to_sleep = false;
      return is_ready;
    }
  };

  const std::size_t mask_;
  const std::size_t capacity_;           // of one shard
  sync::Atomic<bool> closed_{false};     // whoever closes; quiet
  alignas(kCacheLine) Sweep sweep_;      // the consumer
  sync::Atomic<bool> consuming_{false};  // the consumer, where checks are on
  Doorbell bell_;
  Array<Shard> shards_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
