#pragma once
// What a producer does that finds no room: which shards it tries, how it waits between tries, when it gives up.

#include <chrono>
#include <cstdint>
#include <whorl/wait/backoff_waits.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// How a write ended. Only `ok` has touched the value.
enum class [[nodiscard]] WriteResult : std::uint8_t {
  ok,
  full,       ///< no room in as many rounds as the policy allows
  timed_out,  ///< no room until the deadline
  closed,     ///< the ring is closed: no write will succeed any more
  stopped,    ///< a stop was requested before there was room
};

/// Which shards a write tries.
enum class ShardChoice : std::uint8_t {
  affinity,     ///< the one of its producer id: what one producer writes is read in that order
  round_robin,  ///< that one, then the next one, and so on round. A producer's items may overtake each other
  random,       ///< that one, then round from another one drawn by lot. The same holds
};

/// How a write waits between its rounds. Each is a wait strategy of wait/.
enum class WriteWait : std::uint8_t {
  none,         ///< NoWait
  spin,         ///< BusySpinWait
  yield,        ///< YieldingWait
  sleep,        ///< SleepingWait, for `pause`
  exponential,  ///< ExponentialWait, from `pause` up to `longest_pause`
  adaptive,     ///< AdaptiveWait: yields, and after `warm` + `idle` rounds sleeps for `pause`
  park,         ///< BlockingWait: sleeps until the consumer makes room; with several shards, at most `pause`
};

/// A round is `max_retries` tries (at least one) of each chosen shard; between rounds the write waits. The counts are a
/// write's own: each begins anew.
///
///     ring.write(id, item, {.wait = whorl::WriteWait::yield, .max_backoffs = 100});
///
/// Source:  the seven named ones and the five configurations are those of randomizedcoder/go-lock-free-ring, split into
///          what they are made of.
struct WritePolicy {
  ShardChoice shards = ShardChoice::affinity;
  WriteWait wait = WriteWait::park;
  unsigned max_retries = 1;
  std::uint64_t max_backoffs = 0;  ///< rounds, after which the write gives up; 0: as many as it takes. (A parking write
                                   ///< begins with some dozen rounds that merely pause or yield.)
  std::chrono::nanoseconds pause = std::chrono::microseconds(100);
  std::chrono::nanoseconds longest_pause = std::chrono::milliseconds(10);
  double growth = 2.0;   ///< of an exponential pause, each time
  double jitter = 0.25;  ///< of an exponential pause, either way
  unsigned warm = 1000;  ///< adaptive: rounds that do not count yet
  unsigned idle = 1000;  ///< adaptive: rounds before the first pause

  static constexpr WritePolicy sleep_backoff() { return {.wait = WriteWait::sleep, .max_retries = 10}; }
  static constexpr WritePolicy next_shard() {
    return {.shards = ShardChoice::round_robin, .wait = WriteWait::sleep, .max_retries = 10};
  }
  static constexpr WritePolicy random_shard() {
    return {.shards = ShardChoice::random, .wait = WriteWait::sleep, .max_retries = 10};
  }
  static constexpr WritePolicy adaptive_backoff() { return {.wait = WriteWait::exponential, .max_retries = 10}; }
  static constexpr WritePolicy spin_then_yield() { return {.wait = WriteWait::yield, .max_retries = 10}; }
  static constexpr WritePolicy hybrid() {
    return {.shards = ShardChoice::round_robin, .wait = WriteWait::exponential, .max_retries = 10};
  }
  static constexpr WritePolicy auto_adaptive() {
    return {.wait = WriteWait::adaptive, .max_retries = 10, .warm = 1000, .idle = 100'000};
  }

  static constexpr WritePolicy high_throughput() { return adaptive(500'000, 5000, 50); }
  static constexpr WritePolicy low_latency() { return spin_then_yield(); }
  static constexpr WritePolicy cpu_friendly() { return adaptive(10'000, 100, 500); }
  static constexpr WritePolicy bursty_traffic() { return adaptive(200'000, 10'000, 100); }
  static constexpr WritePolicy legacy_sleep() { return sleep_backoff(); }

 private:
  static constexpr WritePolicy adaptive(unsigned idle, unsigned warm, int pause_us) {
    return {.wait = WriteWait::adaptive,
            .max_retries = 10,
            .pause = std::chrono::microseconds(pause_us),
            .warm = warm,
            .idle = idle};
  }
};

/// What write_with_backoff() may be told: tries at once, the sleep between rounds of tries, and how many rounds (0: as
/// many as it takes).
struct BackoffConfig {
  unsigned max_retries = 10;
  std::chrono::nanoseconds backoff = std::chrono::microseconds(100);
  std::uint64_t max_backoffs = 0;

  constexpr WritePolicy policy() const noexcept {
    return {.wait = WriteWait::sleep, .max_retries = max_retries, .max_backoffs = max_backoffs, .pause = backoff};
  }
};

}  // namespace whorl::inline WHORL_ABI_TAG
