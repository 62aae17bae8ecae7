#pragma once
// What a processor's handler may have besides the call with events; that what it has can be called.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <whorl/handoff/sequence.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// What a handler's on_error says about an event, or a run of them, that it has failed on.
enum class ErrorAction : std::uint8_t {
  skip,   ///< the event, or the whole run, counts as handled; what follows it is a new batch
  retry,  ///< the same again, but for what was released early: that is over
  /// The batch again, from its first event that was not released early; until it succeeds nothing more of it counts as
  /// handled. It begins as any batch does: on_batch_start comes first, and what has come meanwhile belongs to it. rewind.hpp
  /// has what says when to stop.
  rewind,
  halt,  ///< the processor ends, and closes the ring, so that nobody waits for it; error() has the exception
};

namespace detail {

// Whoever derives from a handler and from this knows a name twice that both have.
struct HookNames {
  void on_start();
  void on_stop();
  void on_batch_start();
  void on_timeout();
  void on_error();
};
template <class H>
struct WithHookNames : H, HookNames {};

// What passes hooks on to other handlers, and has those names for them, checks theirs and says so: `using ChecksHooks =
// void`.
template <class H>
concept HasHooks = std::is_class_v<H> && !std::is_final_v<H> && !requires { typename H::ChecksHooks; };

// A function of the right name that cannot be called would be passed over in silence. These are alike for all processors.
template <class Handler>
constexpr void require_common_hooks() {
  using Both = WithHookNames<std::remove_cvref_t<Handler>>;
  using Called = std::remove_reference_t<Handler>&;
  static_assert(
      requires { &Both::on_start; } || requires(Called h) { h.on_start(); },
      "whorl: a handler's on_start takes nothing, and is public");
  static_assert(
      requires { &Both::on_stop; } || requires(Called h) { h.on_stop(); },
      "whorl: a handler's on_stop takes nothing, and is public");
  static_assert(
      requires { &Both::on_batch_start; } || requires(Called h, std::size_t n) { h.on_batch_start(n, n); },
      "whorl: a handler's on_batch_start takes two std::size_t, and is public");
}

template <class Handler, class E>
constexpr bool require_hooks() {
  using H = std::remove_cvref_t<Handler>;
  if constexpr (HasHooks<H>) {
    require_common_hooks<Handler>();
    using Both = WithHookNames<H>;
    using Called = std::remove_reference_t<Handler>&;
    static_assert(
        requires { &Both::on_timeout; } || requires(Called h, SequenceNumber last) { h.on_timeout(last); },
        "whorl: a handler's on_timeout takes a SequenceNumber, and is public");
    static_assert(
        requires { &Both::on_error; } ||
            requires(Called h, std::exception_ptr error, E* event, SequenceNumber sequence) {
              { h.on_error(error, event, sequence) } -> std::convertible_to<ErrorAction>;
            },
        "whorl: a handler's on_error takes an std::exception_ptr, E* (on an EventBus: its Stored*) and a "
        "SequenceNumber, returns an ErrorAction, and is public");
  }
  return true;
}

// A subscriber of a bus is told where a batch ends (see EventBus::subscribe), whatever its last event is.
template <class H>
concept HearsOfBatchEnds = requires(H& handler, SequenceNumber last) { handler.on_batch_end(last); };
// Of a context: whoever is told it is told so.
template <class Context>
concept TellsBatchEnds = requires { typename Context::TellsBatchEnds; };

// Which hooks those have that are told a Context of their events: whoever has another Context specialises this.
template <class Context>
struct HooksOf {
  template <class Handler, class E>
  static constexpr bool require() {
    return require_hooks<Handler, E>();
  }
};

}  // namespace detail
}  // namespace whorl::inline WHORL_ABI_TAG
