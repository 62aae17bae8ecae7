#pragma once
// A merge in a thread, for tests that say in which order it finds what.

#include <cstdint>
#include <initializer_list>
#include <thread>
#include <whorl/disruptor/ordered_event_processor.hpp>

#include "sharded_diary.hpp"
#include "sharded_rings.hpp"

namespace whorl_test {

/// Runs a merge until it ends, or until this does.
template <class Merge>
class Merging {
 public:
  explicit Merging(Merge& merge) : merge_(merge), thread_([this] { end_ = merge_.run(); }) {}
  ~Merging() { stop(); }

  /// Waits until it has come so far in each shard.
  void wait_until(std::initializer_list<whorl::Position> passed) {
    std::size_t shard = 0;
    for (const whorl::Position p : passed) {
      while (merge_.sequence().passed(shard) != p) std::this_thread::yield();
      ++shard;
    }
  }
  /// How it ended: by itself, or because it is halted now.
  whorl::RunEnd join() {
    if (thread_.joinable()) thread_.join();
    return end_;
  }
  whorl::RunEnd stop() {
    if (thread_.joinable()) merge_.halt();
    return join();
  }

 private:
  Merge& merge_;
  whorl::RunEnd end_ = whorl::RunEnd::failed;
  std::jthread thread_;
};

}  // namespace whorl_test
