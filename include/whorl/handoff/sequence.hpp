#pragma once
// Sequence: one position that one thread advances and others read, alone on its line.

#include <whorl/handoff/position.hpp>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// How far its owner has come: everything below passed() is behind it, and it will not touch it again.
///
/// Threads:  one owner releases; any number of others read.
/// Order:    what the owner did before release(p) is visible to whoever then sees passed() >= p.
/// Source:   the Sequence of the LMAX Disruptor (Thompson, Farley, Barker, Gee, Stewart, 2011).
class alignas(kCacheLine) Sequence {
 public:
  explicit Sequence(Position first) noexcept : passed_(first) {}

  Position passed() const noexcept {
    // (1) acquire pairs with release (2): the owner has finished with every slot below before a producer reuses it.
    return passed_.load(sync::acquire);
  }

  void release(Position next) noexcept {
    // (2) release pairs with acquire (1): the owner's reads, moves and destructions below `next` come first.
    passed_.store(next, sync::release);
  }

 private:
  sync::Atomic<Position> passed_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
