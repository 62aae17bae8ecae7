#pragma once
// DisruptorLife: what a Disruptor can be told and asked while it runs, and its end.

#include <cstddef>
#include <exception>
#include <utility>
#include <whorl/disruptor/disruptor_options.hpp>
#include <whorl/disruptor/graph.hpp>
#include <whorl/sync/contract.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

/// A Disruptor but for its nodes and producers: see there.
template <class Ring>
class DisruptorLife {
 protected:
  using Traits = GraphRing<Ring>;

 public:
  DisruptorLife(const DisruptorLife&) = delete;
  DisruptorLife& operator=(const DisruptorLife&) = delete;

  /// Waits until the node has handled all that is claimed now, ends it, and lets producers go on without it. False: time
  /// was up first, and it stays. A poller, and a node of own_thread that nobody has run, leave at once: what producers are
  /// in the middle of it guards no more, and if all others have joined since they began, nobody does.
  bool remove(NodeId node, const Until& until = {}) {
    check_outside("remove a node, which would wait for itself");
    return graph_.remove(node, until);
  }

  /// Returns when the on_start of every handler that has a thread has run; throws what the first one has thrown, and
  /// nothing is running then. Not waited for: the on_start of a node made with own_thread, which is run()'s, and what a
  /// loop of process() does when it begins.
  void start() {
    check_outside("start it");
    graph_.start();
  }
  /// It has been started. has_begun: its thread, or a call of run(), has been there for that node; both from any thread.
  bool is_started() noexcept { return graph_.is_started(); }
  bool has_begun(NodeId node) { return graph_.has_begun(node); }
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

  // ---- anybody ----------------------------------------------------------------------------------------------------

  /// In events, over all shards. A producer publishes in one shard, and no more at once than that has: capacity() / shards,
  /// which is Producer::capacity().
  std::size_t capacity() const noexcept { return ring_.capacity(); }
  /// How much could be claimed now; news.
  std::size_t remaining_capacity() const noexcept { return Traits::remaining_capacity(ring_); }
  /// What everybody has done so far. Also beside join(), drain_for() and run(), for a thread that watches.
  DisruptorStats stats() { return graph_.stats(options_.first_position); }

 protected:
  // make(options) gives the ring.
  template <class Make>
  DisruptorLife(DisruptorOptions&& options, Make&& make) : options_(std::move(options)), ring_(make(options_)) {}
  /// Closes it, and joins its threads when everything has been handled, or, OnDestroy::halt, after the batch that each is
  /// at. What comes after a poller, or a node that nobody has run, is halted.
  ~DisruptorLife() {
    WHORL_ASSERT(!entrance_.is_inside_a_handler(), "a handler's own Disruptor is destroyed by another thread");
    graph_.close();
    if (options_.on_destroy == OnDestroy::halt) graph_.halt_all();
    graph_.forsake();
    graph_.join();
    graph_.wait_outside();
  }

  static NodeDrive drive(const HandlerOptions& options) noexcept {
    return options.own_thread ? NodeDrive::own_thread : NodeDrive::thread;
  }
  void check_started() {
    if (!is_started()) refuse(graph_.who() + ": start() it before producer(): nobody would read yet");
  }
  void check_outside(const char* what) {
    if (!entrance_.is_inside_a_handler()) return;
    refuse(graph_.who() + ": a handler cannot " + what + ": do so elsewhere");
  }

  const DisruptorOptions options_;
  Ring ring_;
  typename Traits::Entrance entrance_{ring_};
  Graph<Ring> graph_{ring_, entrance_, options_};
};

}  // namespace whorl::inline WHORL_ABI_TAG::detail
