#include "../capture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>

#include "captures.hpp"

namespace {

using namespace packets;
using Memory = std::vector<std::byte>;

// What a run with one loop writes.
Memory together(const Capture& capture) {
  BytesWriter out;
  out.append(capture.header);
  for (const Record& record : capture.records) out.append(record.bytes);
  return out.append(capture.trailer).bytes();
}

bool is_prefix(const Memory& part, const Memory& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

Memory cut(const Memory& file, std::size_t size) {
  return {file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)};
}

// Packet i is `lengths[i]` bytes, all i.
void check_packets(const Capture& capture, std::initializer_list<std::size_t> lengths) {
  REQUIRE(capture.records.size() == lengths.size());
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const Bytes packet = capture.records[i].packet;
    CHECK(packet.size() == lengths.begin()[i]);
    CHECK(std::ranges::all_of(packet, [i](std::byte byte) { return byte == static_cast<std::byte>(i); }));
  }
}

// What an interface's options say about its times.
BytesWriter resolution(std::endian order, unsigned value) {
  return BytesWriter(order).u16(9).u16(1).u8(value).fill(3, 0);
}
BytesWriter offset(std::endian order, std::int64_t seconds) {
  const auto bits = static_cast<std::uint64_t>(seconds);
  BytesWriter option(order);
  option.u16(14).u16(8);
  for (const std::uint64_t half :
       order == std::endian::big ? std::array{bits >> 32, bits} : std::array{bits, bits >> 32}) {
    option.u32(static_cast<std::uint32_t>(half));
  }
  return option;
}

Memory make_pcapng(std::endian order) {
  return PcapngWriter(order)
      .section()
      .interface(1, 0, resolution(order, 9).append(offset(order, -1).bytes()))
      .enhanced(0, 61, 0)
      .other()
      .interface(101, 40)
      .old_packet(1, 30, 1)
      .section()
      .interface(113, 40)
      .simple(100, 40, 2)
      .other(4)
      .bytes();
}

// The time of a packet that an interface with these options has captured after so many units.
std::int64_t time_of(std::uint64_t units, const BytesWriter& options, std::endian order = std::endian::little) {
  const Memory file = PcapngWriter(order).section().interface(1, 0, options).enhanced(0, 4, 0, units).bytes();
  const Capture capture = read_capture(file);
  REQUIRE(capture.records.size() == 1);
  return capture.records[0].time_ns;
}
std::int64_t time_of(std::uint64_t units, unsigned value) {
  return time_of(units, resolution(std::endian::little, value));
}

constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();

}  // namespace

TEST_CASE("read_capture: every kind of pcap gives its packets, and its ranges make the file again") {
  for (const PcapKind& kind : kPcapKinds) {
    CAPTURE(kind.magic);
    const Memory file = make_pcap(kind, {60, 0, 1, 1514});
    const Capture capture = read_capture(file);
    CHECK(capture.error.empty());
    CHECK(capture.header.size() == 24);
    check_packets(capture, {60, 0, 1, 1514});
    CHECK(together(capture) == file);
  }
}

TEST_CASE("read_capture: pcapng of both byte orders, sections and all packet blocks make the file again") {
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    const Memory file = make_pcapng(order);
    const Capture capture = read_capture(file);
    CHECK(capture.error == "");
    check_packets(capture, {61, 30, 40});
    CHECK(capture.records[0].link_type == 1);
    CHECK(capture.records[1].link_type == 101);
    CHECK(capture.records[2].link_type == 113);
    CHECK(capture.trailer.size() == 32);
    CHECK(together(capture) == file);
  }
}

TEST_CASE("read_capture: a capture without packets is no error") {
  const Memory pcap = make_pcap(kPcapKinds[0], {});
  CHECK(read_capture(pcap).error.empty());
  CHECK(together(read_capture(pcap)) == pcap);
  const Memory pcapng = PcapngWriter(std::endian::big).section().interface(1).bytes();
  CHECK(read_capture(pcapng).error.empty());
  CHECK(together(read_capture(pcapng)) == pcapng);
}

TEST_CASE("read_capture: the modified pcap's longer record header is not taken for packet bytes") {
  const Memory file = make_pcap(kPcapKinds[4], {10, 10});
  const Capture capture = read_capture(file);
  check_packets(capture, {10, 10});
  CHECK(capture.records[0].bytes.size() == 24 + 10);
}

TEST_CASE("read_capture: a packet of a pcap has its time in nanoseconds, as late as the format goes") {
  for (const PcapKind& kind : kPcapKinds) {
    CAPTURE(kind.magic);
    const std::int64_t unit = kind.magic == 0xa1b23c4d ? 1 : 1000;
    Memory file = make_pcap(kind, {60, 0});
    const Capture capture = read_capture(file);
    CHECK(capture.records[0].time_ns == 100'000'000'000 + 200 * unit);
    CHECK(capture.records[1].time_ns == 100'000'000'000 + 201 * unit);
    std::fill(file.begin() + 24, file.begin() + 32, std::byte{0xff});
    CHECK(read_capture(file).records[0].time_ns == 4'294'967'295 * (1'000'000'000 + unit));
  }
}

TEST_CASE("read_capture: a packet of a pcapng has the time of its block, or of the packet before") {
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    const Memory file =
        PcapngWriter(order)
            .section()
            .interface(1)
            .interface(1, 0, BytesWriter(order).u16(2).u16(3).fill(4, 0x61).append(resolution(order, 9).bytes()))
            .simple(4, 4, 0)
            .enhanced(0, 4, 1, 0x0005'0000'0000'0001)
            .old_packet(1, 4, 2, 0x0005'0000'0000'0001)
            .simple(4, 4, 3)
            .bytes();
    const Capture capture = read_capture(file);
    REQUIRE(capture.records.size() == 4);
    CHECK(capture.records[0].time_ns == 0);
    CHECK(capture.records[1].time_ns == 0x0005'0000'0000'0001 * 1000);
    CHECK(capture.records[2].time_ns == 0x0005'0000'0000'0001);
    CHECK(capture.records[3].time_ns == 0x0005'0000'0000'0001);
  }
}

TEST_CASE("read_capture: a pcapng's units are any negative power of ten or two of a second") {
  CHECK(time_of(3, 0) == 3'000'000'000);
  CHECK(time_of(3, 3) == 3'000'000);
  CHECK(time_of(3, 9) == 3);
  CHECK(time_of(3'999, 12) == 3);
  CHECK(time_of(std::numeric_limits<std::uint64_t>::max(), 19) == 1'844'674'407);
  CHECK(time_of(std::numeric_limits<std::uint64_t>::max(), 127) == 0);
  CHECK(time_of(3, 0x80) == 3'000'000'000);
  CHECK(time_of(3, 0x80 + 1) == 1'500'000'000);
  CHECK(time_of((std::uint64_t{5} << 20) + 1, 0x80 + 20) == 5'000'000'953);
  CHECK(time_of((std::uint64_t{5} << 32) + (1u << 31), 0x80 + 32) == 5'500'000'000);
  CHECK(time_of((std::uint64_t{1'700'000'000} << 33) + 9, 0x80 + 33) == 1'700'000'000'000'000'001);
  CHECK(time_of(std::uint64_t{1} << 63, 0x80 + 64) == 500'000'000);
  CHECK(time_of(std::numeric_limits<std::uint64_t>::max(), 0x80 + 95) == 0);
  CHECK(time_of(std::numeric_limits<std::uint64_t>::max(), 0x80 + 127) == 0);
}

TEST_CASE("read_capture: a pcapng's offset is added to its times") {
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    CHECK(time_of(5, offset(order, 1'700'000'000), order) == 1'700'000'000'000'005'000);
    CHECK(time_of(5, offset(order, -2), order) == -1'999'995'000);
    CHECK(time_of(5, resolution(order, 9).append(offset(order, 1).bytes()).u32(0), order) == 1'000'000'005);
  }
}

TEST_CASE("read_capture: a time that 64 bits cannot hold is the nearest that they can") {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  CHECK(time_of(kMost, 0) == kLatest);
  CHECK(time_of(kMost, 9) == kLatest);
  CHECK(time_of(9'223'372'036'854'775'807, 9) == kLatest);
  CHECK(time_of(9'223'372'036'854'775, 6) == 9'223'372'036'854'775'000);
  CHECK(time_of(9'223'372'036'854'776, 6) == kLatest);
  CHECK(time_of(kMost, 0x80) == kLatest);
  CHECK(time_of(9'223'372'036, 0x80) == 9'223'372'036'000'000'000);
  CHECK(time_of(9'223'372'037, 0x80) == kLatest);
  CHECK(time_of(kMost, 0x80 + 30) == kLatest);
  CHECK(time_of(0, offset(std::endian::little, kLatest)) == kLatest);
  CHECK(time_of(0, offset(std::endian::little, kEarliest)) == kEarliest);
  CHECK(time_of(kMost / 2000, offset(std::endian::little, 9'223'372'036)) == kLatest);
}

TEST_CASE("read_capture: options of an interface that make no sense spoil no packet") {
  const std::endian order = std::endian::little;
  CHECK(time_of(5, BytesWriter(order).u16(9).u16(200).u32(0)) == 5000);                           // too long
  CHECK(time_of(5, BytesWriter(order).u16(9).u16(2).u32(0)) == 5000);                             // no such size
  CHECK(time_of(5, BytesWriter(order).u32(0).append(resolution(order, 9).bytes())) == 5000);      // behind the end
  CHECK(time_of(5, BytesWriter(order).u16(9).u16(0).append(resolution(order, 9).bytes())) == 5);  // none, then one
}

TEST_CASE("read_capture: a pcap cut anywhere but between records is an error, and what was whole is kept") {
  const Memory file = make_pcap(kPcapKinds[1], {60, 10});
  const std::size_t between[] = {24, 24 + 16 + 60, file.size()};
  for (std::size_t size = 0; size <= file.size(); ++size) {
    CAPTURE(size);
    const Memory part = cut(file, size);
    const Capture capture = read_capture(part);
    const std::size_t whole = size < between[1] ? 0 : size < between[2] ? 1 : 2;
    CHECK(capture.error.empty() == (std::ranges::find(between, size) != std::end(between)));
    CHECK(capture.records.size() == whole);
    CHECK(is_prefix(together(capture), file));
  }
}

TEST_CASE("read_capture: a pcapng cut within a block is an error at that block, and what was whole is kept") {
  const Memory file = make_pcapng(std::endian::little);
  for (std::size_t size = 0; size <= file.size(); ++size) {
    CAPTURE(size);
    const Memory part = cut(file, size);
    const Capture capture = read_capture(part);
    const Memory kept = together(capture);
    CHECK(is_prefix(kept, file));
    if (size >= 4) {
      CHECK(capture.error.empty() == (kept.size() == size));
      if (!capture.error.empty()) CHECK(capture.error.starts_with("offset " + std::to_string(kept.size()) + ": "));
    }
  }
}

TEST_CASE("read_capture: no single wrong byte makes it read outside the file or lose what lies before") {
  for (const Memory& file : {make_pcap(kPcapKinds[0], {20, 30}), make_pcapng(std::endian::big)}) {
    for (std::size_t at = 0; at < file.size(); ++at) {
      for (const unsigned value : {0x00u, 0x01u, 0x7fu, 0xffu}) {
        Memory wrong = file;
        wrong[at] = static_cast<std::byte>(value);
        const Capture capture = read_capture(wrong);
        CHECK(is_prefix(together(capture), wrong));
      }
    }
  }
}

TEST_CASE("read_capture: what is no capture has no format, and the error names the legal ones") {
  for (const Memory& file : {Memory{}, Memory(3), Memory(100)}) {
    const Capture capture = read_capture(file);
    CHECK(capture.format.empty());
    CHECK(capture.error.find("a1b2c3d4") != std::string::npos);
    CHECK(capture.error.find("pcapng") != std::string::npos);
  }
}

TEST_CASE("read_capture: an error names the offset, what was expected and what was found") {
  const Memory file = make_pcap(kPcapKinds[0], {60, 10});
  const Memory part = cut(file, file.size() - 3);
  CHECK(read_capture(part).error ==
        "offset 100: expected a record with a packet of 10 bytes, but the file ends after 7 of them");
  const Memory stray = PcapngWriter(std::endian::little).section().interface(1).enhanced(1, 4, 0).bytes();
  CHECK(read_capture(stray).error ==
        "offset 48: expected a packet of one of the section's 1 interfaces (counted from 0), but found 1");
}
