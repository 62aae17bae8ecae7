#pragma once
// Rewinding: a handler whose batches are tried again as a whole.

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/event_reader.hpp>
#include <whorl/disruptor/handler_hooks.hpp>
#include <whorl/wait/wait_strategy.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Says what becomes of a batch that has failed so many times in a row, 1 and up: `rewind`, or what else. It may take its
/// time, in the processor's thread, and does not throw.
template <class P>
concept RewindPolicy = requires(P& policy, std::uint64_t failures) {
  { policy(failures) } -> std::same_as<ErrorAction>;
};

/// As often as it takes; halt() ends it between two tries.
struct RewindAlways {
  constexpr ErrorAction operator()(std::uint64_t) const noexcept { return ErrorAction::rewind; }
};

/// So many tries in all; after the last one `then`: halt, or skip the event that has failed.
struct RewindUpTo {
  std::uint64_t tries = 3;
  ErrorAction then = ErrorAction::halt;
  constexpr ErrorAction operator()(std::uint64_t failures) const noexcept {
    return failures < tries ? ErrorAction::rewind : then;
  }
};

/// As `policy` says, with a sleep before each next try. Who halts the processor meanwhile waits for it.
template <RewindPolicy P = RewindAlways>
struct RewindAfterPause {
  std::chrono::nanoseconds pause;
  P policy = {};
  ErrorAction operator()(std::uint64_t failures) const {
    const ErrorAction action = policy(failures);
    if (action == ErrorAction::rewind) detail::sleep_for(pause, {});
    return action;
  }
};

template <RewindPolicy P = RewindAlways>
RewindAfterPause(std::chrono::nanoseconds, P = {}) -> RewindAfterPause<P>;

/// Calls its handler, and has a batch tried again, as the policy says, when the handler throws an X at one of its events or
/// in on_batch_start, on an EventBus also in on_batch_end; X = void: whatever it throws. What else is thrown, and what the policy gives up, is for the
/// handler's own on_error to judge; if it has none, the processor halts, or does what the policy says instead of
/// rewinding. A try that succeeds, or is given up, ends the count of failures.
///
///     d.handle(whorl::rewinding<Busy>([&](Row& row, const EventContext& context) { ... }, whorl::RewindUpTo{5}));
///
/// The handler sees events of a rewound batch twice, but for those that it has released: it undoes what it did with them,
/// in on_batch_start, say, which comes before each try. For handlers of one ring, or of shards, where a batch is a sweep and
/// comes again as one: from its first shard on, each from where it was, what has come meanwhile included.
///
/// Source:  the rewindable handlers, and BatchRewindStrategy, of the LMAX Disruptor 4.
template <class Handler, RewindPolicy Policy = RewindAlways, class X = void>
class Rewinding {
  using H = std::remove_reference_t<Handler>;

 public:
  using ChecksHooks = void;

  explicit Rewinding(Handler handler, Policy policy = {})
      : handler_(std::forward<Handler>(handler)), policy_(std::move(policy)) {}

  template <class E, class Context>
    requires HandlesEvents<H, E, Context>
  void operator()(E& event, const Context& context) noexcept(detail::kNothrowHandler<H, E, Context>) {
    static_assert(detail::HooksOf<Context>::template require<Handler, E>());
    is_inside_ = true;
    detail::call_handler(handler_, event, context);
    has_handled(context.end_of_batch && !detail::TellsBatchEnds<Context>);
  }
  template <class E, class Context>
    requires std::invocable<H&, std::span<E>, const Context&>
  void operator()(std::span<E> events,
                  const Context& context) noexcept(std::is_nothrow_invocable_v<H&, std::span<E>, const Context&>) {
    static_assert(detail::HooksOf<Context>::template require<Handler, E>());
    is_inside_ = true;
    handler_(events, context);
    has_handled(context.end_of_batch);
  }

  void on_start()
    requires requires(H& handler) { handler.on_start(); }
  {
    handler_.on_start();
  }
  void on_stop()
    requires requires(H& handler) { handler.on_stop(); }
  {
    handler_.on_stop();
  }
  void on_batch_start(std::size_t events, std::size_t behind)
    requires requires(H& handler) { handler.on_batch_start(events, behind); }
  {
    is_inside_ = true;
    handler_.on_batch_start(events, behind);
    has_handled(false);
  }
  // On a bus: after the last event of a batch.
  void on_batch_end([[maybe_unused]] SequenceNumber last) {
    is_inside_ = true;
    if constexpr (requires { handler_.on_batch_end(last); }) handler_.on_batch_end(last);
    has_handled(true);
  }
  void on_timeout(SequenceNumber last)
    requires requires(H& handler) { handler.on_timeout(last); }
  {
    handler_.on_timeout(last);
  }
  void on_timeout()
    requires requires(H& handler) { handler.on_timeout(); }
  {
    handler_.on_timeout();
  }

  template <class E, class Place>
  ErrorAction on_error(const std::exception_ptr& error, E* event, Place place) noexcept {
    ErrorAction action = ErrorAction::halt;
    if (std::exchange(is_inside_, false) && is_rewindable(error)) {
      action = policy_(++failures_);
      if (action == ErrorAction::rewind) return action;
    }
    failures_ = 0;
    if constexpr (requires { handler_.on_error(error, event, place); }) {
      action = handler_.on_error(error, event, place);
    }
    return action;
  }

 private:
  void has_handled(bool end_of_batch) noexcept {
    is_inside_ = false;
    if (end_of_batch) failures_ = 0;
  }

  static bool is_rewindable([[maybe_unused]] const std::exception_ptr& error) noexcept {
    if constexpr (std::is_void_v<X>) {
      return true;
    } else {
#if defined(__cpp_exceptions)
      try {
        std::rethrow_exception(error);
      } catch (const X&) {
        return true;
      } catch (...) {
        return false;
      }
#else
      return false;
#endif
    }
  }

  Handler handler_;
  Policy policy_;
  bool is_inside_ = false;  // the handler is at a batch; still so in on_error, if it has thrown
  std::uint64_t failures_ = 0;
};

/// A handler that rewinds; std::ref(h) for one that stays where it is. Several at once: rewind their aggregate().
template <class X = void, class Handler, RewindPolicy Policy = RewindAlways>
auto rewinding(Handler&& handler, Policy policy = {}) {
  return Rewinding<std::unwrap_ref_decay_t<Handler>, Policy, X>(std::forward<Handler>(handler), std::move(policy));
}

}  // namespace whorl::inline WHORL_ABI_TAG
