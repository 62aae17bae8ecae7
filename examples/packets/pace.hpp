#pragma once
// Keeps producers together.

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <whorl/wait/backoff.hpp>

namespace packets {

/// The queues of a network card fill at the pace of one wire. Threads that replay a file have no wire: the one with the
/// fewest packets would be through with all its loops while the others have hardly begun, and everything it sent would
/// wait in the consumer's reorder map. So no producer goes further than `window` packets beyond the one that the
/// consumer waits for; who has that one is never held up, so nobody waits for ever.
///
/// A stop freezes the end: every producer still goes there, and none beyond, so that no hole is left.
///
/// Threads:  any number wait, the consumer advances.
class Pace {
 public:
  explicit Pace(std::uint64_t window) : window_(window), end_(window) {}

  /// False: a stop was requested, and `order` is not to be sent any more.
  bool wait_for(std::uint64_t order, const std::stop_token& stop) {
    for (whorl::Backoff wait;; wait.snooze()) {
      // Relaxed, here and below: it holds producers back and hands nothing over; the ring does that.
      const std::uint64_t end = end_.load(std::memory_order_relaxed);
      if (order < (end & ~kFrozen)) return true;
      if ((end & kFrozen) != 0) return false;
      if (stop.stop_requested()) end_.fetch_or(kFrozen, std::memory_order_relaxed);
    }
  }

  void advance(std::uint64_t next) {
    std::uint64_t end = end_.load(std::memory_order_relaxed);
    while ((end & kFrozen) == 0 && !end_.compare_exchange_weak(end, next + window_, std::memory_order_relaxed)) {
    }
  }

  bool is_frozen() const { return (end_.load(std::memory_order_relaxed) & kFrozen) != 0; }

  /// What producers may go up to; for ever, when it is frozen.
  std::uint64_t end() const { return end_.load(std::memory_order_relaxed) & ~kFrozen; }

 private:
  static constexpr std::uint64_t kFrozen = std::uint64_t{1} << 63;

  const std::uint64_t window_;
  std::atomic<std::uint64_t> end_;
};

}  // namespace packets
