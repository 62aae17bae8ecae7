#pragma once
// The stages of --graph: parse || count -> flow table -> report.

#include <functional>

#include "graph_packet.hpp"
#include "graph_report.hpp"
#include "order_set.hpp"
#include "report.hpp"
#include "sampler.hpp"
#include "source.hpp"

namespace packets {

/// What every stage counts. Each is the handler of a ShardedEventProcessor.
///
/// Threads:  one, its processor's; counts() when that has ended.
class Stage {
 public:
  Stage(const char* name, const char* after, std::size_t shards);

  void on_batch_start(std::size_t size, std::size_t available);

  const StageCounts& counts() const { return counts_; }

 protected:
  ~Stage() = default;
  /// `is_ready`: the stages before it are done with the packet.
  void count(const GraphPacket& packet, const GraphContext& context, bool is_ready);

 private:
  StageCounts counts_;
};

/// Reads the headers.
class ParseStage : public Stage {
 public:
  explicit ParseStage(std::size_t shards) : Stage("parse", "", shards) {}
  void operator()(GraphPacket& packet, const GraphContext& context);
};

/// Counts bytes, and whether they are still what the source has made. It needs no headers, so nobody to come before it.
class CountStage : public Stage {
 public:
  CountStage(std::size_t shards, const Source& source) : Stage("count", "", shards), source_(source) {}
  void operator()(GraphPacket& packet, const GraphContext& context);

  Traffic traffic() const { return traffic_; }
  std::uint64_t damaged() const { return damaged_; }

 private:
  const Source& source_;
  Traffic traffic_;
  std::uint64_t damaged_ = 0;
};

/// Who talks to whom.
class FlowStage : public Stage {
 public:
  explicit FlowStage(std::size_t shards) : Stage("flow table", "parse, count", shards) {}
  void operator()(GraphPacket& packet, const GraphContext& context);

  const FlowTable& flows() const { return flows_; }

 private:
  FlowTable flows_;
};

/// The last one: which packets have come, how long it took, samples. When it is done with a packet its place is free.
class ReportStage : public Stage {
 public:
  static constexpr std::int64_t kLook = 50'000'000;  // ns between two looks at the clock when nothing comes

  /// `sample` is called when a sample is due, and at the end.
  ReportStage(std::size_t shards, bool is_dense, std::function<void(ReportStage&, std::int64_t)> sample);

  void on_batch_start(std::size_t size, std::size_t available);
  void operator()(GraphPacket& packet, const GraphContext& context);
  void on_timeout();
  void on_stop();

  Sampler& sampler() { return sampler_; }
  /// Fills in what a report says of packets that have come; `end` as Source::end().
  void add_to(Report& report, std::uint64_t end) const;
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t payload_bytes() const { return payload_bytes_; }

 private:
  void look(std::int64_t now_ns);

  const bool is_dense_;
  const std::function<void(ReportStage&, std::int64_t)> sample_;
  Sampler sampler_;
  OrderSet orders_;
  std::int64_t batch_ns_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t duplicate_ = 0;
  std::uint64_t packet_bytes_ = 0;
  std::uint64_t payload_bytes_ = 0;
};

}  // namespace packets
