#pragma once
// What lies in the shards of --graph, and how two threads find out that they saw the same.

#include <whorl/whorl.hpp>

#include "flow.hpp"
#include "frame.hpp"

namespace packets {

/// A packet and what each stage has made of it. It stays where its producer has put it; no two stages write the same word.
struct GraphPacket {
  Frame frame;
  Flow flow;  ///< written by parse

  // What each stage writes when it is done with the packet: mark_of() its sequence, so another one each lap.
  std::uint64_t parsed = 0;
  std::uint64_t counted = 0;
  std::uint64_t tabled = 0;
};

/// One shard for each producer, which leases it.
using GraphRing = whorl::ShardedRingBuffer<GraphPacket, whorl::Exclusive>;
using GraphContext = whorl::ShardedEventContext<GraphRing::Shard>;
using GraphProgress = GraphRing::Progress;

inline std::uint64_t mark_of(whorl::SequenceNumber sequence) { return static_cast<std::uint64_t>(sequence) + 1; }

/// Of the orders that went through a shard, one after the other: another one left out, doubled or swapped makes another
/// digest.
inline std::uint64_t next_digest(std::uint64_t digest, std::uint64_t order) {
  return digest * 0x9e3779b97f4a7c15 + order + 1;
}

}  // namespace packets
