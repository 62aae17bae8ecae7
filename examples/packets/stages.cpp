#include "stages.hpp"

#include <algorithm>
#include <utility>

#include "clock.hpp"

namespace packets {

Stage::Stage(const char* name, const char* after, std::size_t shards) {
  counts_.name = name;
  counts_.after = after;
  counts_.packets.resize(shards);
  counts_.digests.resize(shards);
}

void Stage::on_batch_start(std::size_t size, std::size_t available) {
  ++counts_.batches;
  counts_.batch_size.add(size);
  counts_.lag.add(available);
}

void Stage::count(const GraphPacket& packet, const GraphContext& context, bool is_ready) {
  std::uint64_t& packets = counts_.packets[context.shard];
  std::uint64_t& digest = counts_.digests[context.shard];
  if (mark_of(context.sequence) != ++packets) ++counts_.out_of_turn;
  if (!is_ready) ++counts_.ahead;
  digest = next_digest(digest, packet.frame.order);
}

void ParseStage::operator()(GraphPacket& packet, const GraphContext& context) {
  packet.flow = flow_of(packet.frame.packet, packet.frame.link_type);
  packet.parsed = mark_of(context.sequence);
  count(packet, context, true);
}

void CountStage::operator()(GraphPacket& packet, const GraphContext& context) {
  if (!source_.intact(packet.frame)) ++damaged_;
  traffic_.add(packet.frame.packet.size());
  packet.counted = mark_of(context.sequence);
  count(packet, context, true);
}

void FlowStage::operator()(GraphPacket& packet, const GraphContext& context) {
  const std::uint64_t mark = mark_of(context.sequence);
  flows_.add(packet.flow, packet.frame.packet.size());
  packet.tabled = mark;
  count(packet, context, packet.parsed == mark && packet.counted == mark);
}

ReportStage::ReportStage(std::size_t shards, bool is_dense, std::function<void(ReportStage&, std::int64_t)> sample)
    : Stage("report", "flow table", shards), is_dense_(is_dense), sample_(std::move(sample)), sampler_(now_ns()) {}

void ReportStage::on_batch_start(std::size_t size, std::size_t available) {
  Stage::on_batch_start(size, available);
  batch_ns_ = now_ns();
  look(batch_ns_);
}

void ReportStage::operator()(GraphPacket& packet, const GraphContext& context) {
  const Frame& frame = packet.frame;
  count(packet, context, packet.tabled == mark_of(context.sequence));
  sampler_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(batch_ns_ - frame.written_ns, 0)));
  const Fate fate = is_dense_ ? orders_.add(frame.order) : Fate::delivered;
  ++(fate == Fate::delivered ? delivered_ : fate == Fate::late ? late_ : duplicate_);
  if (fate != Fate::delivered) return;
  packet_bytes_ += frame.packet.size();
  payload_bytes_ += frame.payload_bytes;
}

void ReportStage::on_timeout() { look(now_ns()); }
void ReportStage::on_stop() { sample_(*this, now_ns()); }

void ReportStage::look(std::int64_t now_ns) {
  if (now_ns >= sampler_.due_ns()) sample_(*this, now_ns);
}

void ReportStage::add_to(Report& report, std::uint64_t end) const {
  report.delivered = delivered_;
  report.late = late_;
  report.duplicate = duplicate_;
  report.gaps = is_dense_ ? orders_.missing(end) : 0;
  report.packet_bytes = packet_bytes_;
  report.payload_bytes = payload_bytes_;
  report.latency_ns = sampler_.latency_ns();
  report.samples = sampler_.samples();
}

}  // namespace packets
