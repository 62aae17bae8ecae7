#include "capture.hpp"

namespace packets {

std::string at_offset(std::size_t offset, const std::string& message) {
  return "offset " + std::to_string(offset) + ": " + message;
}

Capture read_capture(Bytes file) {
  constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;  // the same in both byte orders
  if (file.size() >= 4 && load32(file, 0, std::endian::big) == kSectionHeader) return read_pcapng(file);
  return read_pcap(file);
}

}  // namespace packets
