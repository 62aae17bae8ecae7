#pragma once
// What pollers and processors have in common: an event's context, how handlers are called, and how tombstones are passed.

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <whorl/handoff/sequence.hpp>
#include <whorl/sync/contract.hpp>

namespace whorl::inline WHORL_ABI_TAG {

namespace detail {

// Where an early release of `last` goes to: it has come to `passed`, and `events` from `first` on are at hand.
inline Position checked_release(Position passed, SequenceNumber first, std::size_t events,
                                SequenceNumber last) noexcept {
  const Position next = next_after(last);
  WHORL_ASSERT(distance(passed, next) >= 0, "release nothing before what has been released");
  WHORL_ASSERT(distance(next, static_cast<Position>(first) + events) >= 0, "release nothing beyond what is at hand");
  return next;
}

}  // namespace detail

/// Where an event, or a run of them, stands.
class EventContext {
 public:
  EventContext(SequenceNumber sequence, bool end_of_batch, Sequence& progress, std::size_t events = 1) noexcept
      : sequence(sequence), end_of_batch(end_of_batch), progress_(progress), events_(events) {}

  /// Early release: the handler will not touch the event of `last` or any before it again. For the rest of the batch that
  /// happens when the batch ends. What has been released is not handed over again, whatever comes of the batch.
  void release(SequenceNumber last) const noexcept {
    progress_.release(detail::checked_release(progress_.passed(), sequence, events_, last));
  }

  const SequenceNumber sequence;  ///< of the event; of the first one of a run
  const bool end_of_batch;        ///< the last of its batch, which max_batch may have cut: a good time to flush

 private:
  Sequence& progress_;
  const std::size_t events_;
};

/// A handler takes handler(E&) or handler(E&, const EventContext&); where events lie side by side (Dense) also runs of
/// them, handler(std::span<E>, const EventContext&).
template <class H, class E, class Context = EventContext>
concept HandlesEvents = std::invocable<H&, E&> || std::invocable<H&, E&, const Context&>;
template <class H, class Ring, class Context = EventContext>
concept HandlesRuns = Ring::kDense && std::invocable<H&, std::span<typename Ring::Event>, const Context&>;
template <class H, class Ring>
concept EventHandler = HandlesEvents<H, typename Ring::Event> || HandlesRuns<H, Ring>;

namespace detail {

template <class H, class E, class Context>
decltype(auto) call_handler(H& handler, E& event, const Context& context) {
  if constexpr (std::invocable<H&, E&, const Context&>) {
    return handler(event, context);
  } else {
    return handler(event);
  }
}

// False: the handler has said so, and wants no more.
template <class H, class E, class Context>
bool wants_more(H& handler, E& event, const Context& context) {
  if constexpr (std::is_void_v<decltype(call_handler(handler, event, context))>) {
    call_handler(handler, event, context);
    return true;
  } else {
    return static_cast<bool>(call_handler(handler, event, context));
  }
}

template <class H, class E, class Context = EventContext>
inline constexpr bool kNothrowHandler = [] {
  if constexpr (std::invocable<H&, E&, const Context&>) {
    return std::is_nothrow_invocable_v<H&, E&, const Context&>;
  } else {
    return std::is_nothrow_invocable_v<H&, E&>;
  }
}();

// Calls f(), and if that throws, failed() while the exception is being handled.
template <bool kNothrow, class F, class Failed>
void attempt(F&& f, [[maybe_unused]] Failed&& failed) {
#if defined(__cpp_exceptions)
  if constexpr (!kNothrow) {
    try {
      f();
    } catch (...) {
      failed();
    }
    return;
  }
#endif
  f();
}

// Where in a batch there are tombstones: marks are consulted only up to where the last one known of can be. Every
// tombstone below a sequence that is available is known of.
template <class Ring>
class Tombstones {
 public:
  explicit Tombstones(const Ring& ring) noexcept : ring_(ring) {}

  /// Before a batch is read: where its last event ends. Tombstones that come after it do not count.
  Position trim(Position begin, Position end) noexcept {
    look_ = may_be_from(begin);
    while (end != begin && is_at(end - 1)) --end;
    return end;
  }
  /// In that batch.
  bool is_at(Position p) const noexcept {
    return Ring::kShared && look_ && ring_.is_buried(static_cast<SequenceNumber>(p));
  }

 private:
  bool may_be_from(Position p) noexcept {
    if constexpr (!Ring::kShared) return false;
    const std::uint64_t buried = ring_.buried();
    if (buried != known_) [[unlikely]] {
      known_ = buried;
      until_ = ring_.claimed();
      any_ = true;
    }
    return any_ && distance(p, until_) > 0;
  }

  const Ring& ring_;
  std::uint64_t known_ = 0;
  Position until_ = 0;
  bool any_ = false;
  bool look_ = false;
};

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
