#pragma once
// Small captures of every kind, as a program that writes them would.

#include "bytes_writer.hpp"

namespace packets {

struct PcapKind {
  std::uint32_t magic;
  std::size_t record_header;
  std::endian order;
};
inline constexpr PcapKind kPcapKinds[] = {
    {0xa1b2c3d4, 16, std::endian::little}, {0xa1b2c3d4, 16, std::endian::big},    {0xa1b23c4d, 16, std::endian::little},
    {0xa1b23c4d, 16, std::endian::big},    {0xa1b2cd34, 24, std::endian::little}, {0xa1b2cd34, 24, std::endian::big},
};

/// One packet of each length, all bytes of packet i being i, captured at 100 seconds and 200 + i units.
inline std::vector<std::byte> make_pcap(const PcapKind& kind, std::initializer_list<std::uint32_t> lengths) {
  BytesWriter file(kind.order);
  file.u32(kind.magic).u16(2).u16(4).u32(0).u32(0).u32(65535).u32(1);
  unsigned i = 0;
  for (const std::uint32_t length : lengths) {
    file.u32(100).u32(200 + i).u32(length).u32(length).fill(kind.record_header - 16, 0xee).fill(length, i);
    ++i;
  }
  return file.bytes();
}

class PcapngWriter {
 public:
  explicit PcapngWriter(std::endian order) : order_(order), file_(order) {}

  PcapngWriter& section() {
    return block(0x0a0d0d0a, BytesWriter(order_).u32(0x1a2b3c4d).u16(1).u16(0).u32(~0u).u32(~0u));
  }
  PcapngWriter& interface(unsigned link_type, std::uint32_t snap_length = 0,
                          const BytesWriter& options = BytesWriter()) {
    return block(1, BytesWriter(order_).u16(link_type).u16(0).u32(snap_length).append(options.bytes()));
  }
  PcapngWriter& enhanced(std::uint32_t interface, std::uint32_t length, unsigned value, std::uint64_t time = 0) {
    BytesWriter body(order_);
    body.u32(interface).u32(static_cast<std::uint32_t>(time >> 32)).u32(static_cast<std::uint32_t>(time));
    return block(6, body.u32(length).u32(length).fill(length, value));
  }
  PcapngWriter& old_packet(unsigned interface, std::uint32_t length, unsigned value, std::uint64_t time = 0) {
    BytesWriter body(order_);
    body.u16(interface).u16(0).u32(static_cast<std::uint32_t>(time >> 32)).u32(static_cast<std::uint32_t>(time));
    return block(2, body.u32(length).u32(length).fill(length, value));
  }
  PcapngWriter& simple(std::uint32_t original, std::uint32_t captured, unsigned value) {
    return block(3, BytesWriter(order_).u32(original).fill(captured, value));
  }
  PcapngWriter& other(std::uint32_t type = 5) { return block(type, BytesWriter(order_).fill(20, 0x55)); }

  std::vector<std::byte> bytes() const { return file_.bytes(); }

 private:
  PcapngWriter& block(std::uint32_t type, BytesWriter body) {
    body.fill((4 - body.size() % 4) % 4, 0);
    const auto length = static_cast<std::uint32_t>(body.size() + 12);
    const std::vector<std::byte> bytes = body.bytes();
    file_.u32(type).u32(length).append(bytes).u32(length);
    return *this;
  }

  std::endian order_;
  BytesWriter file_;
};

}  // namespace packets
