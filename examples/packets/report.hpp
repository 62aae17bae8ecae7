#pragma once
// What a run has to tell, and whether its accounts balance.

#include <string>
#include <vector>
#include <whorl/ring/stats.hpp>

#include "capture.hpp"
#include "latency_histogram.hpp"
#include "options.hpp"

namespace packets {

/// Counted by the program itself: written by the shard's producers, delivered by the consumer.
struct ShardCount {
  std::uint64_t written = 0;
  std::uint64_t delivered = 0;
};

/// Who counted what matters: the accounts would prove nothing if one side's figures were made from the other's.
struct Report {
  // The producers. A full shard makes its producer wait, the frames point into the mapped file and the consumer waits
  // for a gap to close: nothing is dropped here and nothing comes late. The fields stand for the policies that do.
  std::uint64_t read = 0;  ///< packets taken from the capture
  std::uint64_t dropped_full = 0;
  std::uint64_t dropped_old = 0;
  std::uint64_t dropped_pool = 0;

  // The consumer.
  std::uint64_t delivered = 0;  ///< in the order of the capture, each once
  std::uint64_t late = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t gaps = 0;  ///< packets of the capture that were missing in the end
  std::uint64_t packet_bytes = 0;
  LatencyHistogram latency_ns;  ///< from just before the write to just after the read that brought it

  // Both, shard by shard, and what the ring says to it.
  std::vector<ShardCount> shards;
  std::vector<whorl::RingStats> ring;

  double seconds = 0;  ///< from the start of the threads to the end of the last one
};

/// One sentence for every sum that does not hold; empty when all packets are accounted for.
std::vector<std::string> unbalanced(const Report& report, const Capture& capture, const Options& options);

/// For people, one screen.
std::string to_text(const Report& report, const Capture& capture, const Options& options);

/// For programs.
std::string to_json(const Report& report, const Options& options);

}  // namespace packets
