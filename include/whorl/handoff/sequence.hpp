#pragma once
// Sequence: how far one thread has come, which others read and may wait for.

#include <cstdint>
#include <whorl/handoff/position.hpp>
#include <whorl/sync/sync.hpp>
#include <whorl/wait/event_count.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A position as the Disruptor counts: signed, and -1 is the one before the first. Sequence s and position s are the same
/// place, and what is said of it differs by one: a sequence names the last that is done, a position the next that is not.
using SequenceNumber = std::int64_t;

/// The last before `next`.
constexpr SequenceNumber last_before(Position next) noexcept { return static_cast<SequenceNumber>(next - 1); }
/// The next after `last`.
constexpr Position next_after(SequenceNumber last) noexcept { return static_cast<Position>(last) + 1; }

/// How far its owner has come: everything below passed() is behind it, and it will not touch it again. get() and set()
/// say the same in sequences. Who waits for it may sleep on waiting(); the sleepers' word lies beside the position, where
/// its owner has just written anyway.
///
/// Threads:  one owner releases; any number of others read, and sleep.
/// Order:    what the owner did before release(p) is visible to whoever then sees passed() >= p.
/// Source:   the Sequence of the LMAX Disruptor (Thompson, Farley, Barker, Gee, Stewart, 2011).
class alignas(kCacheLine) Sequence {
 public:
  explicit Sequence(Position first = 0) noexcept : passed_(first) { sync::plain_write(this); }

  Position passed() const noexcept {
    sync::plain_read(this);  // whoever reads it has seen that it was constructed
    // (1) acquire pairs with release (2): the owner has finished with every slot below before a producer reuses it.
    return passed_.load(sync::acquire);
  }

  /// Wakes those that sleep.
  void release(Position next) noexcept {
    // (2) release pairs with acquire (1): the owner's reads, moves and destructions below `next` come first.
    passed_.store(next, sync::release);
    waiting_.notify();
  }

  /// The last sequence that its owner is done with.
  SequenceNumber get() const noexcept { return last_before(passed()); }
  void set(SequenceNumber last) noexcept { release(next_after(last)); }

  /// The owner comes no further, and nobody needs to wait for it; go_on() takes it back.
  void end() noexcept {
    // (40) release pairs with acquire (41): the last position.
    ended_.store(true, sync::release);
    waiting_.notify();
  }
  void go_on() noexcept { ended_.store(false, sync::relaxed); }  // relaxed: there is nothing to see yet
  /// The owner has ended, and never comes to pass anything from p on.
  bool ends_before(Position p) const noexcept {
    // (41) acquire pairs with release (40).
    return ended_.load(sync::acquire) && distance(p, passed()) <= 0;
  }

  /// What those sleep on that wait for it.
  EventCount& waiting() noexcept { return waiting_; }
  const EventCount& waiting() const noexcept { return waiting_; }

 private:
  sync::Atomic<Position> passed_;
  sync::Atomic<bool> ended_{false};
  EventCount waiting_{EventCount::Payer::both};
};

}  // namespace whorl::inline WHORL_ABI_TAG
