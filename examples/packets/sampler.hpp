#pragma once
// What happens over time, in samples of even length.

#include <cstdint>
#include <vector>

#include "latency_histogram.hpp"
#include "report.hpp"

namespace packets {

/// Totals so far.
struct Totals {
  std::uint64_t read = 0;
  std::uint64_t delivered = 0;
  std::uint64_t bytes = 0;
  std::uint64_t dropped = 0;
};

/// Two samples, the second right behind the first, as one.
Sample joined(const Sample& first, Sample second);

/// Keeps at most kMost samples: when there are more, neighbours are put together and from then on a sample is twice as
/// long.
///
/// Threads:  one.
class Sampler {
 public:
  static constexpr std::size_t kMost = 1024;  // even
  static constexpr std::int64_t kFirstLength = 100'000'000;

  explicit Sampler(std::int64_t begin_ns) : begin_ns_(begin_ns), last_ns_(begin_ns) {}

  std::int64_t due_ns() const { return last_ns_ + length_ns_; }

  /// The time in the ring of a packet that was read.
  void add(std::uint64_t latency_ns) { latency_ns_.add(latency_ns); }

  /// Ends a sample. Returns it; the next call may move it.
  const Sample& take(std::int64_t now_ns, const Totals& totals, std::vector<std::size_t> fill,
                     std::vector<std::uint64_t> lag = {});

  const std::vector<Sample>& samples() const { return samples_; }
  const LatencyHistogram& latency_ns() const { return all_latency_ns_; }  ///< of all samples

 private:
  void put_together();

  const std::int64_t begin_ns_;
  std::int64_t last_ns_;
  std::int64_t length_ns_ = kFirstLength;
  Totals last_;
  LatencyHistogram latency_ns_;  // of the sample that has begun
  LatencyHistogram all_latency_ns_;
  std::vector<Sample> samples_;
};

}  // namespace packets
