#pragma once
// Consumers of many shards that check what they see.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>
#include <whorl/handoff/sequence.hpp>

#include "ledger.hpp"
#include "watchdog.hpp"

namespace whorl_test {

inline constexpr std::size_t kMostNodes = 5;

/// An item, and what each node has left in it.
struct ShardEvent {
  Item item;
  std::array<std::uint64_t, kMostNodes> marks{};
};

using Edges = std::vector<std::vector<std::size_t>>;
inline const Edges kDiamond{{}, {}, {0, 1}};
inline const Edges kGraph{{}, {}, {0, 1}, {0}, {2, 3}};  // one end: the last node is the only member of the gates

/// Checks that all upstream of it have marked the event, and marks it itself.
struct ShardNode {
  ShardNode(std::size_t self, const std::vector<std::size_t>& upstream, std::size_t shards, std::size_t producers,
            Watchdog& watchdog)
      : self(self), upstream(upstream), ledger(producers), watchdog(watchdog), last(shards, -1), orders(shards) {}

  void operator()(ShardEvent& event, const auto& context) {
    wrong += context.sequence <= last[context.shard];  // some are passed over, none comes twice
    last[context.shard] = context.sequence;
    ledger(event.item);
    std::uint64_t& order = orders[context.shard];
    order = order * 0x9E3779B97F4A7C15u + event.item.seal;
    for (const std::size_t node : upstream) wrong += event.marks[node] != event.item.seal + node;
    event.marks[self] = event.item.seal + self;
    wrong += context.end_of_batch && !context.end_of_run;
    if (context.end_of_batch) watchdog.progress();
  }

  const std::size_t self;
  const std::vector<std::size_t> upstream;
  Ledger ledger;
  Watchdog& watchdog;
  std::vector<whorl::SequenceNumber> last;
  std::vector<std::uint64_t> orders;  // of each shard: a fingerprint of what came there, and in which order
  std::uint64_t wrong = 0;
};

}  // namespace whorl_test
