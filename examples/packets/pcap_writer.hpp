#pragma once
// The headers of a pcap file whose times are in nanoseconds.

#include <array>
#include <cstring>

#include "bytes.hpp"

namespace packets {

inline constexpr std::size_t kPcapFileHeader = 24;
inline constexpr std::size_t kPcapRecordHeader = 16;
inline constexpr std::uint32_t kLinkTypeEthernet = 1;

/// In this machine's byte order, which is legal: the first number tells.
inline std::array<std::byte, kPcapFileHeader> pcap_file_header(std::uint32_t link_type, std::uint32_t snap) {
  const std::array<std::uint32_t, 6> fields{
      0xa1b23c4d, std::endian::native == std::endian::little ? 0x0004'0002u : 0x0002'0004u, 0, 0, snap, link_type};
  return std::bit_cast<std::array<std::byte, kPcapFileHeader>>(fields);
}

/// At the beginning of `memory`: a packet of `length` bytes, of which `captured` follow.
inline void write_pcap_record_header(std::span<std::byte> memory, std::int64_t time_ns, std::size_t captured,
                                     std::size_t length) {
  const std::array<std::uint32_t, 4> fields{static_cast<std::uint32_t>(time_ns / 1'000'000'000),
                                            static_cast<std::uint32_t>(time_ns % 1'000'000'000),
                                            static_cast<std::uint32_t>(captured), static_cast<std::uint32_t>(length)};
  std::memcpy(memory.data(), fields.data(), sizeof fields);
}

}  // namespace packets
