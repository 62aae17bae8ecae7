#pragma once
// The producers' side of a ShardedRing that is written by producer id.

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <utility>
#include <whorl/ring/route.hpp>
#include <whorl/ring/writer.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// What Biased and Shared rings offer their producers. The shard is producer_id & (shard_count() - 1): only the low bits
/// of an id choose, so number producers 0, 1, 2, ... Two threads may use the same id.
///
/// A value that was not written is untouched, so moving it again in a retry loop is right; such a loop asks is_closed(),
/// too.
template <class Ring, class Shard>
class WritesById {
 public:
  using Value = typename Shard::Value;
  using Range = typename Shard::Range;

  /// Writes one item built from `value`. False when the shard is full or the ring is closed.
  template <std::convertible_to<Value> U = Value>
  [[nodiscard]] [[gnu::always_inline]] bool try_write(std::uint64_t producer_id, U&& value) {
    return shard_at(producer_id).try_write(std::forward<U>(value));
  }

  /// Copies as many of `values` as find room, in order; returns how many.
  ///
  /// Errors:  what the element's copy throws; the values before that one are written, and the caller does not learn how
  ///          many: one that must know writes them one by one.
  [[nodiscard]] std::size_t try_write_some(std::uint64_t producer_id, std::span<const Value> values)
    requires std::copy_constructible<Value>
  {
    return shard_at(producer_id).try_write_some(values);
  }

  /// Copies all of `values`, or none when they do not find room together: never when they are more than a shard holds.
  [[nodiscard]] bool try_write_all(std::uint64_t producer_id, std::span<const Value> values)
    requires std::copy_constructible<Value>
  {
    return shard_at(producer_id).try_write_some(values, values.size()) == values.size();
  }

  /// Claims between `least` and `most` cells, or none, to be filled where they lie: see ClaimedRange.
  [[nodiscard]] Range try_claim(std::uint64_t producer_id, std::size_t most, std::size_t least = 1) noexcept {
    return shard_at(producer_id).try_claim(most, least);
  }

  /// Writes one item, waiting for room as `patience` says: a WritePolicy, or a wait strategy. Tries at least once, and
  /// ends early at a deadline, when a stop is requested, or when the ring is closed.
  ///
  ///     ring.write(id, packet);                                            // for as long as it takes
  ///     ring.write(id, packet, whorl::WritePolicy::hybrid(), stop_token);  // elsewhere if need be
  template <std::convertible_to<Value> U = Value, Patience P = WritePolicy>
  WriteResult write(std::uint64_t producer_id, U&& value, const P& patience = {}, const Until& until = {}) {
    detail::Lot lot;
    return write_to(lot, producer_id, std::forward<U>(value), patience, until);
  }
  /// The same with the default policy: ring.write(id, packet, 10ms), ring.write(id, packet, stop_token).
  template <std::convertible_to<Value> U = Value>
  WriteResult write(std::uint64_t producer_id, U&& value, const Until& until) {
    return write(producer_id, std::forward<U>(value), WritePolicy{}, until);
  }
  template <std::convertible_to<Value> U = Value, class Rep, class Period, Patience P = WritePolicy>
  WriteResult write_for(std::uint64_t producer_id, U&& value, std::chrono::duration<Rep, Period> time,
                        const P& patience = {}, std::stop_token stop = {}) {
    return write(producer_id, std::forward<U>(value), patience, Until(time, std::move(stop)));
  }
  template <std::convertible_to<Value> U = Value, Patience P = WritePolicy>
  WriteResult write_until(std::uint64_t producer_id, U&& value, Until::Time deadline, const P& patience = {},
                          std::stop_token stop = {}) {
    return write(producer_id, std::forward<U>(value), patience, Until(deadline, std::move(stop)));
  }

  /// Writes one item by rounds of tries with sleeps between them: see BackoffConfig.
  template <std::convertible_to<Value> U = Value>
  WriteResult write_with_backoff(std::uint64_t producer_id, U&& value, const BackoffConfig& config = {},
                                 const Until& until = {}) {
    return write(producer_id, std::forward<U>(value), config.policy(), until);
  }

  /// A handle that writes as `producer_id`, always with this policy or wait strategy.
  template <Patience P = WritePolicy>
  [[nodiscard]] Writer<WritesById, P> writer(std::uint64_t producer_id, P patience = {}) noexcept {
    return {*this, producer_id, std::move(patience)};
  }

 private:
  friend Ring;
  template <class, Patience>
  friend class Writer;

  WritesById() = default;

  template <class U, Patience P>
  WriteResult write_to(detail::Lot& lot, std::uint64_t producer_id, U&& value, const P& patience, const Until& until) {
    Shard& own = shard_at(producer_id);
    if (own.accept(std::forward<U>(value))) return WriteResult::ok;
    return own.wait_for_room(
        patience, until, [&] { return offer(detail::choice_of(patience), lot, producer_id, std::forward<U>(value)); });
  }
  template <class U>
  bool try_write_to(ShardChoice choice, detail::Lot& lot, std::uint64_t producer_id, U&& value) {
    const WriteResult result = offer(choice, lot, producer_id, std::forward<U>(value));
    return shard_at(producer_id).finished(result) == WriteResult::ok;
  }
  template <class U>
  WriteResult offer(ShardChoice choice, detail::Lot& lot, std::uint64_t producer_id, U&& value) {
    const auto& shards = ring().shards_;
    return detail::try_shards(choice, ring().shard_of(producer_id), shards.size() - 1, lot,
                              [&](std::size_t shard) { return shards[shard].offer(std::forward<U>(value)); });
  }

  Shard& shard_at(std::uint64_t producer_id) noexcept { return ring().shards_[ring().shard_of(producer_id)]; }
  Ring& ring() noexcept { return static_cast<Ring&>(*this); }
};

}  // namespace whorl::inline WHORL_ABI_TAG
