#pragma once
// The sequences of a sequencer: those it lends, and those that somebody waits for.

#include <algorithm>
#include <deque>
#include <span>
#include <vector>
#include <whorl/handoff/sequence.hpp>
#include <whorl/sync/contract.hpp>
#include <whorl/sync/sync.hpp>
#include <whorl/wait/small_lock.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// Sequences live as long as their sequencer: a producer that is late may still read one that has left the gate. What is
// given back is lent again.
class SequencePool {
 public:
  Sequence& take(Position at) {
    const SmallLockGuard guard(lock_);
    sync::plain_write(this);
    if (free_.empty()) {
      free_.reserve(all_.size() + 1);  // so that give_back never allocates
      return all_.emplace_back(at);
    }
    Sequence& sequence = *free_.back();
    free_.pop_back();
    sequence.go_on();
    sequence.release(at);
    return sequence;
  }
  void give_back(Sequence& sequence) noexcept {
    const SmallLockGuard guard(lock_);
    sync::plain_write(this);
    WHORL_ASSERT(std::count(free_.begin(), free_.end(), &sequence) == 0, "a sequence is given back once");
    free_.push_back(&sequence);
  }

 private:
  SmallLock lock_;
  std::deque<Sequence> all_;
  std::vector<Sequence*> free_;
};

// The sequences that barriers sleep on, so that whoever ends everything can wake them all.
class WatchedSequences {
 public:
  void add(std::span<Sequence* const> sequences) {
    const SmallLockGuard guard(lock_);
    sync::plain_write(this);
    all_.insert(all_.end(), sequences.begin(), sequences.end());
  }
  void remove(std::span<Sequence* const> sequences) noexcept {
    const SmallLockGuard guard(lock_);
    sync::plain_write(this);
    for (Sequence* sequence : sequences) all_.erase(std::find(all_.begin(), all_.end(), sequence));
  }
  bool contains(const Sequence& sequence) noexcept {
    const SmallLockGuard guard(lock_);
    sync::plain_write(this);
    return std::count(all_.begin(), all_.end(), &sequence) != 0;
  }
  void wake() noexcept {
    const SmallLockGuard guard(lock_);
    sync::plain_write(this);
    for (Sequence* sequence : all_) sequence->waiting().notify();
  }

 private:
  SmallLock lock_;
  std::vector<Sequence*> all_;
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
