#pragma once
// ShardLease: the right to be the one producer of a shard of a sequencer.

#include <cstddef>
#include <optional>
#include <utility>
#include <whorl/disruptor/next.hpp>
#include <whorl/disruptor/ring_buffer.hpp>
#include <whorl/sync/contract.hpp>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Publishes to one shard until it is destroyed or moved from. Its functions are the shard's: see Sequencer and RingBuffer.
///
/// Threads:   one: the thread that publishes with it first. Moving it lets the next thread be that one.
/// Order:     what one lease publishes every consumer sees in that order. A later lease of the same shard goes on behind it.
/// Progress:  what begins with try_, and publish, never waits for room: wait-free, but for a consumer that hands over at the
///            gate, a system call for those that sleep, a lock where it ends a closed shard, and `fill`. The rest waits.
/// Errors:    what `fill` throws; nothing is published then.
/// Lifetime:  the sequencer outlives it. What it has claimed is published or abandoned before it ends, or is moved to, also
///            where the shard is closed: consumers wait for that. A closed shard ends when its lease does, or when that finds
///            it closed.
template <class S>
class [[nodiscard]] ShardLease {
 public:
  /// Used by the sequencer, which has taken the right for it.
  ShardLease(S& shard, std::size_t shard_index) noexcept : shard_(&shard), shard_index_(shard_index) {}
  ShardLease(ShardLease&& other) noexcept
      : shard_(std::exchange(other.shard_, nullptr)), shard_index_(other.shard_index_) {}
  ShardLease& operator=(ShardLease&& other) noexcept {
    if (this != &other) {
      give_back();
      shard_ = std::exchange(other.shard_, nullptr);
      shard_index_ = other.shard_index_;
      thread_.reset();
    }
    return *this;
  }
  ~ShardLease() { give_back(); }

  [[nodiscard]] std::optional<SequenceNumber> try_next(std::size_t n = 1) noexcept { return shard().try_next(n); }
  NextResult next(std::size_t n = 1, const Until& until = {}) { return shard().next(n, until); }
  void publish(SequenceNumber low, SequenceNumber high) noexcept { shard().publish(low, high); }
  void publish(SequenceNumber sequence) noexcept { shard().publish(sequence); }
  void abandon(SequenceNumber low, SequenceNumber high) noexcept { shard().abandon(low, high); }

  /// Of a ring buffer's shard only, like all that follows: the event of a sequence that has been claimed.
  decltype(auto) get(SequenceNumber sequence) noexcept { return shard().get(sequence); }
  /// Where events lie side by side: as many of the n from `sequence` on as do so without a break.
  template <class Ring = S>  // so that clang 14 asks when it is called
    requires Ring::kDense
  auto span(SequenceNumber sequence, std::size_t n) noexcept {
    return shard().span(sequence, n);
  }

  template <class Fill>
  [[nodiscard]] bool try_publish_event(Fill&& fill) {
    return shard().try_publish_event(fill);
  }
  template <class Fill>
  WriteResult publish_event(Fill&& fill, const Until& until = {}) {
    return shard().publish_event(fill, until);
  }
  template <class Fill>
  [[nodiscard]] bool try_publish_events(std::size_t n, Fill&& fill) {
    return shard().try_publish_events(n, fill);
  }
  template <class Fill>
  WriteResult publish_events(std::size_t n, Fill&& fill, const Until& until = {}) {
    return shard().publish_events(n, fill, until);
  }

  /// Nothing can be published any more.
  bool is_closed() const noexcept { return shard_ == nullptr || shard_->is_closed(); }
  /// Which shard it is, in [0, shard_count).
  std::size_t shard_index() const noexcept { return shard_index_; }

 private:
  S& shard() noexcept {
    WHORL_ASSERT(shard_ != nullptr, "this lease was moved from: publish with the one it was moved to");
    if constexpr (WHORL_CHECKED) {
      if (!thread_.has_value()) thread_ = sync::this_thread();
      WHORL_ASSERT(thread_ == sync::this_thread(), "a lease belongs to one thread: take one for each, or move it");
    }
    return *shard_;
  }
  void give_back() noexcept {
    if (shard_ == nullptr) return;
    WHORL_ASSERT(shard_->cursor() == last_before(shard_->claimed()),
                 "publish or abandon what is claimed before the lease ends");
    std::exchange(shard_, nullptr)->disown();
  }

  S* shard_;
  std::size_t shard_index_;
  std::optional<sync::ThreadId> thread_;  // who publishes, where checks are on
};

}  // namespace whorl::inline WHORL_ABI_TAG
