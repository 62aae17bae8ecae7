#pragma once
// Packets of an interface.

#include <algorithm>
#include <memory>

#include "options.hpp"
#include "source.hpp"

namespace packets {

/// The interface `options.input`, by libpcap: a feed, with a buffer in the kernel, for each producer. The kernel hands
/// out what the interface receives by flow, so that a flow's packets stay in their order and each is seen once. What
/// leaves the interface is not seen: of the loopback one everything would be seen twice.
///
/// All feeds begin when this returns, and end some time after a stop was requested, with all packets that had come.
/// A frame's bytes are a record of a pcap file with nanoseconds.
///
/// Errors:  std::runtime_error that says what to do, when there is no such interface, no right to listen to it, no
///          sense in the filter, or no libpcap in this program.
std::unique_ptr<Source> open_live(const Options& options);

/// Makes one order of the times at which packets came to several feeds: of those of one feed strictly ascending, of
/// any two different. What came earlier is before what came later, by the kernel's clock: if that is set back, the
/// feed's packets go on from the latest one, a nanosecond apart, until the clock is there again.
///
/// Threads:  one, the feed's.
class ArrivalOrder {
 public:
  static constexpr std::uint32_t kMostFeeds = 256;

  ArrivalOrder(std::int64_t start_ns, std::uint32_t feed) : start_ns_(start_ns), feed_(feed), next_(feed) {}

  /// The place of the feed's next packet. What came before the start came at the start.
  std::uint64_t take(std::int64_t time_ns) {
    const std::uint64_t since = time_ns > start_ns_ ? static_cast<std::uint64_t>(time_ns - start_ns_) : 0;
    const std::uint64_t order = std::max(since * kMostFeeds + feed_, next_);
    next_ = order + kMostFeeds;
    return order;
  }

  /// The time that goes with a place: that of the packet, unless the clock was set back.
  std::int64_t time_ns(std::uint64_t order) const { return start_ns_ + static_cast<std::int64_t>(order / kMostFeeds); }

 private:
  std::int64_t start_ns_;
  std::uint32_t feed_;
  std::uint64_t next_;  // the least that the next packet can have
};

}  // namespace packets
