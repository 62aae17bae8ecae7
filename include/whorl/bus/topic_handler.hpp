#pragma once
// A subscriber's handler as a node of the Disruptor calls it: with the events of its topics, and with all its hooks.

#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/event_reader.hpp>
#include <whorl/disruptor/handler_hooks.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

struct BatchEndName {
  void on_batch_end();
};
template <class H>
struct WithBatchEndName : H, BatchEndName {};

template <class Handler>
constexpr bool require_batch_end() {
  using H = std::remove_cvref_t<Handler>;
  if constexpr (HasHooks<H>) {
    using Both = WithBatchEndName<H>;
    static_assert(
        requires { &Both::on_batch_end; } || HearsOfBatchEnds<std::remove_reference_t<Handler>>,
        "whorl: a subscriber's on_batch_end takes a SequenceNumber, and is public");
  }
  return true;
}

// What a handler that holds handlers (aggregate, rewinding) is given, so that it asks of them what is asked of subscribers.
template <class Stored>
struct TopicContext : EventContext {
  using TellsBatchEnds = void;
  explicit TopicContext(const EventContext& context) noexcept : EventContext(context) {}
};
template <class Stored>
struct HooksOf<TopicContext<Stored>> {
  template <class Handler, class E>
  static constexpr bool require() {
    return require_hooks<Handler, Stored>() && require_batch_end<Handler>();
  }
};

template <class Handler, class E, class Context>
constexpr bool require_taken() {
  static_assert(HandlesEvents<std::remove_reference_t<Handler>, E, Context>,
                "whorl: a subscriber is called with each of its topics, as (E&) or (E&, const EventContext&)");
  return true;
}

// Stored is where an event of any topic lies; Es are the subscriber's topics. Handler may be a reference.
//
// Where it is told of ends of batches, each is told once the last event has been handled, or given up: what fails there is
// tried again without the event, and an event that is skipped there comes to the processor once more, for the end alone.
template <class Handler, class Stored, class... Es>
class TopicHandler {
  using H = std::remove_reference_t<Handler>;
  static constexpr bool kHolds = requires { typename H::ChecksHooks; };
  using Context = std::conditional_t<kHolds, TopicContext<Stored>, EventContext>;
  static_assert((require_taken<Handler, Es, Context>() && ...));
  static_assert(require_hooks<Handler, Stored>() && require_batch_end<Handler>());
  static constexpr bool kTold = HearsOfBatchEnds<H>;
  static constexpr bool kNothrow = (kNothrowHandler<H, Es, Context> && ...) && !kTold;

 public:
  using ChecksHooks = void;

  explicit TopicHandler(Handler handler) : handler_(std::forward<Handler>(handler)) {}

  void operator()(Stored& stored, const EventContext& context) noexcept(kNothrow) {
    if constexpr (kTold) {
      ends_batch_ = context.end_of_batch;
      if (done_ != context.sequence && carried_ != context.sequence) hand(stored, context);
      if (!context.end_of_batch) return;
      done_ = context.sequence;
      handler_.on_batch_end(context.sequence);
      ends_batch_ = false;
    } else {
      hand(stored, context);
    }
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
    handler_.on_batch_start(events, behind);
  }
  void on_timeout(SequenceNumber last)
    requires requires(H& handler) { handler.on_timeout(last); }
  {
    handler_.on_timeout(last);
  }
  ErrorAction on_error(const std::exception_ptr& error, Stored* event, SequenceNumber sequence) noexcept
    requires requires(H& handler) { handler.on_error(error, event, sequence); }
  {
    ErrorAction action = handler_.on_error(error, event, sequence);
    if constexpr (kTold) {
      const bool ended_batch = std::exchange(ends_batch_, false);
      if (event == nullptr) return action;  // a hook's, or of one that was released: it does not come again
      if (action == ErrorAction::rewind) done_.reset();
      if (action == ErrorAction::skip && ended_batch && done_ != sequence) {
        done_ = sequence;
        action = ErrorAction::retry;
      }
      if (action == ErrorAction::retry && done_ == sequence) carried_ = sequence;
    }
    return action;
  }

 private:
  void hand(Stored& stored, const EventContext& context) noexcept(kNothrow) {
    const auto give = [&](const Context& told) {
      stored.template visit_if<Es...>([&](auto& event) noexcept(kNothrow) { call_handler(handler_, event, told); });
    };
    if constexpr (kHolds) {
      give(Context(context));
    } else {
      give(context);
    }
  }

  Handler handler_;
  // These where it is told of ends.
  bool ends_batch_ = false;                // what it is at ends a batch
  std::optional<SequenceNumber> done_;     // only the end of its batch is to be told yet, if it comes again
  std::optional<SequenceNumber> carried_;  // the same of an earlier batch: also if this one is rewound
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
