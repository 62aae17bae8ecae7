#pragma once
// Writer: a producer's handle, which knows its id, its policy, and what a random choice of shards must remember.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <whorl/ring/route.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Writes to a ring as one producer. Cheap to make and to copy; the ring must outlive it.
///
/// Threads:   one at a time. Several writers of the same id may be used at once.
/// Order:     as the policy's shard choice says.
template <class Ring, Patience P>
class Writer {
  using T = typename Ring::Value;

 public:
  /// Used by the ring.
  Writer(Ring& ring, std::uint64_t producer_id, P patience) noexcept
      : ring_(&ring), producer_id_(producer_id), patience_(std::move(patience)), lot_{~producer_id} {}

  /// Tries each chosen shard once. False when all are full or the ring is closed; `value` is then untouched.
  template <std::convertible_to<T> U = T>
  [[nodiscard]] bool try_write(U&& value) {
    return ring_->try_write_to(detail::choice_of(patience_), lot_, producer_id_, std::forward<U>(value));
  }

  /// Writes one item, waiting for room as the policy says, until a stop, a deadline, or for ever.
  template <std::convertible_to<T> U = T>
  WriteResult write(U&& value, const Until& until = {}) {
    return ring_->write_to(lot_, producer_id_, std::forward<U>(value), patience_, until);
  }

  std::uint64_t producer_id() const noexcept { return producer_id_; }
  const P& policy() const noexcept { return patience_; }

 private:
  Ring* ring_;
  std::uint64_t producer_id_;
  P patience_;
  detail::Lot lot_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
