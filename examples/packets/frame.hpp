#pragma once
// What travels through the ring.

#include "bytes.hpp"

namespace packets {

/// A packet on its way from a producer to the consumer. The bytes stay in the mapped file.
struct Frame {
  std::uint64_t order;         ///< its place among all packets of all loops, from 0
  Bytes bytes;                 ///< what goes to the output
  std::uint32_t packet_bytes;  ///< how many of them are the packet itself
  std::uint32_t producer;
  std::int64_t written_ns;  ///< when it was put into the ring, by the steady clock
};

}  // namespace packets
