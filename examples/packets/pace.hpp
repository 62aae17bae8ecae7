#pragma once
// Keeps producers together.

#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <stop_token>
#include <whorl/whorl.hpp>

namespace packets {

/// The queues of a network card fill at the pace of one wire. Threads that replay a file have no wire: the one with the
/// fewest packets would be through with all its loops while the others have hardly begun, and everything it sent would
/// wait in the consumer's reorder map. So no producer goes further than `window` packets beyond the one that is furthest
/// behind; that one is never held up, so nobody waits for ever, whatever becomes of the packets.
///
/// A stop freezes the end: every producer still goes there, and none beyond, so that no hole is left.
///
/// Threads:  each producer calls wait_for() and leave() with its own number.
class Pace {
 public:
  Pace(std::size_t producers, std::uint64_t window) : window_(window), places_(producers), end_(window) {}

  /// False: a stop was requested, and `order` is not to be sent any more.
  bool wait_for(std::size_t producer, std::uint64_t order, const std::stop_token& stop) {
    // Relaxed, here and below: it holds producers back and hands nothing over; the ring does that.
    places_[producer].order.store(order, std::memory_order_relaxed);
    for (whorl::Backoff wait;; wait.snooze()) {
      if (stop.stop_requested()) end_.fetch_or(kFrozen, std::memory_order_relaxed);
      const std::uint64_t end = end_.load(std::memory_order_relaxed);
      if (order < (end & ~kFrozen)) return true;
      if ((end & kFrozen) != 0) return false;
      extend(end);
    }
  }

  /// The producer has no packets any more: nobody waits for it.
  void leave(std::size_t producer) { places_[producer].order.store(kNone, std::memory_order_relaxed); }

  bool is_frozen() const { return (end_.load(std::memory_order_relaxed) & kFrozen) != 0; }

  /// What producers may go up to; for ever, when it is frozen.
  std::uint64_t end() const { return end_.load(std::memory_order_relaxed) & ~kFrozen; }

 private:
  static constexpr std::uint64_t kFrozen = std::uint64_t{1} << 63;
  static constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max() >> 2;

  struct alignas(whorl::kCacheLine) Place {
    std::atomic<std::uint64_t> order = 0;  // the producer's next
  };

  void extend(std::uint64_t end) {
    std::uint64_t least = kNone;
    for (const Place& place : places_) least = std::min(least, place.order.load(std::memory_order_relaxed));
    // If it is not what it was, somebody has extended or frozen it.
    if (least + window_ > end) end_.compare_exchange_strong(end, least + window_, std::memory_order_relaxed);
  }

  const std::uint64_t window_;
  std::deque<Place> places_;
  alignas(whorl::kCacheLine) std::atomic<std::uint64_t> end_;
};

}  // namespace packets
