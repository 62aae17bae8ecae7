#pragma once
// Producers on leased shards, and stages that each see every packet.

#include <stop_token>

#include "options.hpp"
#include "report.hpp"
#include "source.hpp"

namespace packets {

/// Carries every packet of `source` through the shards of a ShardedRingBuffer, and through the stages of a graph: parse ||
/// count -> flow table -> report, each a thread. Returns when all threads have ended: when the source has, or soon after a
/// stop was requested. Then every stage has seen every packet.
///
/// Order:   in each shard that of its producer, the same for every stage; across shards there is none.
/// Errors:  std::runtime_error saying what to make smaller when there is not enough memory; what the ring and the threads
///          throw when they cannot be had.
Report run_graph(Source& source, const Options& options, const std::stop_token& stop);

}  // namespace packets
