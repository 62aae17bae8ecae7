#pragma once
// A subscriber's handler as a node of the Disruptor calls it: with the events of its topics, and with all its hooks.

#include <concepts>
#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/event_reader.hpp>
#include <whorl/disruptor/handler_hooks.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

template <class H>
concept HearsOfBatchEnds = requires(H& handler, SequenceNumber last) { handler.on_batch_end(last); };

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

template <class Handler, class E>
constexpr bool require_taken() {
  static_assert(HandlesEvents<std::remove_reference_t<Handler>, E>,
                "whorl: a subscriber is called with each of its topics, as (E&) or (E&, const EventContext&)");
  return true;
}

// Stored is where an event of any topic lies; Es are the subscriber's topics. Handler may be a reference.
template <class Handler, class Stored, class... Es>
class TopicHandler {
  using H = std::remove_reference_t<Handler>;
  static_assert((require_taken<Handler, Es>() && ...));
  static_assert(require_hooks<Handler, Stored>() && require_batch_end<Handler>());
  static constexpr bool kNothrow = (kNothrowHandler<H, Es> && ...) && !HearsOfBatchEnds<H>;

 public:
  using ChecksHooks = void;

  explicit TopicHandler(Handler handler) : handler_(std::forward<Handler>(handler)) {}

  void operator()(Stored& stored, const EventContext& context) noexcept(kNothrow) {
    stored.template visit_if<Es...>([&](auto& event) noexcept(kNothrow) { call_handler(handler_, event, context); });
    if constexpr (HearsOfBatchEnds<H>) {
      if (context.end_of_batch) handler_.on_batch_end(context.sequence);
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
  ErrorAction on_error(std::exception_ptr error, Stored* event, SequenceNumber sequence) noexcept
    requires requires(H& handler) { handler.on_error(std::move(error), event, sequence); }
  {
    return handler_.on_error(std::move(error), event, sequence);
  }

 private:
  Handler handler_;
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
