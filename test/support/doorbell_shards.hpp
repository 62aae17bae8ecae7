#pragma once
// Shards for a doorbell to ring for, which count their items and how often somebody looked.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>
#include <whorl/ring/doorbell.hpp>

namespace whorl_test {

class BellShard {
 public:
  BellShard(whorl::Doorbell* bell, std::size_t index) : call_(bell, index) {}

  /// A producer.
  void add(std::uint64_t n) {
    items_.fetch_add(n, whorl::sync::relaxed);
    call_.tell();
  }

  /// The consumer.
  template <class Use>
  std::size_t try_consume(Use& use, std::size_t most) {
    ++looks_;
    std::size_t used = 0;
    for (; used < most && is_readable(); ++used) {
      items_.fetch_sub(1, whorl::sync::relaxed);
      use();
    }
    return used;
  }
  bool is_readable() const { return items_.load(whorl::sync::relaxed) != 0; }
  std::uint64_t take() { return items_.exchange(0, whorl::sync::relaxed); }
  std::size_t looks() { return std::exchange(looks_, 0); }
  whorl::Doorbell::Call& call() { return call_; }

 private:
  whorl::Doorbell::Call call_;
  whorl::sync::Atomic<std::uint64_t> items_{0};
  std::size_t looks_ = 0;
};

/// A doorbell with its shards.
struct BellRing {
  explicit BellRing(std::size_t count, whorl::Doorbell::Habit habit = {}) : bell(count, habit) {
    for (std::size_t i = 0; i < count; ++i) shards.emplace_back(&bell, i);
  }

  /// The shards that the bell names, once round from `start`.
  std::vector<std::size_t> named(std::size_t start = 0) const {
    std::vector<std::size_t> all;
    const std::size_t end = shards.size();
    for (std::size_t s = bell.next(start, end); s != end; s = bell.next(s + 1, end)) all.push_back(s);
    for (std::size_t s = bell.next(0, start); s != start; s = bell.next(s + 1, start)) all.push_back(s);
    return all;
  }

  /// So many sweeps without an item that the consumer has stopped looking where it may.
  void rest_long() {
    for (int i = 0; i < 5000; ++i) bell.rest(shards);
  }

  whorl::Doorbell bell;
  std::deque<BellShard> shards;  // a shard cannot be moved
};

}  // namespace whorl_test
