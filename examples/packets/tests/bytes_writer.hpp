#pragma once
// Puts a capture, or a packet, together byte by byte.

#include <initializer_list>
#include <vector>

#include "../bytes.hpp"

namespace packets {

class BytesWriter {
 public:
  explicit BytesWriter(std::endian order = std::endian::big) : order_(order) {}

  BytesWriter& u8(unsigned value) { return number(value, 1); }
  BytesWriter& u16(unsigned value) { return number(value, 2); }
  BytesWriter& u32(std::uint32_t value) { return number(value, 4); }
  BytesWriter& fill(std::size_t count, unsigned value) {
    for (; count != 0; --count) u8(value);
    return *this;
  }
  BytesWriter& all(std::initializer_list<unsigned> values) {
    for (const unsigned value : values) u8(value);
    return *this;
  }
  BytesWriter& append(Bytes bytes) {
    for (const std::byte byte : bytes) bytes_.push_back(byte);
    return *this;
  }

  // Of exactly this size, so that a read beyond it is one beyond its allocation.
  std::vector<std::byte> bytes() const { return {bytes_.begin(), bytes_.end()}; }
  std::size_t size() const { return bytes_.size(); }

 private:
  BytesWriter& number(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t shift = 8 * (order_ == std::endian::big ? size - 1 - i : i);
      bytes_.push_back(static_cast<std::byte>(value >> shift & 0xff));
    }
    return *this;
  }

  std::endian order_;
  std::vector<std::byte> bytes_;
};

}  // namespace packets
