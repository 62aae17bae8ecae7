#pragma once
// Packets made here: paced, seeded, with gaps and duplicates that are known.

#include <atomic>

#include "options.hpp"
#include "source.hpp"

namespace packets {

/// Every producer sends UDP packets of 64 flows on a schedule of its own; a counter that they share gives out the
/// orders. What happens to an order depends on it and the seed alone, so that the gaps and duplicates of a run can be
/// told in advance. A packet's payload begins and ends with its order.
class Generator : public Source {
 public:
  enum class Plan : std::uint8_t { send, withhold, repeat };

  explicit Generator(const Options& options);

  std::string describe() const override;
  std::size_t frame_bytes() const override;
  std::unique_ptr<Feed> feed(std::uint32_t producer, std::stop_token stop) override;
  std::uint64_t end() const override { return orders_.load(std::memory_order_relaxed); }  // relaxed: all have ended
  Bytes header() const override;
  bool intact(const Frame& frame) const override;

  Plan plan(std::uint64_t order) const;

 private:
  class Stream;

  const Options options_;
  alignas(whorl::kCacheLine) std::atomic<std::uint64_t> orders_ = 0;
};

}  // namespace packets
