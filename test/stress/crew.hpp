#pragma once
// Threads that produce, and how a consumer reads what they write.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>
#include <whorl/sync/sync.hpp>
#include <whorl/wait/backoff.hpp>

#include "../support/scale.hpp"

namespace whorl_test {

/// Spins, for so short a time that no scheduler has a say in it: on a busy machine a yield lasts as long as others like.
inline void dawdle(std::uint64_t pauses) {
  for (; pauses != 0; --pauses) whorl::sync::pause();
}

/// One thread for each producer, numbered from 0: work(producer, stop, random). They are joined with the crew; should
/// the test fail before, they are asked to stop.
class Crew {
 public:
  template <class Work>
  Crew(std::size_t producers, Work work) : working_(producers) {
    for (std::size_t producer = 0; producer < producers; ++producer) {
      threads_.emplace_back([this, work, producer](std::stop_token stop) {
        Random random(seed() + producer);
        work(producer, stop, random);
        working_.fetch_sub(1, std::memory_order_release);
      });
    }
  }

  /// True: every producer has made its last write, and what it wrote can be read.
  bool is_done() const { return working_.load(std::memory_order_acquire) == 0; }

 private:
  std::atomic<std::size_t> working_;
  std::vector<std::jthread> threads_;
};

/// A consumer's waiting loop, which ends when nothing has come for so long that nothing will: a ring that has lost an
/// item fails its test instead of hanging it.
class Patience {
 public:
  void progress() {
    wait_.reset();
    waiting_ = false;
  }
  /// Waits a moment; false when it has been 20 seconds since the last progress.
  bool wait() {
    const auto now = std::chrono::steady_clock::now();
    if (!std::exchange(waiting_, true)) since_ = now;
    wait_.snooze();
    return now - since_ < std::chrono::seconds(20);
  }

 private:
  whorl::Backoff wait_;
  bool waiting_ = false;
  std::chrono::steady_clock::time_point since_;
};

/// Calls try_write() until it succeeds, politely; false when stopped before.
template <class TryWrite>
bool write_when_room(std::stop_token stop, TryWrite&& try_write) {
  for (whorl::Backoff wait; !try_write(); wait.snooze()) {
    if (stop.stop_requested()) return false;
  }
  return true;
}

/// Shows `see` at most `most` items; returns how many. A recorder, which has its own, hears of the read, too.
template <class Ring, class See>
std::size_t show(Ring& ring, See& see, std::size_t most) {
  return ring.try_consume(see, most);
}

/// Shows `see` every item, in visits of random length, until the crew is done and the ring empty.
template <class Ring, class See>
void consume_all(Ring& ring, const Crew& crew, See&& see, Random& random) {
  Patience patience;
  for (;;) {
    const bool last = crew.is_done();  // asked before reading: what was written before is then found
    if (show(ring, see, between(random, 1, 300)) != 0) {
      patience.progress();
    } else if (last || !patience.wait()) {
      return;
    }
  }
}

}  // namespace whorl_test
