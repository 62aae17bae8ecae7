#pragma once
// Lease: the right to be the one producer of a shard.

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <whorl/ring/patience.hpp>
#include <whorl/sync/contract.hpp>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Writes to one shard of an exclusive ring until it is destroyed or moved from. It may be moved to another thread, but
/// two threads never use it at once; the ring must outlive it.
///
/// Threads:   one: the thread that writes with it first. Moving it lets the next thread be that one.
/// Progress:  what begins with try_ is wait-free; write() waits for room.
/// Order:     items of one lease are read in the order written. A later lease of the same shard writes behind them.
template <class Shard>
class Lease {
  using T = typename Shard::Value;

 public:
  /// Used by the ring, which has taken the right for it.
  Lease(Shard& shard, std::size_t shard_index) noexcept : shard_(&shard), shard_index_(shard_index) {}
  Lease(Lease&& other) noexcept : shard_(std::exchange(other.shard_, nullptr)), shard_index_(other.shard_index_) {}
  Lease& operator=(Lease&& other) noexcept {
    if (this != &other) {
      give_back();
      shard_ = std::exchange(other.shard_, nullptr);
      shard_index_ = other.shard_index_;
      thread_.reset();
    }
    return *this;
  }
  ~Lease() { give_back(); }

  /// False when the shard is full or the ring closed; `value` is then untouched, so moving it again in a retry loop is
  /// right. A retry loop asks is_closed(), too.
  template <std::convertible_to<T> U = T>
  [[nodiscard]] bool try_write(U&& value) {
    check();
    return shard_->try_write(std::forward<U>(value));
  }

  /// Copies as many of `values` as find room, in order, and publishes them; returns how many.
  ///
  /// Errors:  what T's copy throws; the values before that one are written, and the caller does not learn how many: one
  ///          that must know writes them one by one.
  [[nodiscard]] std::size_t try_write_some(std::span<const T> values)
    requires std::copy_constructible<T>
  {
    check();
    return shard_->try_write_some(values);
  }

  /// Copies all of `values`, or none when they do not find room together.
  [[nodiscard]] bool try_write_all(std::span<const T> values)
    requires std::copy_constructible<T>
  {
    check();
    return shard_->try_write_some(values, values.size()) == values.size();
  }

  /// Claims at most `most` cells, to be filled where they lie; see ClaimedRange. The lease is kept until that is done.
  [[nodiscard]] typename Shard::Range try_claim(std::size_t most, std::size_t least = 1) noexcept {
    check();
    return shard_->try_claim(most, least);
  }

  /// Writes one item, waiting for room: see ShardedRing::write. There is but one shard to choose.
  template <std::convertible_to<T> U = T, Patience P = WritePolicy>
  WriteResult write(U&& value, const P& patience = {}, const Until& until = {}) {
    check();
    return shard_->write(std::forward<U>(value), patience, until);
  }
  /// The same with the default policy.
  template <std::convertible_to<T> U = T>
  WriteResult write(U&& value, const Until& until) {
    return write(std::forward<U>(value), WritePolicy{}, until);
  }

  /// The ring has been closed: no write will succeed. The shard ends when the lease is given back.
  bool is_closed() const noexcept { return shard_ == nullptr || shard_->is_closed(); }

  /// Which shard of the ring it is, in [0, shard_count).
  std::size_t shard_index() const noexcept { return shard_index_; }

 private:
  void check() noexcept {
    WHORL_ASSERT(shard_ != nullptr, "this lease was moved from: write with the one it was moved to");
    if constexpr (WHORL_CHECKED) {
      if (!thread_.has_value()) thread_ = sync::this_thread();
      WHORL_ASSERT(thread_ == sync::this_thread(), "a lease belongs to one thread: take one for each, or move it");
    }
  }
  void give_back() noexcept {
    if (shard_ != nullptr) std::exchange(shard_, nullptr)->disown();
  }

  Shard* shard_;
  std::size_t shard_index_;
  std::optional<sync::ThreadId> thread_;  // who writes, where checks are on
};

/// What an Exclusive ring offers its producers.
template <class Ring, class Shard>
class WritesByLease {
 public:
  using Lease = whorl::Lease<Shard>;

  /// The right to be the only producer of a shard that nobody has leased; none when all are out or the ring is closed.
  /// A lease that has been given back can be had again: a loop that takes leases until there are none may never end.
  /// It is that of the first free shard, so that short leases, one at a time, are all of shard 0, which is filled while the
  /// others are empty: keep a lease as long as there is something to write.
  [[nodiscard]] std::optional<Lease> lease() {
    const auto& shards = static_cast<Ring&>(*this).shards_;
    for (std::size_t i = 0; i < shards.size(); ++i) {
      if (shards[i].try_own()) return std::optional<Lease>(std::in_place, shards[i], i);
    }
    return std::nullopt;
  }

 private:
  friend Ring;
  WritesByLease() = default;
};

}  // namespace whorl::inline WHORL_ABI_TAG
