#pragma once
// A thread that takes packets from a feed and puts them into a shard of its own.

#include <chrono>
#include <memory>
#include <optional>

#include "graph_packet.hpp"
#include "options.hpp"
#include "source.hpp"
#include "tally.hpp"

namespace packets {

/// The events of the shard are its frames: a packet is filled in where it stays, and there is no pool.
///
/// Threads:  run() is one thread's; the counts may be read by others at any time, the rest when it has ended.
class LeasedProducer {
 public:
  LeasedProducer(GraphRing::Lease lease, const Options& options, std::unique_ptr<Feed> feed);

  /// Carries packets until the feed ends.
  void run();

  /// Gives the lease back, if run() could not: consumers wait for that.
  void end() { lease_.reset(); }

  std::size_t shard() const { return shard_; }
  FeedCounts feed_counts() const { return feed_->counts(); }

  std::uint64_t read() const { return read_.count(); }
  std::uint64_t written() const { return written_.count(); }
  std::uint64_t dropped() const { return dropped_.count(); }  ///< for want of room
  std::uint64_t waits() const { return waits_.count(); }      ///< packets that found no room at first
  std::uint64_t digest() const { return digest_; }            ///< of the packets written

 private:
  bool publish();

  std::optional<GraphRing::Lease> lease_;
  const std::size_t shard_;
  const std::chrono::nanoseconds patience_;  // 0: as long as it takes
  const std::unique_ptr<Feed> feed_;
  std::uint64_t digest_ = 0;
  alignas(whorl::kCacheLine) Tally read_;
  Tally written_;
  Tally dropped_;
  Tally waits_;
};

}  // namespace packets
