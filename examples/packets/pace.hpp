#pragma once
// Keeps producers together.

#include <atomic>
#include <cstdint>
#include <whorl/wait/backoff.hpp>

namespace packets {

/// The queues of a network card fill at the pace of one wire. Threads that replay a file have no wire: the one with the
/// fewest packets would be through with all its loops while the others have hardly begun, and everything it sent would
/// wait in the consumer's reorder map. So no producer goes further than `window` packets beyond the one that the
/// consumer waits for; who has that one is never held up, so nobody waits for ever.
///
/// Threads:  any number wait, the consumer advances.
class Pace {
 public:
  explicit Pace(std::uint64_t window) : window_(window), end_(window) {}

  void wait_for(std::uint64_t order) const {
    // Relaxed: it holds producers back and hands nothing over; the ring does that.
    for (whorl::Backoff wait; order >= end_.load(std::memory_order_relaxed); wait.snooze()) {
    }
  }
  void advance(std::uint64_t next) { end_.store(next + window_, std::memory_order_relaxed); }  // relaxed: as above

 private:
  const std::uint64_t window_;
  std::atomic<std::uint64_t> end_;
};

}  // namespace packets
