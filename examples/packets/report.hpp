#pragma once
// What a run has to tell, and whether its accounts balance.

#include <map>
#include <string>
#include <vector>
#include <whorl/ring/stats.hpp>

#include "flow_table.hpp"
#include "graph_report.hpp"
#include "latency_histogram.hpp"
#include "options.hpp"

namespace packets {

/// Counted by the program itself: written by the shard's producers, delivered by the consumer.
struct ShardCount {
  std::uint64_t written = 0;
  std::uint64_t delivered = 0;
};

/// What happened from one moment to the next.
struct Sample {
  double seconds = 0;                   ///< since the start, at its end
  double length = 0;                    ///< seconds
  std::uint64_t read = 0;               ///< packets that producers took from the source meanwhile
  std::uint64_t delivered = 0;          ///< packets
  std::uint64_t bytes = 0;              ///< of payload that was delivered
  std::uint64_t dropped = 0;            ///< packets: full, old, pool
  std::uint64_t p99_ns = 0;             ///< of the time in the ring
  std::vector<std::size_t> fill;        ///< of each shard, items, at its end
  std::vector<std::uint64_t> lag = {};  ///< of each stage, packets that it has not passed, at its end; --graph only
};

/// Who counted what matters: the accounts would prove nothing if one side's figures were made from the other's.
struct Report {
  std::string source;    ///< Source::describe()
  bool dense = true;     ///< gaps are known
  bool stopped = false;  ///< before the source's end, by SIGINT or by --duration
  std::string trouble;   ///< Source::trouble()

  // The producers.
  std::uint64_t read = 0;          ///< packets taken from the source
  std::uint64_t dropped_full = 0;  ///< --full drop-new: the ring had no room
  std::uint64_t dropped_old = 0;   ///< --full drop-old: gave their places to newer ones
  std::uint64_t dropped_pool = 0;  ///< there was no frame for them
  std::uint64_t orders = 0;        ///< places in the order that the source gave out; 0 where not dense
  std::uint64_t withheld = 0;      ///< of those, never sent on purpose
  std::uint64_t repeated = 0;      ///< packets sent twice on purpose
  std::uint64_t kernel_dropped = 0;

  // The consumer.
  std::uint64_t delivered = 0;  ///< in the order of the source, each once
  std::uint64_t late = 0;       ///< came when those behind them had been delivered
  std::uint64_t duplicate = 0;
  std::uint64_t gaps = 0;     ///< orders that never came in time
  std::uint64_t damaged = 0;  ///< packets that were not what the generator had made
  std::uint64_t packet_bytes = 0;
  std::uint64_t payload_bytes = 0;
  LatencyHistogram latency_ns;  ///< from just before the write to just after the read that brought it
  FlowTable flows;
  std::vector<Sample> samples;

  // Both, shard by shard, and what the ring says to it. Where a policy lets producers change shards, nobody but the ring
  // knows which one a packet went through: then each has one entry, for all shards together.
  std::vector<ShardCount> shards;
  std::vector<whorl::RingStats> ring;
  GraphReport graph;  ///< where there is one; `delivered` and what follows it are its last stage's then

  std::uint64_t missing_frames = 0;  ///< that were in no pool in the end

  double seconds = 0;           ///< from the start of the threads to the end of the last one
  double shutdown_seconds = 0;  ///< from the end of the source, or the request to stop, to the end of the last thread
  double cpu_seconds = 0;       ///< of the process meanwhile, user and system
};

/// One sentence for every sum that does not hold; empty when all packets are accounted for.
std::vector<std::string> unbalanced(const Report& report);

/// "read 12 = delivered 12 + dropped_full 0 + ..."
std::string equation(const Report& report);

/// For people, one screen.
std::string to_text(const Report& report, const Options& options);

/// For programs.
std::string to_json(const Report& report, const Options& options);

/// For a browser: one page that needs nothing else.
std::string to_html(const Report& report, const Options& options);

}  // namespace packets
