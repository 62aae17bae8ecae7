#pragma once
// Until: how long a wait may last, and how it ended.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <utility>
#include <whorl/sync/sync.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// How a wait ended.
enum class WaitResult : std::uint8_t {
  ready,      ///< what was waited for is there
  timed_out,  ///< the deadline came first
  stopped,    ///< a stop was requested first
};

/// The end of anybody's patience: a deadline, a request to stop, both, or neither.
///
/// Units:  any std::chrono duration or a time of std::chrono::steady_clock; a duration counts from construction, and one
///         that is too long to count means for ever.
class Until {
 public:
  using Time = sync::Clock::time_point;
  static constexpr Time kNever = Time::max();

  Until() = default;                                                // for ever
  Until(std::stop_token stop) noexcept : stop_(std::move(stop)) {}  // implicit: it reads like a sentence
  Until(Time deadline, std::stop_token stop = {}) noexcept : deadline_(deadline), stop_(std::move(stop)) {}
  template <class Rep, class Period>
  Until(std::chrono::duration<Rep, Period> patience, std::stop_token stop = {}) noexcept
      : deadline_(after(patience)), stop_(std::move(stop)) {}

  bool is_over() const noexcept { return deadline_ != kNever && sync::Clock::now() >= deadline_; }
  bool is_stopped() const noexcept { return stop_.stop_requested(); }

  Time deadline() const noexcept { return deadline_; }
  const std::stop_token& stop() const noexcept { return stop_; }

  /// The same stop, and a deadline of `patience` from now if that comes first.
  template <class Rep, class Period>
  Until no_longer_than(std::chrono::duration<Rep, Period> patience) const noexcept {
    return {std::min(deadline_, after(patience)), stop_};
  }

 private:
  template <class Rep, class Period>
  static Time after(std::chrono::duration<Rep, Period> patience) noexcept {
    if (!(patience > patience.zero())) return Time::min();  // over already, without a look at the clock; NaN, too
    const Time now = sync::Clock::now();
    // Compared as floating point: the difference of what does not fit cannot be computed in integers.
    using Seconds = std::chrono::duration<double>;
    const Seconds passed = std::max(Seconds(now.time_since_epoch()), Seconds::zero());
    if (Seconds(patience) >= Seconds(kNever.time_since_epoch()) - passed) return kNever;
    return now + std::chrono::duration_cast<Time::duration>(patience);
  }

  Time deadline_ = kNever;
  std::stop_token stop_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
