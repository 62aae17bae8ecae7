#pragma once
// Workers that divide the shards of a Disruptor: a node each, and one progress for all.

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <whorl/disruptor/graph.hpp>
#include <whorl/disruptor/node_handler.hpp>
#include <whorl/disruptor/sharded_graph.hpp>

namespace whorl::inline WHORL_ABI_TAG::detail {

template <class Ring, class H>
NodeId add_worker(Graph<Ring>& graph, Ring& ring, ShardStripe stripe, ShardedSequence<typename Ring::Shard>*& group,
                  H&& handler, HandlerOptions options, NodeDrive drive) {
  using Progress = ShardedSequence<typename Ring::Shard>;
  const auto make = [&](Node<Ring>& node, std::span<Progress* const> upstream) {
    node.tells_start = true;
    node.part.stripe = stripe;
    if (group == nullptr) {  // the first worker, which ends last
      node.part.group = std::make_unique<Progress>(ring);
      group = node.part.group.get();
    }
    using Handler = NodeHandler<std::unwrap_ref_decay_t<H>, Ring>;
    return GraphRing<Ring>::worker(ring, *group, upstream, Handler(std::forward<H>(handler), node), node.options,
                                   stripe, ring.wait_strategy());
  };
  return graph.add(std::move(options), drive, make);
}

// All of them, or none.
template <class Ring, class Make>
NodeGroup add_workers(Graph<Ring>& graph, Ring& ring, std::size_t workers, Make& make_handler,
                      const HandlerOptions& options, NodeDrive drive) {
  if (graph.is_started()) {
    refuse(graph.who() + ": it has been started, and workers divide the shards from the beginning: before start()");
  }
  if (workers == 0 || workers > ring.shard_count()) {
    refuse(graph.who() + ": " + std::to_string(workers) + " workers cannot divide " +
           std::to_string(ring.shard_count()) + " shards: use " +
           (workers == 0 ? "1" : std::to_string(ring.shard_count())) + (workers == 0 ? " or more" : " or fewer"));
  }
  NodeGroup group;
  group.reserve(workers);  // nobody could take out a node whose id was lost
  ShardedSequence<typename Ring::Shard>* progress = nullptr;
  attempt<false>(
      [&] {
        for (std::size_t i = 0; i < workers; ++i) {
          HandlerOptions own = options;
          if (!own.name.empty()) own.name += ' ' + std::to_string(i);
          group.add(add_worker(graph, ring, {i, workers}, progress, make_handler(i), std::move(own), drive));
        }
      },
      [&] {
        graph.withdraw(group);
        std::rethrow_exception(std::current_exception());
      });
  return group;
}

}  // namespace whorl::inline WHORL_ABI_TAG::detail
