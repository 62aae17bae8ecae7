#pragma once
// NodePoller: a node that is asked for its events.

#include <cstddef>
#include <utility>
#include <whorl/disruptor/node.hpp>

namespace whorl::inline WHORL_ABI_TAG {

/// A handle to a Disruptor's poller. Producers, and what comes after it, wait for it: poll until it says `closed`, or
/// remove the node.
///
/// Threads, progress:  as EventPoller, or ShardedEventPoller. Copies are the same poller.
/// Lifetime:  that of its node, which is removed while nobody polls it.
template <class Ring>
class NodePoller {
  using Traits = detail::GraphRing<Ring>;
  using Polled = typename Traits::Poller;

 public:
  /// Used by the Disruptor.
  NodePoller(NodeId id, detail::Node<Ring>& node, Polled& poller) noexcept : id_(id), node_(&node), poller_(&poller) {}

  /// As its poll(); `closed` also when a node upstream has ended and nothing will pass it any more.
  template <class Handler>
    requires HandlesEvents<Handler, typename Ring::Event, typename Traits::Context>
  PollState poll(Handler&& handler, std::size_t most = ~std::size_t{0}) {
    const detail::InsideNode inside(node_->inside);
    // Relaxed: who is doomed finds nothing at one of the next polls.
    const bool is_doomed = node_->is_doomed.load(sync::relaxed);
    const PollState state = poller_->poll(std::forward<Handler>(handler), most);
    return is_doomed && state != PollState::processing ? PollState::closed : state;
  }

  NodeId id() const noexcept { return id_; }
  /// How far it has come.
  const typename Traits::Progress& sequence() const noexcept { return std::as_const(*poller_).sequence(); }

 private:
  NodeId id_;
  detail::Node<Ring>* node_;
  Polled* poller_;
};

}  // namespace whorl::inline WHORL_ABI_TAG
