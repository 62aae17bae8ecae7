#pragma once
// Where packets come from: a file, an interface, a generator.

#include <memory>
#include <stop_token>
#include <string>

#include "frame.hpp"

namespace packets {

/// What one producer's feed has to tell in the end.
struct FeedCounts {
  std::uint64_t withheld = 0;        ///< orders that were never sent, on purpose
  std::uint64_t repeated = 0;        ///< packets sent a second time, on purpose
  std::uint64_t kernel_dropped = 0;  ///< packets that the kernel had no room for before we could read them
};

/// The packets of one producer, in ascending order.
///
/// Threads:  one, the producer's.
class Feed {
 public:
  virtual ~Feed() = default;

  /// Waits for the next packet, as the source's pace has it. False: there is none any more, or a stop was requested.
  virtual bool next() = 0;

  /// Makes `frame` the packet that next() has found: order, bytes, packet, link_type, payload_bytes. May be left out.
  virtual void fill(Frame& frame) = 0;

  virtual FeedCounts counts() const { return {}; }
};

/// Makes the feeds, and knows what an output begins and ends with. A stop that is requested ends every feed soon, and at
/// a place that leaves no hole in the order.
class Source {
 public:
  virtual ~Source() = default;

  /// One line for people: "real.pcap: 62,781 packets (pcap, ...), 50 loops".
  virtual std::string describe() const = 0;

  /// Bytes of frame memory that fill() needs.
  virtual std::size_t frame_bytes() const { return 0; }

  /// Every order is used, from 0, but for those that a feed withholds: what is missing in the end is a gap.
  virtual bool is_dense() const { return true; }

  virtual std::unique_ptr<Feed> feed(std::uint32_t producer, std::stop_token stop) = 0;

  /// After the last feed has ended: the order behind the last one, where is_dense().
  virtual std::uint64_t end() const { return 0; }

  /// A file is header, then the bytes of the packets, then trailer, which also follows every order for which
  /// ends_part() holds.
  virtual Bytes header() const = 0;
  virtual Bytes trailer() const { return {}; }
  virtual bool ends_part(std::uint64_t /*order*/) const { return false; }

  /// The frame still is what fill() made of it, as far as that can be told.
  virtual bool intact(const Frame& /*frame*/) const { return true; }

  /// What ended it before its end, for the user: a cut file, an interface that went down. Empty: nothing.
  virtual std::string trouble() const { return {}; }
};

}  // namespace packets
