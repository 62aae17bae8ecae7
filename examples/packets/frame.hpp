#pragma once
// What travels through the ring: a handle to a frame of a pool.

#include <atomic>

#include "bytes.hpp"

namespace packets {

/// A packet on its way from a producer to the consumer. The frame belongs to its producer's pool; who has the handle
/// may read and write it, and the ring hands that over.
struct Frame {
  std::uint64_t order = 0;          ///< its place among all packets of the source
  Bytes bytes;                      ///< what goes to the output: the record, header and packet
  Bytes packet;                     ///< the packet alone, as much of it as there is
  std::uint32_t link_type = 0;      ///< what the packet begins with, LINKTYPE_...
  std::uint32_t payload_bytes = 0;  ///< of a generated packet what the generator calls its payload, else all of it
  std::uint32_t producer = 0;
  std::uint64_t turn = 0;       ///< the producer's: another one each time that the frame is used
  std::int64_t written_ns = 0;  ///< when it was put into the ring, by the steady clock
  std::int64_t read_ns = 0;     ///< when it was taken out
  std::span<std::byte> memory;  ///< the pool's, for those who copy; empty where nobody does

  /// --full drop-old: the frame that travels in the place of this one, or this one itself. The consumer takes it with
  /// an exchange, a producer that needs the place exchanges it for a newer one: who comes second finds that out.
  std::atomic<Frame*> passenger = nullptr;
};

}  // namespace packets
