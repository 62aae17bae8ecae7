#pragma once
// ShardedSequencer: sequencers side by side, for producers that never meet and consumers that see everything.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/sharded_kinds.hpp>
#include <whorl/disruptor/sharded_lease.hpp>
#include <whorl/disruptor/sharded_sequence.hpp>
#include <whorl/handoff/array.hpp>
#include <whorl/ring/options.hpp>

namespace whorl::inline WHORL_ABI_TAG {

namespace detail {

/// N shards, each a sequencer of its own, and one place where consumers sleep that wait for any of them.
///
/// NO ORDER ACROSS SHARDS: two consumers may see the events of two shards in different orders, and an event before the one
/// that caused it, if that is in another shard. Within a shard, and so for a producer that stays on its shard, all consumers
/// see the same order.
///
/// Threads:   producers as the shards' kind says: a lease is one thread's, a Shared shard anybody's. The rest: any.
/// Progress:  no word is written by the producers of two shards but for the one that wakes sleeping consumers. A shard that
///            is full, or whose producer stops between claim and publish, holds up its own producers, and its own events.
/// Full:      shard by shard: a slow consumer fills every shard, a busy producer its own only.
/// Units:     total_capacity in events over all shards; both it and `shards` powers of two.
/// Errors:    std::invalid_argument, naming the value and the nearest legal ones, before anything is allocated;
///            std::bad_alloc; what `make` throws.
/// Lifetime:  leases, sequences, barriers and processors end before it does.
template <class S>
class Shards {
 public:
  using Shard = S;
  using Wait = typename S::Wait;
  using Lease = ShardLease<S>;
  using Progress = ShardedSequence<S>;
  static constexpr bool kShared = S::kShared;

  Shards(const Shards&) = delete;
  Shards& operator=(const Shards&) = delete;

  // ---- producers --------------------------------------------------------------------------------------------------

  /// The right to be the only producer of a shard that nobody has leased; none when all are out, or when it is closed. A
  /// lease that has been given back can be had again: a loop that takes leases until there are none may never end. The search
  /// begins behind the shard that was given last, so that short leases do not pile up on one: who takes the next lease, also
  /// the same thread, has another shard as a rule, and no order between the two.
  [[nodiscard]] std::optional<Lease> lease()
    requires(!kShared)
  {
    const std::optional<std::size_t> i = try_own_any();
    return i ? std::optional<Lease>(std::in_place, shards_[*i], *i) : std::nullopt;
  }
  /// Used by whoever makes producers of another kind: the right itself, of which shard.
  std::optional<std::size_t> try_own_any() noexcept
    requires(!kShared)
  {
    const std::size_t first = next_lease_.load(sync::relaxed);  // relaxed: where to begin, whatever it says
    for (std::size_t k = 0; k < shard_count(); ++k) {
      const std::size_t i = (first + k) & (shard_count() - 1);
      if (!shards_[i].try_own()) continue;
      next_lease_.store(i + 1, sync::relaxed);  // relaxed: as above
      return i;
    }
    return std::nullopt;
  }

  /// The shard of a producer: only the low bits of an id choose, so number producers 0, 1, 2, ... Two may use the same id.
  std::size_t shard_of(std::uint64_t producer_id) const noexcept {
    return static_cast<std::size_t>(producer_id) & (shard_count() - 1);
  }
  S& shard_for(std::uint64_t producer_id) noexcept
    requires kShared
  {
    return shards_[shard_of(producer_id)];
  }

  // ---- consumers --------------------------------------------------------------------------------------------------

  /// `sequence` is a member of every shard's gate from now on, and reads in each shard what is claimed from now on: one
  /// moment for each shard, none for all of them. Not while its owner runs. False: in some shard it is a member already, or
  /// there are GroupGate::kMostMembers of them; it has joined nowhere then, but in the shards before that one it has been
  /// moved to what is claimed.
  [[nodiscard]] bool add_gating(Progress& sequence) noexcept {
    std::size_t joined = 0;
    while (joined < shard_count() && shards_[joined].add_gating(sequence.in(joined))) ++joined;
    const bool is_member = joined == shard_count();
    while (!is_member && joined != 0) {
      --joined;
      shards_[joined].remove_gating(sequence.in(joined));
    }
    news_.notify();  // it has moved, and those that follow it sleep there
    return is_member;
  }
  /// No longer. False: it was none.
  bool remove_gating(Progress& sequence) noexcept {
    bool was_member = false;
    for (std::size_t i = 0; i < shard_count(); ++i) was_member |= shards_[i].remove_gating(sequence.in(i));
    return was_member;
  }

  // ---- anybody ----------------------------------------------------------------------------------------------------

  /// No claim succeeds any more, in any shard, and everybody who waits looks again. What is published can still be read.
  /// An exclusive shard that is leased ends when its producer hears of it, or gives the lease back.
  void close() noexcept {
    for (std::size_t i = 0; i < shard_count(); ++i) shards_[i].close();
  }
  /// Every shard is.
  bool is_closed() const noexcept {
    for (std::size_t i = 0; i < shard_count(); ++i)
      if (!shards_[i].is_closed()) return false;
    return true;
  }

  std::size_t shard_count() const noexcept { return shards_.size(); }
  std::size_t capacity() const noexcept { return shards_[0].capacity() * shard_count(); }
  /// Shard i, in [0, shard_count()), for consumers and for whoever looks.
  S& shard(std::size_t i) noexcept {
    WHORL_ASSERT(i < shard_count(), "shards are numbered from 0 to shard_count() - 1");
    return shards_[i];
  }
  const S& shard(std::size_t i) const noexcept {
    WHORL_ASSERT(i < shard_count(), "shards are numbered from 0 to shard_count() - 1");
    return shards_[i];
  }

  const Wait& wait_strategy() const noexcept { return shards_[0].wait_strategy(); }
  /// What all consumers sleep on: something has been published, a consumer has gone on or joined, or a shard has ended.
  EventCount& news() noexcept { return news_; }

 protected:
  /// `rest` is what each shard is constructed from besides.
  template <class... Rest>
  Shards(const char* owner, std::size_t total_capacity, std::size_t shards, const Wait& wait,
         const SequencerOptions& options, const Rest&... rest)
      : Shards(Sizes{checked_shards(shards, owner), checked_capacity(total_capacity, shards, owner)},
               [&](std::size_t size) { return S(size, rest..., wait, ShardOptions{options, &news_}); }) {}
  ~Shards() = default;

 private:
  struct Sizes {
    std::size_t shards;
    std::size_t of_each;
  };
  template <class Make>
  Shards(Sizes sizes, Make&& make) : shards_(sizes.shards, [&](std::size_t) { return make(sizes.of_each); }) {
    if constexpr (!kShared) {
      for (std::size_t i = 0; i < shard_count(); ++i) shards_[i].disown();  // whoever leases it is its producer
    }
  }

  alignas(kCacheLine) EventCount news_{EventCount::Payer::sleeper};  // consumers that sleep; quiet otherwise
  alignas(kCacheLine) Array<S> shards_;                              // everybody reads it, and nobody writes
  alignas(kCacheLine) sync::Atomic<std::size_t> next_lease_{0};      // who takes a lease
};

}  // namespace detail

/// Bare sequencers: what is published lies elsewhere. Kind: Exclusive or Shared. See detail::Shards.
template <class Kind, WaitStrategy W = BlockingWait>
class ShardedSequencer
    : public detail::Shards<
          Sequencer<typename Kind::Claim, typename Sharded<Kind>::DenseMarks, W, detail::SharedNews>> {
  using Base =
      detail::Shards<Sequencer<typename Kind::Claim, typename Sharded<Kind>::DenseMarks, W, detail::SharedNews>>;

 public:
  ShardedSequencer(std::size_t total_capacity, std::size_t shards, W wait = {}, SequencerOptions options = {})
      : Base("ShardedSequencer", total_capacity, shards, wait, options) {}
};

/// Ring buffers, whose events are made once and filled anew each lap. See detail::Shards.
template <class E, class Kind = Exclusive, class Layout = DefaultEventLayout<E>, WaitStrategy W = BlockingWait>
class ShardedRingBuffer : public detail::Shards<RingBuffer<E, Sharded<Kind>, Layout, W>> {
  using Base = detail::Shards<RingBuffer<E, Sharded<Kind>, Layout, W>>;

 public:
  using Event = E;
  static constexpr bool kDense = Base::Shard::kDense;

  ShardedRingBuffer(std::size_t total_capacity, std::size_t shards, W wait = {}, SequencerOptions options = {})
    requires std::default_initializable<E>
      : Base("ShardedRingBuffer", total_capacity, shards, wait, options) {}
  /// make(i) makes event i of each shard, in place.
  template <class Make>
    requires std::is_invocable_r_v<E, const Make&, std::size_t>
  ShardedRingBuffer(std::size_t total_capacity, std::size_t shards, const Make& make, W wait = {},
                    SequencerOptions options = {})
      : Base("ShardedRingBuffer", total_capacity, shards, wait, options, make) {}

  /// An event that the caller has claimed, or may read.
  E& get(std::size_t shard, SequenceNumber sequence) noexcept { return this->shard(shard).get(sequence); }
};

}  // namespace whorl::inline WHORL_ABI_TAG
