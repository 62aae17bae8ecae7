#pragma once
// What --graph has to tell besides.

#include <cstdint>
#include <string>
#include <vector>

#include "flow_table.hpp"
#include "latency_histogram.hpp"

namespace packets {

/// Counted by one stage's thread.
struct StageCounts {
  std::string name;
  std::string after;  ///< the stages before it; empty: it follows the producers

  std::vector<std::uint64_t> packets;  ///< of each shard
  std::vector<std::uint64_t> digests;  ///< of each shard, see next_digest()
  std::uint64_t out_of_turn = 0;       ///< packets that did not have the sequence behind the one before them
  std::uint64_t ahead = 0;             ///< packets that a stage before it was not done with

  std::uint64_t batches = 0;
  LatencyHistogram batch_size = {};
  LatencyHistogram lag = {};  ///< packets that waited for it when a batch began, that batch included
};

/// Without stages: the run was none of --graph.
struct GraphReport {
  std::vector<StageCounts> stages;
  std::vector<std::uint64_t> written_digests;  ///< of each shard, by its producer
  Traffic counted;                             ///< by the stage that counts, which does not know of flows
};

/// Of all shards.
std::uint64_t packets_of(const StageCounts& stage);

/// Packets of a batch; 0 when there was none.
double mean_batch(const StageCounts& stage);

/// How uneven the shards are: what the fullest of the `shards` that have a producer got, in multiples of what each would
/// have if they were all alike. 1: they are; 0: nothing came.
double skew_of(const std::vector<std::uint64_t>& packets, std::size_t shards);

}  // namespace packets
