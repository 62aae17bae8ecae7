#pragma once
// EventBus: typed topics on one Disruptor.

#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <whorl/bus/bus_types.hpp>
#include <whorl/bus/lossy_subscriber.hpp>
#include <whorl/bus/topics.hpp>
#include <whorl/disruptor/disruptor.hpp>

namespace whorl::inline WHORL_ABI_TAG {

struct BusOptions {
  std::size_t capacity = 1024;  ///< events; a power of two
  std::string name = {};        ///< for messages
  OnDestroy on_destroy = OnDestroy::drain;
  /// Subscribers may join and leave while it runs. Each is then waited for by publishers, so that there may be
  /// GroupGate::kMostMembers in all; otherwise only those that nothing comes after.
  bool dynamic = true;
  Position first_position = 0;  ///< see DisruptorOptions
};

/// Publishers say what has happened, each event a value of one of the bus's topics; subscribers are handlers with a thread
/// each, which know the publishers no more than the publishers know them.
///
/// Order:     every subscriber sees all events of its topics that are claimed while it is subscribed, each once, and all
///            subscribers see them in one order, across topics and publishers. It is that in which publishers claim, as
///            they begin to publish, so that one which has begun when somebody joins counts as published before: what
///            one publisher publishes comes in its order, and what is published after another publication has returned
///            comes after that. A subscriber sees an event after all those that it comes `after` have, and sees what they
///            and the publisher did with it; but one of another topic, which they do not see, does not wait for them to do
///            anything. Multi: any number of publishers. Single: one at a time, plain stores; the same order.
///
///     struct Order { ... };  struct Fill { ... };
///     whorl::EventBus<whorl::Topics<Order, Fill>> bus({.capacity = 1024});
///     auto journal = bus.subscribe([&](const auto& event) { log.append(event); });            // all topics
///     bus.subscribe<Order>([&](const Order& order) { book.add(order); }, {.after = {journal}});
///     bus.start();
///     auto publisher = bus.publisher();  // a copy for each thread
///     (void)publisher.publish(Order{...});
///     bus.close();  // what has been published is handled
///     bus.join();   // throws what a subscriber has thrown
///
/// An event lies in the bus, in place, until it is overwritten a lap later, by the thread that publishes there, or until the
/// bus ends: that is when it is destroyed, after everybody has handled it, and no sooner. What should go earlier a
/// subscriber that comes after all others resets. Subscribers work on it where it lies: (const E&) unless it is theirs to
/// change for those that come after them.
///
/// Layout: as the ring buffer's (void: its default). Inline, a stamp beside each event, is the quickest from a publisher to
/// one subscriber; Dense, events side by side, costs less where there are several, or they share CPUs.
///
/// A slow subscriber holds up the publishers, who wait for it a lap ahead; a lossy one (LossySubscriber) misses events
/// instead, and is told how many.
///
/// Subscribers that publish into their own bus are told would_deadlock where waiting would be waiting for themselves. What
/// goes round through another bus nobody sees: subscribers of two buses that wait for room in each other's stand still. So
/// between buses, too, use try_publish, or a deadline, and keep what finds no room.
///
/// Threads:   publishers: any. publisher, close, halt, error, is_closed: any. run: one for each such node. stats: any, but not while
///            subscribers join or leave. Everything else: one at a time, and not from inside a subscriber.
/// Progress:  a subscriber waits for what it comes after, a publisher for the slowest subscriber.
/// Errors:    misuse: std::invalid_argument, which says what to do instead.
/// Lifetime:  publishers end before it does; lossy subscribers after it.
template <class T, class Kind = Multi, WaitStrategy W = BlockingWait, class Layout = void>
class EventBus {
  using Types = detail::BusTypes<T, Kind, W, Layout>;
  using Carrier = typename Types::Carrier;

 public:
  /// Where an event lies: what a subscriber's on_error is given.
  using Stored = typename Types::Stored;
  using Publisher = typename Types::Publisher;

  explicit EventBus(BusOptions options = {}, W wait = {})
      : name_(options.name.empty() ? "EventBus" : "EventBus '" + options.name + "'"),
        dynamic_(options.dynamic),
        carrier_({.capacity = options.capacity,
                  .name = std::move(options.name),
                  .kind = "EventBus",
                  .on_destroy = options.on_destroy,
                  .dynamic = options.dynamic,
                  .first_position = options.first_position},
                 std::move(wait)) {}

  // ---- subscribers ------------------------------------------------------------------------------------------------

  /// `handler` sees the events of the topics Some, of all if there are none, in a thread of its own: as (E&) or (E&, const
  /// EventContext&). It is moved or copied here; std::ref(handler) for one that stays where it is.
  ///
  /// It may have the hooks of BatchEventProcessor, whose on_error is given a Stored*, and says what becomes of an event
  /// that it has failed on; without it the bus ends. Batches are the bus's: they count events of other topics, and the last
  /// of a batch may be one, so that no event of this subscriber has context.end_of_batch. Who flushes has instead
  ///
  ///     on_batch_end(SequenceNumber last)   everything up to `last` has been handled, of whatever topic, or skipped. What it
  ///                                         throws is a failure at that event, which has been handled: `retry` calls only
  ///                                         this again (as the end of a longer batch if more has come), `rewind` begins
  ///                                         the batch again, `skip` goes on without
  ///
  /// (But a last event that was released early, and then failed, does not come again: no end is told of that batch.) So it
  /// is with handlers in an aggregate() or rewinding(), where on_error is given a Stored*, too.
  ///
  /// While it runs, if it is dynamic: it sees what is claimed after this has returned, and perhaps some before. A publication
  /// that has begun counts as before, of one publisher or many, also if it is still in the event's constructor, and so does
  /// what a single publisher publishes in the place of a batch that it has given up.
  /// Errors:  besides misuse: std::system_error; what its on_start throws, if it joins while others run.
  template <class... Some, class H>
  NodeId subscribe(H&& handler, HandlerOptions options = {}) {
    return join_as(as_handler<Some...>(std::forward<H>(handler)), std::move(options));
  }
  /// The same, with a way to wait of its own.
  template <class... Some, class H, WaitStrategy Wait>
  NodeId subscribe(H&& handler, HandlerOptions options, Wait wait) {
    return join_as(as_handler<Some...>(std::forward<H>(handler)), std::move(options), std::move(wait));
  }
  /// A lossy one: this node only copies, and nobody waits for who reads the copies. If it is refused, `lossy` may be
  /// subscribed again.
  template <class... Some>
  NodeId subscribe(LossySubscriber<Some...>& lossy, HandlerOptions options = {}) {
    return lossy.subscribe(
        [&](auto&& feed) { return subscribe<Some...>(std::forward<decltype(feed)>(feed), std::move(options)); });
  }
  template <class... Some, WaitStrategy Wait>
  NodeId subscribe(LossySubscriber<Some...>& lossy, HandlerOptions options, Wait wait) {
    return lossy.subscribe([&](auto&& feed) {
      return subscribe<Some...>(std::forward<decltype(feed)>(feed), std::move(options), std::move(wait));
    });
  }

  /// Waits until the subscriber has handled all that is published now, ends it, and lets publishers go on without it. False:
  /// time was up first, and it stays. While the bus runs the last one cannot leave, nor one of own_thread that nobody has run
  /// so far: nobody would guard what publishers are in the middle of against those who come a lap later.
  bool leave(NodeId subscriber, const Until& until = {}) {
    if (!dynamic_) detail::refuse(name_ + ": subscribers can leave where BusOptions::dynamic says so");
    const bool has_begun = carrier_.has_begun(subscriber);  // refuses one that is not here
    if (carrier_.is_started() && !is_closed()) {
      if (subscribers_ == 1)
        detail::refuse(name_ +
                       ": the last subscriber cannot leave while it runs: let the next one join first, or close()");
      // It would leave at once, also what only it guards: that which has been claimed before the others joined.
      if (!has_begun)
        detail::refuse(name_ + ": subscriber " + std::to_string(subscriber.number()) +
                       " cannot leave before somebody has run it: run() it, or close()");
    }
    const bool has_left = carrier_.remove(subscriber, until);
    if (has_left) --subscribers_;
    return has_left;
  }

  // ---- its life, as the Disruptor's -------------------------------------------------------------------------------

  /// Returns when every subscriber is ready; throws what the first on_start has thrown.
  void start() {
    if (subscribers_ == 0) detail::refuse(name_ + ": nobody would see an event: subscribe() before start()");
    carrier_.start();
  }
  /// Runs a subscriber made with own_thread, in the calling thread, to its end.
  RunEnd run(NodeId subscriber) { return carrier_.run(subscriber); }
  /// Nothing is published any more; what has been is handled, and the subscribers end.
  void close() noexcept { carrier_.close(); }
  bool is_closed() const noexcept { return carrier_.is_closed(); }
  /// It is closed, and subscribers end after the batch that they are at.
  void halt() noexcept { carrier_.halt(); }
  /// Waits until everything that is published now has been handled by everybody. False: time was up, or one has ended before.
  bool drain_for(const Until& until) { return carrier_.drain_for(until); }
  /// Waits until all subscribers have ended, which they do when it is closed. Throws what the first to fail has thrown.
  void join() { carrier_.join(); }
  /// What the first subscriber to fail has thrown; nullptr: none has, so far.
  std::exception_ptr error() noexcept { return carrier_.error(); }

  // ---- publishers -------------------------------------------------------------------------------------------------

  /// A publisher; it may be copied, a copy for each thread. Any thread may ask for one.
  Publisher publisher()
    requires Carrier::Ring::kShared
  {
    check_started();
    return Publisher(carrier_.producer());
  }
  /// The publisher, which can be moved; none as long as there is another one, or when it is closed.
  [[nodiscard]] std::optional<Publisher> publisher()
    requires(!Carrier::Ring::kShared)
  {
    check_started();
    auto producer = carrier_.producer();
    if (!producer) return std::nullopt;
    return std::optional<Publisher>(std::in_place, std::move(*producer));
  }

  std::size_t capacity() const noexcept { return carrier_.capacity(); }
  /// What everybody has done so far. A subscriber's events count those of all topics.
  DisruptorStats stats() { return carrier_.stats(); }

 private:
  void check_started() {
    if (!carrier_.is_started())
      detail::refuse(name_ + ": start() it before publisher(): nobody would see an event yet");
  }
  template <class... Some, class H>
  static auto as_handler(H&& handler) {
    static_assert((Types::template kHas<Some> && ...), "whorl: what is subscribed to is a topic of the bus");
    using Handler = std::unwrap_ref_decay_t<H>;
    return typename Types::template HandlerOf<Handler, Some...>::Type(std::forward<H>(handler));
  }
  template <class Handler, class... Wait>
  NodeId join_as(Handler handler, HandlerOptions options, Wait... wait) {
    if (!dynamic_ && carrier_.is_started())
      detail::refuse(name_ + ": it has been started: subscribe() before start(), or set BusOptions::dynamic");
    const NodeId id = carrier_.handle(std::move(handler), std::move(options), std::move(wait)...);
    ++subscribers_;
    return id;
  }

  const std::string name_;
  const bool dynamic_;
  std::size_t subscribers_ = 0;  // who builds
  Carrier carrier_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
