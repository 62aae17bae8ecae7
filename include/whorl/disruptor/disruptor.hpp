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
#include <whorl/disruptor/disruptor_life.hpp>
#include <whorl/disruptor/disruptor_options.hpp>
#include <whorl/disruptor/node_handler.hpp>
#include <whorl/disruptor/node_poller.hpp>
#include <whorl/disruptor/producer.hpp>
#include <whorl/disruptor/rewind.hpp>
#include <whorl/disruptor/ring_buffer.hpp>
#include <whorl/disruptor/sharded_graph.hpp>
#include <whorl/disruptor/sharded_workers.hpp>

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
/// Threads:   producers, and producer(), once it has been started: any, also at once. close, halt, error, is_closed: any. run: one for each such node. stats: any, but not while
///            nodes are added or removed. Everything else: one at a time, and not from inside a handler.
/// Order:     as ring buffer and processors: what a producer, and every node upstream, did with an event is visible to its
///            handler.
///            Of Kind Sharded<Exclusive> or Sharded<Shared> the order is that of each shard, and of each producer in its
///            shard; ACROSS SHARDS THERE IS NONE: two nodes may see the events of two shards in different orders.
/// Progress:  a node waits for what it comes after, a producer for the slowest node.
/// Errors:    misuse of the graph: std::invalid_argument, which says what to do instead.
/// Lifetime:  producers, pollers, claims, and calls of run() end before it does. Checked builds stop where an exclusive
///            producer does not.
/// Source:    the DSL of the LMAX Disruptor (D. Barker and others), with producers as handles, an end, and errors that are
///            not swallowed.
template <class E, class Kind = Multi, WaitStrategy W = BlockingWait, class Layout = DefaultEventLayout<E>>
class Disruptor : public detail::DisruptorLife<typename detail::DisruptorRing<E, Kind, Layout, W>::Type> {
  using Base = detail::DisruptorLife<typename detail::DisruptorRing<E, Kind, Layout, W>::Type>;
  using typename Base::Traits;
  using Progress = typename Traits::Progress;
  using Upstream = std::span<Progress* const>;
  using Base::check_outside, Base::check_started, Base::drive, Base::entrance_, Base::graph_, Base::ring_;

 public:
  using Event = E;
  using Ring = typename detail::DisruptorRing<E, Kind, Layout, W>::Type;
  using Context = typename Traits::Context;
  using Poller = NodePoller<Ring>;
  using Producer = typename Traits::Producer;
  static constexpr bool kSharded = detail::kIsSharded<Ring>;

  /// Events are E(), or what make(i) makes, i in [0, capacity), in each shard i in [0, its capacity).
  ///
  /// Errors:  std::invalid_argument, naming the value and the nearest legal ones, before anything is allocated.
  explicit Disruptor(DisruptorOptions options, W wait = {})
    requires std::default_initializable<E>
      : Base(std::move(options), [&](const DisruptorOptions& told) { return Traits::ring(told, std::move(wait)); }) {}
  template <class Make>
    requires(detail::GraphRing<Ring>::template kMakes<E, Make>)
  Disruptor(DisruptorOptions options, Make make, W wait = {})
      : Base(std::move(options),
             [&](const DisruptorOptions& told) { return Traits::ring(told, std::move(wait), std::move(make)); }) {}

  // ---- the graph --------------------------------------------------------------------------------------------------

  /// A node that calls `handler` (of EventHandler's forms, where there are shards ShardedEventHandler's) with every event, in
  /// a thread of its own. The handler is moved or copied here; std::ref(handler) for one that stays where it is. `wait`: how
  /// it waits, if not as all do.
  ///
  /// While it runs, if DisruptorOptions::dynamic: the node begins with what is claimed from now on. What a single producer
  /// holds claimed counts as claimed before, also what is published in its place if that claim is dropped.
  /// Errors:  besides misuse: std::system_error; what its on_start throws, if it is added while others run.
  template <class H>
    requires detail::NodeHandles<std::unwrap_ref_decay_t<H>, Ring>
  NodeId handle(H&& handler, HandlerOptions options = {}) {
    return handle(std::forward<H>(handler), std::move(options), ring_.wait_strategy());
  }
  template <class H, WaitStrategy Wait>
    requires detail::NodeHandles<std::unwrap_ref_decay_t<H>, Ring>
  NodeId handle(H&& handler, HandlerOptions options, Wait wait) {
    check_outside("add a node");
    using Handler = detail::NodeHandler<std::unwrap_ref_decay_t<H>, Ring>;
    const auto make = [&](detail::Node<Ring>& node, Upstream upstream) {
      node.tells_start = true;
      return Traits::processor(ring_, upstream, Handler(std::forward<H>(handler), node), node.options, wait);
    };
    const detail::NodeDrive how = drive(options);
    return graph_.add(std::move(options), how, make);
  }
  /// Refused: a handler of one ring, where there are shards.
  template <class H>
    requires(kSharded && !detail::NodeHandles<std::unwrap_ref_decay_t<H>, Ring> &&
             EventHandler<std::unwrap_ref_decay_t<H>, typename detail::GraphRing<Ring>::Cells>)
  NodeId handle(H&&, const HandlerOptions& = {}) {
    static_assert(
        sizeof(H) == 0,
        "whorl: where there are shards a handler takes (E&) or (E&, const auto&), and gets a "
        "ShardedEventContext; a LossyConsumer's feed counts the sequences of one ring: write to a ShardedRing "
        "of your own instead");
    detail::refuse("never called");
  }
  /// A node for each handler, all with the same options. If one cannot be added those before it stay, and nobody is told
  /// their ids: where that matters handle() them one by one.
  template <class... H>
    requires(detail::NodeHandles<std::unwrap_ref_decay_t<H>, Ring> && ...)
  NodeGroup handle_each(const HandlerOptions& options, H&&... handlers) {
    NodeGroup group;
    (group.add(handle(std::forward<H>(handlers), options)), ...);
    return group;
  }

  /// Several nodes that divide the shards: each event comes to one of them, and all of a shard, so of a producer, to the
  /// same, in their order: worker i of n handles the shards s with s % n == i, by the handler that make_handler(i) gives, which
  /// is moved or copied here, or stays where it is if that is a std::ref. Who comes after one of them comes after them all;
  /// they are there before start(), and stay.
  ///
  /// Errors:  std::invalid_argument: no worker, or more of them than shards; after start(). None is added then.
  template <class Make>
    requires(kSharded && detail::NodeHandles<std::unwrap_ref_decay_t<std::invoke_result_t<Make&, std::size_t>>, Ring>)
  NodeGroup handle_divided(std::size_t workers, Make make_handler, const HandlerOptions& options = {}) {
    check_outside("add a node");
    return detail::add_workers(graph_, ring_, workers, make_handler, options, drive(options));
  }

  /// A node that has no thread, and is asked for its events. Of `options` the name, `after` and `quota` count.
  Poller poller(HandlerOptions options = {}) {
    check_outside("add a node");
    typename Traits::Poller* poller = nullptr;
    const auto make = [&](detail::Node<Ring>& node, Upstream upstream) {
      auto made = Traits::poller(ring_, upstream, node.options);
      poller = made.get();
      return made;
    };
    const NodeId id = graph_.add(std::move(options), detail::NodeDrive::poller, make);
    return Poller(id, graph_.at(id), *poller);
  }

  /// A node with a loop of its own: make(ring, upstream) gives a std::unique_ptr to an EventProcessor, which handles an
  /// event only after all sequences `upstream` have passed it. max_batch and timeout are its own business.
  template <class Make>
    requires std::invocable<Make&, Ring&, std::span<typename detail::GraphRing<Ring>::Progress* const>>
  NodeId process(Make make, HandlerOptions options = {}) {
    check_outside("add a node");
    const auto make_node = [&](detail::Node<Ring>&, Upstream upstream) {
      auto processor = make(ring_, upstream);
      static_assert(EventProcessor<typename decltype(processor)::element_type, Progress>,
                    "whorl: run(), halt(), sequence()");
      if (processor == nullptr)
        detail::refuse(graph_.who() + ": process(make): make(ring, upstream) gave no processor");
      return processor;
    };
    const detail::NodeDrive how = drive(options);
    return graph_.add(std::move(options), how, make_node);
  }

  // ---- producers --------------------------------------------------------------------------------------------------

  /// A producer; it may be copied, a copy for each thread.
  Producer producer()
    requires(!kSharded && Ring::kShared)
  {
    check_started();
    return Producer(entrance_);
  }
  /// Of shards: that of the shard of an id, whose low bits alone choose it: number producers 0, 1, 2, ... Two may have the
  /// same id, and meet.
  Producer producer(std::uint64_t id)
    requires(kSharded && Ring::kShared)
  {
    check_started();
    const std::size_t shard = ring_.shard_of(id);
    return Producer(entrance_.at(shard), shard);
  }
  /// Refused: without an id.
  template <class Id = void>
  Producer producer()
    requires(kSharded && Ring::kShared)
  {
    static_assert(!std::is_void_v<Id>,
                  "whorl: a producer of Shared shards has an id, whose low bits choose the shard: producer(0), "
                  "producer(1), ... for one after the other");
    detail::refuse("never called");
  }
  /// The producer, which can be moved, of exclusive shards that of one which has none; none as long as there is another one,
  /// of each shard, or when it is closed.
  [[nodiscard]] std::optional<Producer> producer()
    requires(!Ring::kShared)
  {
    check_started();
    return Traits::try_take(ring_, entrance_);
  }

  std::size_t shard_count() const noexcept
    requires kSharded
  {
    return ring_.shard_count();
  }
};

}  // namespace whorl::inline WHORL_ABI_TAG
