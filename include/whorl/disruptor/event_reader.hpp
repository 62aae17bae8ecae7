#pragma once
// What pollers and processors have in common: an event's context, how handlers are called, and how tombstones are passed.

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <whorl/handoff/sequence.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Where an event, or a run of them, stands.
class EventContext {
 public:
  EventContext(SequenceNumber sequence, bool end_of_batch, Sequence& progress) noexcept
      : sequence(sequence), end_of_batch(end_of_batch), progress_(progress) {}

  /// Early release: the handler will not touch the event of `last` or any before it again. For the rest of the batch that
  /// happens when the batch ends.
  void release(SequenceNumber last) const noexcept { progress_.set(last); }

  const SequenceNumber sequence;  ///< of the event; of the first one of a run
  const bool end_of_batch;        ///< nothing after this was available when the batch began: a good time to flush

 private:
  Sequence& progress_;
};

/// A handler takes handler(E&) or handler(E&, const EventContext&); where events lie side by side (Dense) also runs of
/// them, handler(std::span<E>, const EventContext&).
template <class H, class E>
concept HandlesEvents = std::invocable<H&, E&> || std::invocable<H&, E&, const EventContext&>;
template <class H, class Ring>
concept HandlesRuns = Ring::kDense && std::invocable<H&, std::span<typename Ring::Event>, const EventContext&>;
template <class H, class Ring>
concept EventHandler = HandlesEvents<H, typename Ring::Event> || HandlesRuns<H, Ring>;

namespace detail {

template <class H, class E>
decltype(auto) call_handler(H& handler, E& event, const EventContext& context) {
  if constexpr (std::invocable<H&, E&, const EventContext&>) {
    return handler(event, context);
  } else {
    return handler(event);
  }
}

template <class H, class E>
inline constexpr bool kNothrowHandler = [] {
  if constexpr (std::invocable<H&, E&, const EventContext&>) {
    return std::is_nothrow_invocable_v<H&, E&, const EventContext&>;
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

// Tells a consumer whether it has to look for tombstones: marks are consulted only up to where the last one known of can
// be. Every tombstone below a sequence that is available is known of.
template <class Ring>
class Tombstones {
 public:
  explicit Tombstones(const Ring& ring) noexcept : ring_(ring) {}

  /// Before the events from p on are read: some of them may be tombstones.
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

 private:
  const Ring& ring_;
  std::uint64_t known_ = 0;
  Position until_ = 0;
  bool any_ = false;
};

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
