#pragma once
// A handler as a node calls it: the same hooks, counted, and start-up told to whoever waits for it.

#include <algorithm>
#include <cstddef>
#include <exception>
#include <span>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/node.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

// Has those of the optional functions that Handler has, and on_start. Handler may be a reference.
template <class Handler, class Ring>
class NodeHandler {
  using E = typename Ring::Event;
  using H = std::remove_reference_t<Handler>;
  using Traits = GraphRing<Ring>;
  using Context = typename Traits::Context;
  using Place = typename Traits::Place;
  static constexpr bool kRuns = HandlesRuns<H, typename Traits::Cells, Context>;
  static_assert(HooksOf<Context>::template require<Handler, E>());

 public:
  using ChecksHooks = void;

  NodeHandler(Handler handler, Node<Ring>& node) : handler_(std::forward<Handler>(handler)), node_(node) {}

  // An on_start that fails ends this node and no other: whoever has started it decides about the rest.
  void on_start() {
    bool goes_on = true;
    if constexpr (requires(H& handler) { handler.on_start(); }) {
      attempt<false>([&] { handler_.on_start(); }, [&] { goes_on = goes_on_after(std::current_exception()); });
    }
    if (goes_on) node_.has_started();
  }
  void on_stop()
    requires requires(H& handler) { handler.on_stop(); }
  {
    if (node_.start_error == nullptr) {
      handler_.on_stop();
    } else {
      attempt<false>([&] { handler_.on_stop(); }, [] {});  // why it has not started is what counts
    }
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
  void on_timeout()
    requires requires(H& handler) { handler.on_timeout(); }
  {
    handler_.on_timeout();
  }
  ErrorAction on_error(std::exception_ptr error, E* event, Place place) noexcept
    requires requires(H& handler) { handler.on_error(std::move(error), event, place); }
  {
    const ErrorAction action = handler_.on_error(std::move(error), event, place);
    if (action == ErrorAction::rewind) in_batch_ = before_batch_;
    before_batch_ = in_batch_;
    return action;
  }

  void operator()(E& event, const Context& context) noexcept(!kRuns && kNothrowHandler<H, E, Context>)
    requires(!kRuns)
  {
    call_handler(handler_, event, context);
    count(1, context.end_of_batch);
  }
  void operator()(std::span<E> events, const Context& context) noexcept(noexcept(std::declval<H&>()(events, context)))
    requires kRuns
  {
    handler_(events, context);
    count(events.size(), context.end_of_batch);
  }

 private:
  bool goes_on_after(const std::exception_ptr& error) noexcept {
    if constexpr (requires(H& handler, E* event) { handler.on_error(error, event, Place{}); }) {
      if (handler_.on_error(error, static_cast<E*>(nullptr), Traits::place(node_.processor.sequence())) !=
          ErrorAction::halt)
        return true;
    }
    node_.has_not_started(error);
    return false;
  }

  void count(std::size_t events, bool end_of_batch) noexcept {
    in_batch_ += events;
    if (!end_of_batch) return;
    // Relaxed, all of them: counts, which one thread writes.
    node_.events.store(node_.events.load(sync::relaxed) + in_batch_, sync::relaxed);
    node_.batches.store(node_.batches.load(sync::relaxed) + 1, sync::relaxed);              // relaxed: as above
    const std::uint64_t largest = node_.largest_batch.load(sync::relaxed);                  // relaxed: as above
    node_.largest_batch.store(std::max<std::uint64_t>(largest, in_batch_), sync::relaxed);  // relaxed: as above
    in_batch_ = before_batch_ = 0;
  }

  Handler handler_;
  Node<Ring>& node_;
  std::size_t in_batch_ = 0;      // since the end of a batch
  std::size_t before_batch_ = 0;  // of these, before the batch that it is at: in one that an error cut short
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
