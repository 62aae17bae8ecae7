#include "sampler.hpp"

#include <algorithm>
#include <utility>

namespace packets {

Sample joined(const Sample& first, Sample second) {
  second.length += first.length;
  second.read += first.read;
  second.delivered += first.delivered;
  second.bytes += first.bytes;
  second.dropped += first.dropped;
  second.p99_ns = std::max(second.p99_ns, first.p99_ns);  // at least: what a chart should show
  return second;
}

const Sample& Sampler::take(std::int64_t now_ns, const Totals& totals, std::vector<std::size_t> fill,
                            std::vector<std::uint64_t> lag) {
  if (samples_.size() == kMost) put_together();
  samples_.push_back({
      .seconds = static_cast<double>(now_ns - begin_ns_) / 1e9,
      .length = static_cast<double>(now_ns - last_ns_) / 1e9,
      .read = totals.read - last_.read,
      .delivered = totals.delivered - last_.delivered,
      .bytes = totals.bytes - last_.bytes,
      .dropped = totals.dropped - last_.dropped,
      .p99_ns = latency_ns_.percentile(0.99),
      .fill = std::move(fill),
      .lag = std::move(lag),
  });
  last_ns_ = now_ns;
  last_ = totals;
  all_latency_ns_ += latency_ns_;
  latency_ns_ = {};
  return samples_.back();
}

void Sampler::put_together() {
  for (std::size_t i = 0; i < kMost / 2; ++i) {
    samples_[i] = joined(samples_[2 * i], std::move(samples_[2 * i + 1]));
  }
  samples_.resize(kMost / 2);
  length_ns_ *= 2;
}

}  // namespace packets
