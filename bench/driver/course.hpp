#pragma once
// Course: the stages of a hand-off run, kept out of the consumer's loop.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <whorl/sync/config.hpp>
#include <whorl/sync/sync.hpp>

#include "clock.hpp"
#include "cpu_time.hpp"

namespace bench {

/// What the consumer does when it finds nothing: ask again at once (greedy), which takes the line that the producer is
/// writing away from it, or wait a little, longer each time (gentle).
enum class WhenEmpty { kGreedy, kGentle };

struct HandOffPlan {
  std::size_t capacity;
  WhenEmpty when_empty;
  bool pinned;                          // consumer and producer on a CPU each; otherwise wherever the scheduler likes
  std::int64_t window_ns;               // measured
  std::int64_t warm_up_ns = 5'000'000;  // at most; one lap of the ring is enough
  std::size_t batch = 1;                // what a producer offers by one call, where it does that
  std::size_t most = 64;                // what the consumer asks for by one call
  bool cpu_time = false;                // also report CPU time per item, of all threads
  std::uint64_t items = 0;              // a run from the first to the last of so many, in place of the window; 0: none
};

/// What a hand-off sample costs: pinned ones rest as long as they ran. Of a run of so many items a guess.
inline double cost_ms_of(const HandOffPlan& plan) {
  constexpr double kItemsPerMs = 500'000;
  const double window_ms =
      plan.items != 0 ? static_cast<double>(plan.items) / kItemsPerMs : static_cast<double>(plan.window_ns) / 1e6;
  return plan.pinned ? 2 * (window_ms + 8) : window_ms + 14;
}

namespace detail {

// What the consumer tells the producers, and they it.
struct alignas(whorl::kCacheLine) StopSign {
  std::atomic<bool> stop{false};
  alignas(whorl::kCacheLine) std::atomic<std::size_t> producers_left;
};

// Warm up for a lap, measure for the window, stop the producers, take what is left. Or measure all of so many items.
class Course {
 public:
  Course(const HandOffPlan& plan, StopSign& sign) : plan_(plan), sign_(sign) {
    if (plan.items != 0) begin(0, created_);
  }

  bool is_measuring() const noexcept { return step_ == Step::kMeasure; }
  bool is_draining() const noexcept { return step_ == Step::kDrain; }

  /// Looks at the clock. `count`: items so far; `got`: by the last call. False when everything has arrived.
  [[gnu::noinline]] bool goes_on(std::uint64_t count, std::size_t got) {
    const std::int64_t now = now_ns();
    switch (step_) {
      case Step::kWarmUp:
        if (count >= plan_.capacity || now - created_ >= plan_.warm_up_ns) begin(count, now);
        return true;
      case Step::kMeasure:
        if (plan_.items != 0 ? count >= plan_.items : now - begin_ >= plan_.window_ns) end(count, now);
        return true;
      case Step::kDrain:
        break;
    }
    // Nothing was found after the last producer had returned: nothing is left.
    if (got == 0 && all_sent_) return false;
    all_sent_ = sign_.producers_left.load(std::memory_order_acquire) == 0;
    if (got == 0) whorl::sync::yield();
    return true;
  }

  double items_per_second() const noexcept { return items_ * 1e9 / elapsed_ns_; }
  /// Of the whole program.
  double cpu_ns_per_item() const noexcept { return cpu_ns_ / std::max(items_, 1.0); }

 private:
  enum class Step { kWarmUp, kMeasure, kDrain };

  void begin(std::uint64_t count, std::int64_t now) {
    begin_ = now;
    cpu_at_begin_ = process_cpu_ns();
    count_at_begin_ = count;
    step_ = Step::kMeasure;
  }
  void end(std::uint64_t count, std::int64_t now) {
    items_ = static_cast<double>(count - count_at_begin_);
    elapsed_ns_ = static_cast<double>(now - begin_);
    cpu_ns_ = static_cast<double>(process_cpu_ns() - cpu_at_begin_);
    sign_.stop.store(true, std::memory_order_relaxed);
    step_ = Step::kDrain;
  }

  const HandOffPlan plan_;
  StopSign& sign_;
  Step step_ = Step::kWarmUp;
  const std::int64_t created_ = now_ns();
  std::int64_t begin_ = 0;
  std::int64_t cpu_at_begin_ = 0;
  std::uint64_t count_at_begin_ = 0;
  double items_ = 0;
  double elapsed_ns_ = 1;
  double cpu_ns_ = 0;
  bool all_sent_ = false;
};

}  // namespace detail
}  // namespace bench
