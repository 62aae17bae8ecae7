#pragma once
// Percentiles of very many durations in little memory.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace packets {

/// Counts values in buckets whose width grows with the value: 32 to each power of two, so that a percentile is at most
/// 1/32 too high. Values below 64 and the greatest value are kept exactly.
class LatencyHistogram {
 public:
  void add(std::uint64_t value) {
    ++counts_[bucket_of(value)];
    ++count_;
    max_ = std::max(max_, value);
  }

  LatencyHistogram& operator+=(const LatencyHistogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
    return *this;
  }

  /// The value that `share` (0 < share <= 1) of all values do not exceed; 0 when there are none.
  std::uint64_t percentile(double share) const {
    std::uint64_t below = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      below += counts_[bucket];
      if (below != 0 && static_cast<double>(below) >= share * static_cast<double>(count_)) {
        return std::min(greatest_of(bucket), max_);
      }
    }
    return 0;
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }

 private:
  static constexpr unsigned kBits = 5;  // 2^5 buckets to a power of two
  static constexpr std::uint64_t kPerPower = std::uint64_t{1} << kBits;

  // The value's first kBits + 1 bits choose the bucket within its power of two; `shift` bits are left out.
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < 2 * kPerPower) return value;
    const auto shift = static_cast<std::uint64_t>(std::bit_width(value)) - kBits - 1;
    return shift * kPerPower + (value >> shift);
  }
  static std::uint64_t greatest_of(std::size_t bucket) {
    if (bucket < 2 * kPerPower) return bucket;
    const std::uint64_t shift = bucket / kPerPower - 1;
    return ((bucket - shift * kPerPower + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - kBits + 1) * kPerPower> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace packets
