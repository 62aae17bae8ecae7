#pragma once
// One shard of several, with the face of a sequencer that stands alone: so that the list is run over shards as well.

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>
#include <whorl/disruptor/sharded_sequencer.hpp>

#include "../support/sleep_at_once.hpp"

namespace whorl_test {

/// The last shard of a Ring of kN. An exclusive one is claimed through its lease, which moves from thread to thread with
/// whoever claims. What waits, handles and polls (one_shard_consumers.hpp) does so over all shards. In the others some events
/// have been published, in each another number of them, before there was a consumer: each shard is somewhere else, so that
/// who mistakes one for another finds what is not there. Their leases have been given back.
template <class Ring, std::size_t kN>
class OneShard {
 public:
  using Shard = typename Ring::Shard;
  using Wait = typename Ring::Wait;
  using Progress = typename Ring::Progress;
  static constexpr bool kShared = Ring::kShared;
  static constexpr std::size_t kShards = kN;
  static constexpr std::size_t kIndex = kN - 1;

  explicit OneShard(std::size_t capacity, Wait wait = {}, whorl::SequencerOptions options = {})
      : ring_(capacity * kN, kN, std::move(wait), options) {
    if constexpr (!kShared) {
      while (lease_.size() != kN) lease_.push_back(std::move(*ring_.lease()));
      for (std::size_t shard = 0; shard < kIndex; ++shard) publish_some(lease_[shard], shard);
      lease_.erase(lease_.begin(), lease_.end() - 1);
    } else {
      for (std::size_t shard = 0; shard < kIndex; ++shard) publish_some(ring_.shard(shard), shard);
    }
  }

  ~OneShard() { settle(); }

  // ---- producers
  std::optional<whorl::SequenceNumber> try_next(std::size_t n = 1) { return producer().try_next(n); }
  whorl::NextResult next(std::size_t n = 1, const whorl::Until& until = {}) { return producer().next(n, until); }
  void publish(whorl::SequenceNumber low, whorl::SequenceNumber high) { producer().publish(low, high); }
  void publish(whorl::SequenceNumber sequence) { producer().publish(sequence); }
  void abandon(whorl::SequenceNumber low, whorl::SequenceNumber high) { producer().abandon(low, high); }
  /// What its producer does in the end.
  void disown() {
    settle();
    lease_.clear();
  }

  // ---- consumers
  [[nodiscard]] bool add_gating(whorl::Sequence& sequence) {
    Progress* const progress = progress_of(sequence);
    return progress == nullptr ? shard().add_gating(sequence) : ring_.add_gating(*progress);
  }
  bool remove_gating(whorl::Sequence& sequence) {
    Progress* const progress = progress_of(sequence);
    return progress == nullptr ? shard().remove_gating(sequence) : ring_.remove_gating(*progress);
  }

  // ---- anybody
  void close() { ring_.close(); }
  bool is_closed() const { return ring_.is_closed(); }
  std::size_t capacity() const { return shard().capacity(); }
  whorl::SequenceNumber cursor() const { return shard().cursor(); }
  whorl::SequenceNumber minimum_sequence() const { return shard().minimum_sequence(); }
  whorl::SequenceNumber highest_published(whorl::SequenceNumber low, whorl::SequenceNumber high) const {
    return shard().highest_published(low, high);
  }
  whorl::Position claimed() const { return shard().claimed(); }
  std::size_t remaining_capacity() const { return shard().remaining_capacity(); }
  bool has_available_capacity(std::size_t n) const { return shard().has_available_capacity(n); }
  bool is_available(whorl::SequenceNumber sequence) const { return shard().is_available(sequence); }
  bool is_buried(whorl::SequenceNumber sequence) const { return shard().is_buried(sequence); }
  const Wait& wait_strategy() const { return ring_.wait_strategy(); }
  whorl::GroupGate& gate() { return shard().gate(); }
  /// Where all consumers sleep.
  whorl::EventCount& published() { return ring_.news(); }

  // ---- for the consumers of this face
  Ring& ring() { return ring_; }
  Shard& shard() { return ring_.shard(kIndex); }
  const Shard& shard() const { return ring_.shard(kIndex); }
  /// A consumer's, to be found by its part in this shard, which is what a test knows of it.
  void know(Progress& progress) {
    const std::lock_guard lock(mutex_);
    known_.push_back(&progress);
  }
  void forget(Progress& progress) {
    const std::lock_guard lock(mutex_);
    std::erase(known_, &progress);
  }
  /// nullptr: it belongs to no consumer of shards.
  Progress* progress_of(const whorl::Sequence& sequence) {
    const std::lock_guard lock(mutex_);
    for (Progress* progress : known_)
      if (&progress->in(kIndex) == &sequence) return progress;
    return nullptr;
  }

 protected:
  auto& producer() {
    if constexpr (kShared) {
      return shard();
    } else {
      if (const auto thread = whorl::sync::this_thread(); thread_ != thread) {
        thread_ = thread;
        typename Ring::Lease moved = std::move(lease_.at(0));
        lease_.at(0) = std::move(moved);
      }
      return lease_.at(0);
    }
  }

 private:
  // As many as there is room for at most: nobody has passed any.
  template <class Producer>
  void publish_some(Producer& producer, std::size_t shard) {
    const std::size_t n = std::min(kN - shard, capacity());
    const std::optional<whorl::SequenceNumber> last = producer.try_next(n);
    WHORL_ASSERT(last, "an empty shard has room");
    producer.publish(*last - static_cast<whorl::SequenceNumber>(n - 1), *last);
  }

  // A lease does not end with claims open, which tests leave behind.
  void settle() {
    if constexpr (!kShared) {
      // More than once where a test has let claims go round: what is published is looked for in the last lap only.
      while (!lease_.empty() && whorl::next_after(cursor()) != claimed()) {
        abandon(cursor() + 1, whorl::last_before(claimed()));
      }
    }
  }

  struct NoLease {};
  template <bool kIsShared, class R>
  struct LeaseOf {
    using Type = NoLease;
  };
  template <class R>
  struct LeaseOf<false, R> {
    using Type = typename R::Lease;
  };

  Ring ring_;
  std::vector<typename LeaseOf<kShared, Ring>::Type> lease_;  // one, of an exclusive shard
  std::optional<whorl::sync::ThreadId> thread_;
  std::mutex mutex_;
  std::vector<Progress*> known_;
};

/// The same, with events.
template <class Ring, std::size_t kN>
class OneBuffer : public OneShard<Ring, kN> {
  using Base = OneShard<Ring, kN>;

 public:
  using Event = typename Ring::Event;
  static constexpr bool kDense = false;  // handlers of spans have test cases of their own

  using Base::Base;

  Event& get(whorl::SequenceNumber sequence) { return this->shard().get(sequence); }

  template <class Fill>
  [[nodiscard]] bool try_publish_event(Fill&& fill) {
    return this->producer().try_publish_event(fill);
  }
  template <class Fill>
  whorl::WriteResult publish_event(Fill&& fill, const whorl::Until& until = {}) {
    return this->producer().publish_event(fill, until);
  }
  template <class Fill>
  [[nodiscard]] bool try_publish_events(std::size_t n, Fill&& fill) {
    return this->producer().try_publish_events(n, fill);
  }
  template <class Fill>
  whorl::WriteResult publish_events(std::size_t n, Fill&& fill, const whorl::Until& until = {}) {
    return this->producer().publish_events(n, fill, until);
  }
};

template <class Face>
concept IsOneShard = requires(Face& face) {
  face.ring();
  Face::kShards;
};

}  // namespace whorl_test
