#pragma once
// EventBus: typed topics on one Disruptor.

#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <whorl/bus/bus_publisher.hpp>
#include <whorl/bus/lossy_subscriber.hpp>
#include <whorl/bus/stored_event.hpp>
#include <whorl/bus/topic_handler.hpp>
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

namespace detail {

// What carries a bus: the one place that says so for each kind of publishers. One without an order for all subscribers, of
// many shards, would be a specialisation here, and need an order guarantee of its own in the documentation of EventBus.
template <class Stored, class Kind, class W, class Layout>
struct CarrierOf {
  using Type =
      Disruptor<Stored, Kind, W, std::conditional_t<std::is_void_v<Layout>, DefaultEventLayout<Stored>, Layout>>;
};

template <class T, class Kind, class W, class Layout>
struct BusTypes : TopicsOf<T> {};
template <std::size_t MostBytes, class... Es, class Kind, class W, class Layout>
struct BusTypes<TopicsUpTo<MostBytes, Es...>, Kind, W, Layout> {
  static_assert(sizeof...(Es) != 0, "whorl: a bus has a topic, or several");
  static_assert(((kTimesAmong<Es, Es...> == 1) && ...), "whorl: a bus has each topic once");
  static_assert((require_storable<MostBytes, Es>() && ...));

  using Stored = StoredEvent<Es...>;
  using Carrier = typename CarrierOf<Stored, Kind, W, Layout>::Type;
  using Publisher = BusPublisher<typename Carrier::Producer, Stored, Es...>;
  template <class E>
  static constexpr bool kHas = OneOf<E, Es...>;
  // Of those topics, or of all if there are none.
  template <class Handler, class... Some>
  struct HandlerOf {
    using Type = TopicHandler<Handler, Stored, Some...>;
  };
  template <class Handler>
  struct HandlerOf<Handler> {
    using Type = TopicHandler<Handler, Stored, Es...>;
  };
};

}  // namespace detail

/// Publishers say what has happened, each event a value of one of the bus's topics; subscribers are handlers with a thread
/// each, which know the publishers no more than the publishers know them.
///
/// Order:     every subscriber sees all events of its topics that are published while it is subscribed, each once, and all
///            subscribers see them in one order, across topics and publishers. It is that in which publishers claim: what
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
/// Threads:   publishers: any. close, halt, error, is_closed: any. run: one for each such node. stats: any, but not while
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
  ///     on_batch_end(SequenceNumber last)   everything up to `last` has been handled, of whatever topic. What it throws is a
  ///                                         failure on that event
  ///
  /// While it runs, if it is dynamic: it sees what is published after this has returned, and perhaps some before. What a
  /// single publisher holds claimed counts as published before.
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
  /// A lossy one: this node only copies, and nobody waits for who reads the copies.
  template <class... Some>
  NodeId subscribe(LossySubscriber<Some...>& lossy, HandlerOptions options = {}) {
    return join_as(as_handler<Some...>(lossy.feed()), std::move(options));
  }

  /// Waits until the subscriber has handled all that is published now, ends it, and lets publishers go on without it. False:
  /// time was up first, and it stays. While the bus runs the last one cannot leave: nobody would guard what publishers are
  /// in the middle of against those who come a lap later. For the same reason one of own_thread is run before it leaves
  /// while publishers publish: one that nobody has run leaves at once, and has passed nothing.
  bool leave(NodeId subscriber, const Until& until = {}) {
    if (!dynamic_) detail::refuse(name_ + ": subscribers can leave where BusOptions::dynamic says so");
    if (is_started_ && subscribers_ == 1 && !is_closed())
      detail::refuse(name_ +
                     ": the last subscriber cannot leave while it runs: let the next one join first, or close()");
    const bool has_left = carrier_.remove(subscriber, until);
    if (has_left) --subscribers_;
    return has_left;
  }

  // ---- its life, as the Disruptor's -------------------------------------------------------------------------------

  /// Returns when every subscriber is ready; throws what the first on_start has thrown.
  void start() {
    if (subscribers_ == 0) detail::refuse(name_ + ": nobody would see an event: subscribe() before start()");
    carrier_.start();
    is_started_ = true;
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

  /// A publisher; it may be copied, a copy for each thread.
  Publisher publisher()
    requires Carrier::Ring::kShared
  {
    return Publisher(carrier_.producer());
  }
  /// The publisher, which can be moved; none as long as there is another one, or when it is closed.
  [[nodiscard]] std::optional<Publisher> publisher()
    requires(!Carrier::Ring::kShared)
  {
    auto producer = carrier_.producer();
    if (!producer) return std::nullopt;
    return std::optional<Publisher>(std::in_place, std::move(*producer));
  }

  std::size_t capacity() const noexcept { return carrier_.capacity(); }
  /// What everybody has done so far. A subscriber's events count those of all topics.
  DisruptorStats stats() { return carrier_.stats(); }

 private:
  template <class... Some, class H>
  static auto as_handler(H&& handler) {
    static_assert((Types::template kHas<Some> && ...), "whorl: what is subscribed to is a topic of the bus");
    using Handler = std::unwrap_ref_decay_t<H>;
    return typename Types::template HandlerOf<Handler, Some...>::Type(std::forward<H>(handler));
  }
  template <class Handler, class... Wait>
  NodeId join_as(Handler handler, HandlerOptions options, Wait... wait) {
    if (is_started_ && !dynamic_)
      detail::refuse(name_ + ": it has been started: subscribe() before start(), or set BusOptions::dynamic");
    const NodeId id = carrier_.handle(std::move(handler), std::move(options), std::move(wait)...);
    ++subscribers_;
    return id;
  }

  const std::string name_;
  const bool dynamic_;
  std::size_t subscribers_ = 0;  // these two: who builds
  bool is_started_ = false;
  Carrier carrier_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
