#pragma once
// How a publication by a producer's handle ended.

#include <cstddef>
#include <cstdint>
#include <whorl/ring/write_policy.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// How publishing ended. Unless it is `ok` nothing was claimed, filled or published.
enum class [[nodiscard]] PublishResult : std::uint8_t {
  ok,
  full,            ///< no room now (try_); more at once than there ever is room for
  closed,          ///< the Disruptor is closed: nothing can be published any more
  stopped,         ///< a stop was requested before there was room
  timed_out,       ///< no room until the deadline
  would_deadlock,  ///< no room, and the caller is inside one of this Disruptor's own handlers, which would wait for itself
};

/// How a range was published: in pieces, each whole or not at all.
struct [[nodiscard]] RangeResult {
  PublishResult result = PublishResult::ok;
  std::size_t published = 0;  ///< how many of the first
  explicit operator bool() const noexcept { return result == PublishResult::ok; }
};

namespace detail {

constexpr PublishResult to_publish_result(WriteResult result) noexcept {
  switch (result) {
    case WriteResult::ok:
      return PublishResult::ok;
    case WriteResult::timed_out:
      return PublishResult::timed_out;
    case WriteResult::closed:
      return PublishResult::closed;
    case WriteResult::stopped:
      return PublishResult::stopped;
    default:
      return PublishResult::full;
  }
}

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
