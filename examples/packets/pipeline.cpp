#include "pipeline.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <whorl/whorl.hpp>

#include "flow_hash.hpp"
#include "frame.hpp"
#include "pace.hpp"
#include "reorder.hpp"

namespace packets {
namespace {

using Ring = whorl::ShardedRing<Frame>;
using Lane = std::vector<std::size_t>;  // the records that one producer carries, in the order of the capture

std::int64_t now_ns() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

// Done before the clock starts: a network card has its own hardware for this.
std::vector<Lane> deal(const Capture& capture, std::uint32_t producers) {
  std::vector<Lane> lanes(producers);
  for (std::size_t i = 0; i < capture.records.size(); ++i) {
    const Record& record = capture.records[i];
    lanes[flow_hash(record.packet, record.link_type) % producers].push_back(i);
  }
  return lanes;
}

class Producer {
 public:
  Producer(Ring& ring, const Pace& pace, const Capture& capture, std::uint32_t id, Lane lane)
      : ring_(ring), pace_(pace), records_(capture.records), id_(id), lane_(std::move(lane)) {}

  void run(std::uint64_t loops) {
    for (std::uint64_t loop = 0; loop < loops; ++loop) {
      for (const std::size_t index : lane_) carry(loop * records_.size() + index, records_[index]);
    }
  }

  std::uint32_t id() const { return id_; }
  std::uint64_t read() const { return read_; }
  std::uint64_t written() const { return written_; }

 private:
  void carry(std::uint64_t order, const Record& record) {
    ++read_;
    pace_.wait_for(order);
    Frame frame{order, record.bytes, static_cast<std::uint32_t>(record.packet.size()), id_, now_ns()};
    for (whorl::Backoff wait; !ring_.try_write(id_, frame); wait.snooze()) frame.written_ns = now_ns();
    ++written_;
  }

  Ring& ring_;
  const Pace& pace_;
  const std::vector<Record>& records_;
  const std::uint32_t id_;
  const Lane lane_;
  std::uint64_t read_ = 0;
  std::uint64_t written_ = 0;
};

class Consumer {
 public:
  Consumer(Ring& ring, Pace& pace, const Capture& capture, OutputFile* output)
      : ring_(ring), pace_(pace), capture_(capture), output_(output), shards_(ring.shard_count()) {}

  // Reads until the ring is closed and empty; `end` packets should have come by then.
  void run(std::uint64_t end) {
    if (output_ != nullptr) output_->write(capture_.header);
    const auto deliver = [this](const Frame& frame) { write(frame); };
    std::array<Frame, 256> batch;
    for (whorl::Backoff wait; !ring_.is_drained();) {
      const std::size_t count = ring_.try_read_some(batch);
      if (count == 0) {
        wait.snooze();
        continue;
      }
      wait.reset();
      const std::int64_t read_ns = now_ns();
      for (const Frame& frame : Frames(batch).first(count)) {
        ++shards_[frame.producer & (shards_.size() - 1)].delivered;
        latency_ns_.add(static_cast<std::uint64_t>(read_ns - frame.written_ns));
        reorder_.take(frame, deliver);
      }
      pace_.advance(reorder_.next());
    }
    reorder_.finish(end, deliver);
    if (output_ != nullptr && capture_.records.empty()) output_->write(capture_.trailer);
  }

  void add_to(Report& report) const {
    report.delivered = reorder_.delivered();
    report.duplicate = reorder_.duplicate();
    report.gaps = reorder_.gaps();
    report.packet_bytes = packet_bytes_;
    report.latency_ns = latency_ns_;
    for (std::size_t i = 0; i < shards_.size(); ++i) report.shards[i].delivered = shards_[i].delivered;
  }

 private:
  using Frames = std::span<const Frame>;

  void write(const Frame& frame) {
    packet_bytes_ += frame.packet_bytes;
    if (output_ == nullptr) return;
    output_->write(frame.bytes);
    // The trailer ends every loop: what begins again is then a section of its own.
    if ((frame.order + 1) % capture_.records.size() == 0) output_->write(capture_.trailer);
  }

  Ring& ring_;
  Pace& pace_;
  const Capture& capture_;
  OutputFile* const output_;
  Reorder reorder_;
  LatencyHistogram latency_ns_;
  std::vector<ShardCount> shards_;
  std::uint64_t packet_bytes_ = 0;
};

// Producers first, then the ring, then the consumer: what was accepted is read.
void run_threads(Ring& ring, std::vector<Producer>& producers, Consumer& consumer, const Options& options,
                 std::uint64_t end) {
  std::jthread reading([&] { consumer.run(end); });
  {
    std::vector<std::jthread> writing;
    for (Producer& producer : producers) writing.emplace_back([&] { producer.run(options.loops); });
  }  // joined
  ring.close();
}

}  // namespace

Report run_pipeline(const Capture& capture, const Options& options, OutputFile* output) {
  Ring ring(options.capacity, options.shards);
  // Several rings long, so that it is a full shard that makes a producer wait, and seldom its pace.
  Pace pace(4 * options.capacity);
  std::vector<Producer> producers;
  std::uint32_t id = 0;
  for (Lane& lane : deal(capture, options.producers))
    producers.emplace_back(ring, pace, capture, id++, std::move(lane));
  Consumer consumer(ring, pace, capture, output);

  const std::int64_t begin = now_ns();
  run_threads(ring, producers, consumer, options, capture.records.size() * options.loops);

  Report report;
  report.seconds = static_cast<double>(now_ns() - begin) / 1e9;
  report.shards.resize(options.shards);
  for (const Producer& producer : producers) {
    report.read += producer.read();
    report.shards[producer.id() & (options.shards - 1)].written += producer.written();
  }
  consumer.add_to(report);
  for (std::size_t i = 0; i < options.shards; ++i) report.ring.push_back(ring.stats(i));
  return report;
}

}  // namespace packets
