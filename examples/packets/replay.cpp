#include "replay.hpp"

#include <algorithm>

#include "flow_hash.hpp"
#include "schedule.hpp"
#include "text.hpp"

namespace packets {
namespace {

// From one of a file's times to another: they may be anything.
double nanoseconds(std::int64_t from, std::int64_t to) { return static_cast<double>(to) - static_cast<double>(from); }

}  // namespace

class Replay::Lane : public Feed {
 public:
  Lane(Replay& all, std::size_t producer, std::stop_token stop)
      : all_(all), producer_(producer), records_(all.lanes_[producer]), stop_(std::move(stop)), schedule_(stop_) {}

  bool next() override {
    if (begin_ == 0) begin_ = now_ns();
    const std::uint64_t records_in_all = all_.capture_.records.size();
    if (at_ == records_.size()) {
      at_ = 0;
      ++loop_;
    }
    if (loop_ >= all_.options_.loops || records_.empty()) {
      all_.pace_.leave(producer_);
      return false;
    }
    order_ = loop_ * records_in_all + records_[at_];
    if (!all_.pace_.wait_for(producer_, order_, stop_)) return false;
    // When a stop is requested the rest, up to where the pace ends, goes at once.
    if (const std::int64_t moment = all_.moment_of(order_); moment > 0) schedule_.wait_until(begin_ + moment);
    record_ = &all_.capture_.records[records_[at_++]];
    return true;
  }

  void fill(Frame& frame) override {
    frame.order = order_;
    frame.bytes = record_->bytes;
    frame.packet = record_->packet;
    frame.link_type = record_->link_type;
    frame.payload_bytes = static_cast<std::uint32_t>(record_->packet.size());
  }

 private:
  Replay& all_;
  const std::size_t producer_;
  const std::vector<std::size_t>& records_;
  const std::stop_token stop_;
  Schedule schedule_;
  std::int64_t begin_ = 0;
  std::uint64_t loop_ = 0;
  std::size_t at_ = 0;
  std::uint64_t order_ = 0;
  const Record* record_ = nullptr;
};

Replay::Replay(const Capture& capture, const Options& options)
    : capture_(capture), options_(options), lanes_(options.producers), pace_(options.producers, options.window) {
  // Done before the clock starts: a network card has its own hardware for this.
  for (std::size_t i = 0; i < capture.records.size(); ++i) {
    const Record& record = capture.records[i];
    lanes_[flow_hash(record.packet, record.link_type) % options.producers].push_back(i);
  }
  for (const Record& record : capture.records) {
    length_ns_ = std::max(length_ns_, nanoseconds(capture.records.front().time_ns, record.time_ns));
  }
}

std::string Replay::describe() const {
  return options_.input + ": " + grouped(capture_.records.size()) + " packets (" + capture_.format + "), " +
         grouped(options_.loops) + (options_.loops == 1 ? " loop" : " loops");
}

std::unique_ptr<Feed> Replay::feed(std::uint32_t producer, std::stop_token stop) {
  return std::make_unique<Lane>(*this, producer, std::move(stop));
}

std::uint64_t Replay::end() const {
  const std::uint64_t all = capture_.records.size() * options_.loops;
  return pace_.is_frozen() ? std::min(all, pace_.end()) : all;
}

// Nanoseconds after the start; 0: at once. The lanes' starts differ by less than the consumer's patience.
std::int64_t Replay::moment_of(std::uint64_t order) const {
  constexpr double kMost = 1e17;  // three years
  double moment = 0;
  if (options_.packets_per_second > 0) {
    moment = static_cast<double>(order) * 1e9 / options_.packets_per_second;
  } else if (options_.time_scale > 0) {
    const std::size_t records = capture_.records.size();
    const double since_begin = nanoseconds(capture_.records[0].time_ns, capture_.records[order % records].time_ns);
    moment = (since_begin + static_cast<double>(order / records) * length_ns_) / options_.time_scale;
  }
  return static_cast<std::int64_t>(std::clamp(moment, 0.0, kMost));
}

}  // namespace packets
