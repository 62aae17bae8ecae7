#pragma once
// A count of one thread that others may look at.

#include <atomic>
#include <cstdint>

namespace packets {

class Tally {
 public:
  void add(std::uint64_t more) { count_.store(count() + more, std::memory_order_relaxed); }  // relaxed: only a count
  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> count_ = 0;
};

}  // namespace packets
