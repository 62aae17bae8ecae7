#pragma once
// ClaimedEvents: events that a producer has claimed and fills where they lie.

#include <cstddef>
#include <utility>
#include <whorl/disruptor/entrance.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Claimed events, one after the other. commit() publishes them all; what is dropped without is given up, and nobody
/// ever sees it (consumers pass over it; a single producer simply claims it again).
///
///     if (auto events = producer.claim(32)) {
///       for (Tick& tick : events) read(tick);
///       events.commit();
///     }
///
/// Threads:   one. The Disruptor outlives it, and so does the SingleProducer that has made it.
/// Progress:  nothing waits. As long as it is open consumers see nothing from its first event on, and the end of a
///            closed Disruptor waits for it. A thread that waits while its own claim is open, for room by any handle or
///            in drain_for, waits for itself: end the claim first. would_deadlock knows of handlers only.
template <class Ring>
class [[nodiscard]] ClaimedEvents {
  using E = typename Ring::Event;

 public:
  class Iterator {
   public:
    Iterator(Ring* ring, Position at) noexcept : ring_(ring), at_(at) {}
    E& operator*() const noexcept { return ring_->get(static_cast<SequenceNumber>(at_)); }
    Iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    Ring* ring_;
    Position at_;
  };

  /// Used by the producer: a claim that was made, and one that was not.
  ClaimedEvents(detail::Entrance<Ring>& entrance, Claimed claimed) noexcept
      : entrance_(&entrance), claimed_(claimed), result_(PublishResult::ok) {}
  explicit ClaimedEvents(PublishResult result) noexcept : result_(result) {}
  ClaimedEvents(ClaimedEvents&& other) noexcept
      : entrance_(std::exchange(other.entrance_, nullptr)), claimed_(other.claimed_), result_(other.result_) {}
  ClaimedEvents& operator=(ClaimedEvents&&) = delete;
  ~ClaimedEvents() {
    if (entrance_ == nullptr) return;
    entrance_->ring().abandon(first(), last());
    entrance_->leave();
  }

  /// Why there are events, or none.
  PublishResult result() const noexcept { return result_; }
  explicit operator bool() const noexcept { return result_ == PublishResult::ok; }
  std::size_t size() const noexcept { return claimed_.count; }
  /// The first one's sequence; k events on it is larger by k.
  SequenceNumber first() const noexcept { return static_cast<SequenceNumber>(claimed_.first); }

  /// Event k, counted from the first. As long as it is not committed.
  E& operator[](std::size_t k) noexcept {
    WHORL_ASSERT(entrance_ != nullptr && k < size(), "an open claim's events are 0 to size() - 1");
    return entrance_->ring().get(static_cast<SequenceNumber>(claimed_.first + k));
  }
  /// All of them; none when it is not open: never made, committed, or moved away.
  Iterator begin() noexcept { return {ring(), claimed_.first}; }
  Iterator end() noexcept { return {ring(), claimed_.first + (entrance_ == nullptr ? 0 : claimed_.count)}; }

  /// Publishes them all.
  void commit() noexcept {
    WHORL_ASSERT(entrance_ != nullptr, "a claim is committed once, if it was made");
    if (entrance_ == nullptr) return;
    entrance_->ring().publish(first(), last());
    std::exchange(entrance_, nullptr)->leave();
  }

 private:
  SequenceNumber last() const noexcept { return last_before(claimed_.first + claimed_.count); }
  Ring* ring() noexcept { return entrance_ == nullptr ? nullptr : &entrance_->ring(); }

  detail::Entrance<Ring>* entrance_ = nullptr;
  Claimed claimed_;
  PublishResult result_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
