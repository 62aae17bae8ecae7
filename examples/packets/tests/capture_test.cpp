#include "../capture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

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

Memory make_pcapng(std::endian order) {
  return PcapngWriter(order)
      .section()
      .interface(1)
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
