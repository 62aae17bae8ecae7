#pragma once
// Disruptor: a ring buffer, a graph of handlers with a thread each, and producers.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/aggregate.hpp>
#include <whorl/disruptor/disruptor_options.hpp>
#include <whorl/disruptor/graph.hpp>
#include <whorl/disruptor/node_handler.hpp>
#include <whorl/disruptor/node_poller.hpp>
#include <whorl/disruptor/producer.hpp>
#include <whorl/disruptor/rewind.hpp>
#include <whorl/disruptor/ring_buffer.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// Every event that a producer publishes is handled by every node, in the order of publication, by each after all the nodes
/// that it comes after. No event is copied.
///
///     whorl::Disruptor<Tick> d({.capacity = 1024});
///     auto journal = d.handle(Journaler{}, {.name = "journal", .cpu = 3});
///     auto logic = d.handle([](Tick& tick) { ... }, {.after = {journal}, .max_batch = 256});
///     d.start();
///     auto p = d.producer();
///     (void)p.publish([&](Tick& tick) { tick = next; });
///     d.close();
///     d.join();
///
/// A handler may have the hooks of BatchEventProcessor. One that fails, and does not say otherwise (on_error), ends the
/// Disruptor: it is closed, producers are told so, nodes that come after the failed one end, all others handle what there
/// is, and join() throws what was thrown.
///
/// Threads:   producers: any. close, halt, error, is_closed: any. run: one for each such node. stats: any, but not while
///            nodes are added or removed. Everything else: one at a time, and not from inside a handler.
/// Order:     as ring buffer and processors: what a producer, and every node upstream, did with an event is visible to its
///            handler.
/// Progress:  a node waits for what it comes after, a producer for the slowest node.
/// Errors:    misuse of the graph: std::invalid_argument, which says what to do instead.
/// Lifetime:  producers, pollers, claims, and calls of run() end before it does.
/// Source:    the DSL of the LMAX Disruptor (D. Barker and others), with producers as handles, an end, and errors that are
///            not swallowed.
template <class E, class Kind = Multi, WaitStrategy W = BlockingWait, class Layout = DefaultEventLayout<E>>
class Disruptor {
 public:
  using Event = E;
  using Ring = RingBuffer<E, Kind, Layout, W>;
  using Poller = NodePoller<Ring>;
  using Producer = std::conditional_t<Ring::kShared, SharedProducer<Ring>, SingleProducer<Ring>>;

  /// Events are E(), or what make(i) makes, i in [0, capacity).
  explicit Disruptor(DisruptorOptions options, W wait = {})
    requires std::default_initializable<E>
      : options_(std::move(options)), ring_(options_.capacity, std::move(wait), for_ring()) {}
  template <class Make>
    requires std::is_invocable_r_v<E, Make&, std::size_t>
  Disruptor(DisruptorOptions options, Make make, W wait = {})
      : options_(std::move(options)), ring_(options_.capacity, std::move(make), std::move(wait), for_ring()) {}
  Disruptor(const Disruptor&) = delete;
  Disruptor& operator=(const Disruptor&) = delete;
  /// Closes it, and joins its threads when everything has been handled, or, OnDestroy::halt, after the batch that each is
  /// at. What comes after a poller, or a node that nobody has run, is halted.
  ~Disruptor() {
    WHORL_ASSERT(!entrance_.is_inside_a_handler(), "a handler's own Disruptor is destroyed by another thread");
    graph_.close();
    if (options_.on_destroy == OnDestroy::halt) graph_.halt_all();
    graph_.forsake();
    graph_.join();
    graph_.wait_outside();
  }

  // ---- the graph --------------------------------------------------------------------------------------------------

  /// A node that calls `handler` (of EventHandler's forms) with every event, in a thread of its own. The handler is moved or
  /// copied here; std::ref(handler) for one that stays where it is. `wait`: how it waits, if not as all do.
  ///
  /// While it runs, if DisruptorOptions::dynamic: the node begins with what is claimed from now on. What a single producer
  /// holds claimed counts as claimed before, also what is published in its place if that claim is dropped.
  /// Errors:  besides misuse: std::system_error; what its on_start throws, if it is added while others run.
  template <class H>
    requires EventHandler<std::unwrap_ref_decay_t<H>, Ring>
  NodeId handle(H&& handler, HandlerOptions options = {}) {
    return handle(std::forward<H>(handler), std::move(options), ring_.wait_strategy());
  }
  template <class H, WaitStrategy Wait>
    requires EventHandler<std::unwrap_ref_decay_t<H>, Ring>
  NodeId handle(H&& handler, HandlerOptions options, Wait wait) {
    check_outside("add a node");
    using Handler = detail::NodeHandler<std::unwrap_ref_decay_t<H>, Ring>;
    using Processor = BatchEventProcessor<Ring, Handler, Wait>;
    const auto make = [&](detail::Node& node, std::span<Sequence* const> upstream) {
      node.tells_start = true;
      const std::size_t most = node.options.max_batch.value_or(std::max<std::size_t>(1, ring_.capacity() / 4));
      return std::make_unique<Processor>(ring_, upstream, Handler(std::forward<H>(handler), node),
                                         ProcessorOptions{.max_batch = most, .timeout = node.options.timeout}, wait);
    };
    const detail::NodeDrive how = drive(options);
    return graph_.add(std::move(options), how, make);
  }
  /// A node for each handler, all with the same options. If one cannot be added those before it stay, and nobody is told
  /// their ids: where that matters handle() them one by one.
  template <class... H>
    requires(EventHandler<std::unwrap_ref_decay_t<H>, Ring> && ...)
  NodeGroup handle_each(const HandlerOptions& options, H&&... handlers) {
    NodeGroup group;
    (group.add(handle(std::forward<H>(handlers), options)), ...);
    return group;
  }

  /// A node that has no thread, and is asked for its events. Of `options` the name and `after` count.
  Poller poller(HandlerOptions options = {}) {
    check_outside("add a node");
    EventPoller<Ring>* poller = nullptr;
    const NodeId id = graph_.add(std::move(options), detail::NodeDrive::poller,
                                 [&](detail::Node&, std::span<Sequence* const> upstream) {
                                   auto made = std::make_unique<EventPoller<Ring>>(ring_, upstream);
                                   poller = made.get();
                                   return made;
                                 });
    return Poller(id, graph_.at(id), *poller);
  }

  /// A node with a loop of its own: make(ring, upstream) gives a std::unique_ptr to an EventProcessor, which handles an
  /// event only after all sequences `upstream` have passed it. max_batch and timeout are its own business.
  template <class Make>
    requires std::invocable<Make&, Ring&, std::span<Sequence* const>>
  NodeId process(Make make, HandlerOptions options = {}) {
    check_outside("add a node");
    const auto make_node = [&](detail::Node&, std::span<Sequence* const> upstream) {
      auto processor = make(ring_, upstream);
      static_assert(EventProcessor<typename decltype(processor)::element_type>, "whorl: run(), halt(), sequence()");
      if (processor == nullptr)
        detail::refuse(graph_.who() + ": process(make): make(ring, upstream) gave no processor");
      return processor;
    };
    const detail::NodeDrive how = drive(options);
    return graph_.add(std::move(options), how, make_node);
  }

  /// Waits until the node has handled all that is claimed now, ends it, and lets producers go on without it. False: time
  /// was up first, and it stays. A poller, and a node of own_thread that nobody has run, leave at once.
  bool remove(NodeId node, const Until& until = {}) {
    check_outside("remove a node, which would wait for itself");
    return graph_.remove(node, until);
  }

  // ---- its life ---------------------------------------------------------------------------------------------------

  /// Returns when the on_start of every handler that has a thread has run; throws what the first one has thrown, and
  /// nothing is running then. Not waited for: the on_start of a node made with own_thread, which is run()'s, and what a
  /// loop of process() does when it begins.
  void start() {
    check_outside("start it");
    graph_.start();
  }
  /// Runs a node made with own_thread, in the calling thread, to its end.
  RunEnd run(NodeId node) { return graph_.run(node); }

  /// Nothing is published any more; what has been is handled, and the nodes end. A claim that is open is waited for.
  void close() noexcept { graph_.close(); }
  bool is_closed() const noexcept { return ring_.is_closed(); }
  /// It is closed, and all nodes end after the batch that they are at.
  void halt() noexcept {
    graph_.close();
    graph_.halt_all();
  }
  /// The end of the Disruptor, too: it is closed, this node and those that come after it end after the batch that they
  /// are at, all others when they have handled what there is. To take out one node and go on: remove().
  void halt(NodeId node) { graph_.halt(node); }

  /// Waits until everything that is claimed now has been handled by every node. False: time was up, or a node has ended
  /// before.
  bool drain_for(const Until& until) {
    check_outside("wait for the others, which would wait for itself");
    return graph_.drain(until);
  }
  /// Waits until all threads, and calls of run(), have ended, which they do when it is closed. Throws what the first
  /// handler to fail has thrown.
  ///
  /// A call of run() that has not begun is not waited for. But nodes that come after a poller, or a node of own_thread,
  /// end only when it has come to the end: while nobody polls or runs it this does not return. (The destructor halts them.)
  void join() {
    check_outside("join, which would wait for itself");
    graph_.join();
    if (const std::exception_ptr first = error(); first != nullptr) std::rethrow_exception(first);
  }
  /// What the first handler to fail has thrown; nullptr: none has, so far. It is kept when that node ends, after on_stop,
  /// and producers hear `closed` before: only after join() does nullptr mean that none has failed.
  std::exception_ptr error() noexcept { return graph_.error(); }

  // ---- producers --------------------------------------------------------------------------------------------------

  /// A producer; it may be copied, a copy for each thread.
  Producer producer()
    requires Ring::kShared
  {
    check_started();
    return Producer(entrance_);
  }
  /// The producer, which can be moved; none as long as there is another one, or when it is closed.
  [[nodiscard]] std::optional<Producer> producer()
    requires(!Ring::kShared)
  {
    check_started();
    if (!ring_.try_own()) return std::nullopt;
    return std::optional<Producer>(std::in_place, entrance_);
  }

  std::size_t capacity() const noexcept { return ring_.capacity(); }
  /// How much could be claimed now; news.
  std::size_t remaining_capacity() const noexcept { return ring_.remaining_capacity(); }
  /// What everybody has done so far. Also beside join(), drain_for() and run(), for a thread that watches.
  DisruptorStats stats() { return graph_.stats(); }

 private:
  SequencerOptions for_ring() const noexcept { return {options_.without_consumers, options_.first_position}; }
  static detail::NodeDrive drive(const HandlerOptions& options) noexcept {
    return options.own_thread ? detail::NodeDrive::own_thread : detail::NodeDrive::thread;
  }
  void check_started() {
    if (!graph_.is_started()) detail::refuse(graph_.who() + ": start() it before producer(): nobody would read yet");
  }
  void check_outside(const char* what) {
    if (!entrance_.is_inside_a_handler()) return;
    detail::refuse(graph_.who() + ": a handler cannot " + what + ": do so elsewhere");
  }

  const DisruptorOptions options_;
  Ring ring_;
  detail::Entrance<Ring> entrance_{ring_};
  detail::Graph<Ring> graph_{ring_, entrance_, options_};
};

}  // namespace whorl::inline WHORL_ABI_TAG
