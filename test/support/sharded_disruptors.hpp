#pragma once
// Disruptors of shards of every kind and layout, as types for TEST_CASE_TEMPLATE; nodes that check what they see.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>

#include "disruptors.hpp"

namespace whorl_test {

template <class Kind, class Layout, class W = SleepAtOnce>
struct ShardedFlow {
  static constexpr bool kShared = Kind::Claim::kShared;
  template <class E>
  using Of = whorl::Disruptor<E, whorl::Sharded<Kind>, W, Layout>;
};

using ExclusiveFlow = ShardedFlow<whorl::Exclusive, whorl::Inline>;
using SharedFlow = ShardedFlow<whorl::Shared, whorl::Inline>;

#define WHORL_TEST_SHARDED_FLOWS                                                                              \
  whorl_test::ExclusiveFlow, whorl_test::ShardedFlow<whorl::Exclusive, whorl::Dense>, whorl_test::SharedFlow, \
      whorl_test::ShardedFlow<whorl::Shared, whorl::Dense>

/// A producer of a shard of either kind: of an exclusive one as long as it is nobody's.
template <class D>
std::optional<typename D::Producer> try_producer_of_shard(D& d, std::size_t shard) {
  if constexpr (D::Ring::kShared) {
    return d.producer(shard);
  } else {
    std::vector<typename D::Producer> others;  // until it is this one's turn
    for (;;) {
      auto producer = d.producer();
      if (!producer || producer->shard() == shard) return producer;
      others.push_back(std::move(*producer));
    }
  }
}
template <class D>
typename D::Producer producer_of_shard(D& d, std::size_t shard) {
  return std::move(try_producer_of_shard(d, shard).value());
}

/// Sees the numbers of each shard from 0 on without a gap, each after all upstream of it have; if it is one worker of
/// several, of its own shards only.
struct ShardMarker {
  ShardMarker(std::size_t self, std::vector<std::size_t> upstream, std::size_t shards)
      : self(self), upstream(std::move(upstream)), next(shards) {}

  void operator()(Marked& event, const auto& context) {
    wrong += event.number != next[context.shard]++;
    for (const std::size_t node : upstream) wrong += event.marks[node] != event.number + 1;
    event.marks[self] = event.number + 1;
    wrong += context.end_of_batch && !context.end_of_run;
  }

  const std::size_t self;
  const std::vector<std::size_t> upstream;
  std::vector<std::uint64_t> next;
  std::uint64_t wrong = 0;
};

/// A graph of them: node i comes after the nodes edges[i], all of which are earlier ones.
template <class D>
class ShardMarkedGraph {
 public:
  ShardMarkedGraph(D& d, const std::vector<std::vector<std::size_t>>& edges, whorl::HandlerOptions options = {}) {
    for (const std::vector<std::size_t>& upstream : edges) {
      options.after = {};
      for (const std::size_t node : upstream) options.after.add(ids[node]);
      markers.emplace_back(markers.size(), upstream, d.shard_count());
      ids.push_back(d.handle(std::ref(markers.back()), options));
    }
  }

  /// All nodes have seen so many numbers of each shard, in order.
  bool has_seen(const std::vector<std::uint64_t>& of_each) const {
    for (const ShardMarker& marker : markers) {
      if (marker.wrong != 0 || marker.next != of_each) return false;
    }
    return true;
  }

  std::deque<ShardMarker> markers;
  std::vector<whorl::NodeId> ids;
};

}  // namespace whorl_test
