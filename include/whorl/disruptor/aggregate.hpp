#pragma once
// Aggregate: several handlers as one.

#include <cstddef>
#include <exception>
#include <functional>
#include <tuple>
#include <utility>
#include <whorl/disruptor/batch_event_processor.hpp>

namespace whorl::inline WHORL_ABI_TAG {

namespace detail {

template <class H>
concept HearsOfBatches = requires(H& handler, std::size_t n) { handler.on_batch_start(n, n); };
template <class H>
concept HearsOfTimeouts = requires(H& handler, SequenceNumber last) { handler.on_timeout(last); };
template <class H>
concept HearsOfShardsTimeouts = requires(H& handler) { handler.on_timeout(); };
template <class H, class E, class Place>
concept JudgesErrors = requires(H& handler, E* event, Place at) { handler.on_error(std::exception_ptr(), event, at); };

}  // namespace detail

/// Calls each of its handlers with every event, in their order, in one thread. So it is with on_start, on_stop,
/// on_batch_start, on_timeout and, on an EventBus, on_batch_end of those that have them; on_error is asked of the first that has it. An exception of one
/// keeps the call from those after it, but for on_stop: that all of them hear, and then the first exception goes on. A batch
/// that is rewound comes again to all of them. Of no handlers: one that does nothing. For handlers of one ring, or of shards.
///
/// Source:  AggregateEventHandler of the LMAX Disruptor.
template <class... Handlers>
class Aggregate {
 public:
  using ChecksHooks = void;

  explicit Aggregate(Handlers... handlers) : handlers_(std::forward<Handlers>(handlers)...) {}

  template <class E, class Context>
    requires(HandlesEvents<std::remove_reference_t<Handlers>, E, Context> && ...)
  void operator()(E& event, const Context& context) noexcept(
      (detail::kNothrowHandler<std::remove_reference_t<Handlers>, E, Context> && ...)) {
    static_assert((detail::HooksOf<Context>::template require<Handlers, E>() && ...));
    each([&](auto& handler) { detail::call_handler(handler, event, context); });
  }

  void on_start() {
    each([](auto& handler) {
      if constexpr (requires { handler.on_start(); }) handler.on_start();
    });
  }
  void on_stop() {
    std::exception_ptr first;
    each([&](auto& handler) {
      if constexpr (requires { handler.on_stop(); }) {
        detail::attempt<false>([&] { handler.on_stop(); },
                               [&] {
                                 if (first == nullptr) first = std::current_exception();
                               });
      }
    });
    if (first != nullptr) std::rethrow_exception(first);
  }
  void on_batch_start(std::size_t events, std::size_t behind)
    requires(detail::HearsOfBatches<Handlers> || ...)
  {
    each([&](auto& handler) {
      if constexpr (requires { handler.on_batch_start(events, behind); }) handler.on_batch_start(events, behind);
    });
  }
  void on_timeout(SequenceNumber last)
    requires(detail::HearsOfTimeouts<Handlers> || ...)
  {
    each([&](auto& handler) {
      if constexpr (requires { handler.on_timeout(last); }) handler.on_timeout(last);
    });
  }
  void on_timeout()
    requires(detail::HearsOfShardsTimeouts<Handlers> || ...)
  {
    each([](auto& handler) {
      if constexpr (requires { handler.on_timeout(); }) handler.on_timeout();
    });
  }
  void on_batch_end(SequenceNumber last)
    requires(detail::HearsOfBatchEnds<Handlers> || ...)
  {
    each([&](auto& handler) {
      if constexpr (requires { handler.on_batch_end(last); }) handler.on_batch_end(last);
    });
  }
  template <class E, class Place>
    requires(detail::JudgesErrors<Handlers, E, Place> || ...)
  ErrorAction on_error(const std::exception_ptr& error, E* event, Place place) noexcept {
    ErrorAction action = ErrorAction::halt;
    bool is_judged = false;
    each([&](auto& handler) {
      if constexpr (requires { handler.on_error(error, event, place); }) {
        if (!std::exchange(is_judged, true)) action = handler.on_error(error, event, place);
      }
    });
    return action;
  }

 private:
  template <class F>
  void each(F&& f) {
    std::apply([&](auto&... handlers) { (f(handlers), ...); }, handlers_);
  }

  std::tuple<Handlers...> handlers_;
};

/// One handler of several; std::ref(h) for one that stays where it is.
template <class... Handlers>
auto aggregate(Handlers&&... handlers) {
  return Aggregate<std::unwrap_ref_decay_t<Handlers>...>(std::forward<Handlers>(handlers)...);
}

}  // namespace whorl::inline WHORL_ABI_TAG
