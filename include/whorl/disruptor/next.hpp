#pragma once
// Waiting for room: a claim, tried again and again by a wait strategy. There is no second way to claim.

#include <cstddef>
#include <whorl/handoff/sequence.hpp>
#include <whorl/ring/write_policy.hpp>
#include <whorl/wait/wait_strategy.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// How a wait for room ended, and the last sequence claimed if it is `ok`. `full`: so many there will never be room for.
struct [[nodiscard]] NextResult {
  WriteResult result = WriteResult::full;
  SequenceNumber sequence = 0;
  explicit operator bool() const noexcept { return result == WriteResult::ok; }
};

namespace detail {

// What a producer sleeps on that needs room for n.
template <class S>
struct RoomFor {
  S& sequencer;
  std::size_t n;
  template <class Ready>
  bool sleep_unless(Ready&& ready, const Until& until) {
    const Position needed = sequencer.claimed() + n - sequencer.capacity();
    return sequencer.gate().sleep_unless(needed, ready, until);
  }
};

// claim() tries once; is_over() says that it will never succeed any more, and that the producer has heard so.
template <class S, class W, class Claim, class IsOver>
[[gnu::noinline]] NextResult next_when_room(S& sequencer, const W& strategy, std::size_t n, const Until& until,
                                            Claim&& claim, IsOver&& is_over) {
  NextResult next;
  const auto attempt = [&] {
    if (const Claimed claimed = claim()) {
      next = {WriteResult::ok, last_before(claimed.first + n)};
    } else if (is_over()) {
      next.result = WriteResult::closed;
    }
    return next.result != WriteResult::full;
  };
  RoomFor<S> room{sequencer, n};
  const WaitResult end = strategy.wait(room, attempt, until);
  if (end == WaitResult::stopped) next.result = WriteResult::stopped;
  if (end == WaitResult::timed_out) next.result = WriteResult::timed_out;
  return next;
}

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
