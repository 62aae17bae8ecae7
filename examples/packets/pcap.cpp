// The classic format: a file header, then records of a fixed header and the packet.

#include <algorithm>
#include <optional>

#include "capture.hpp"

namespace packets {
namespace {

constexpr std::size_t kFileHeader = 24;
// Longer than any packet a capture library writes; a header that claims more is no header.
constexpr std::uint32_t kLongestPacket = 262'144;

struct Kind {
  std::uint32_t magic;
  std::size_t record_header;
  std::int64_t unit_ns;  // of the second number of a record's time; the first is seconds
  const char* name;
};
constexpr Kind kKinds[] = {
    {0xa1b2c3d4, 16, 1000, "pcap, microseconds"},
    {0xa1b23c4d, 16, 1, "pcap, nanoseconds"},
    {0xa1b2cd34, 24, 1000, "modified pcap, microseconds"},  // its records also name interface and protocol
};

struct Format {
  Kind kind;
  std::endian order;
};

std::optional<Format> recognise(Bytes file) {
  if (file.size() < 4) return std::nullopt;
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    for (const Kind& kind : kKinds) {
      if (load32(file, 0, order) == kind.magic) return Format{kind, order};
    }
  }
  return std::nullopt;
}

// Takes the record at the beginning of `rest`; when it is not all there, says in `error` what is missing.
std::optional<Record> take_record(Bytes rest, const Format& format, std::uint32_t longest, std::string& error) {
  const std::size_t header = format.kind.record_header;
  if (rest.size() < header) {
    error = "expected a record header of " + std::to_string(header) + " bytes, but the file ends after " +
            std::to_string(rest.size());
    return std::nullopt;
  }
  const std::uint32_t length = load32(rest, 8, format.order);
  if (length > longest) {
    error = "expected a record whose packet has at most " + std::to_string(longest) + " bytes, but it claims " +
            std::to_string(length);
    return std::nullopt;
  }
  if (length > rest.size() - header) {
    error = "expected a record with a packet of " + std::to_string(length) + " bytes, but the file ends after " +
            std::to_string(rest.size() - header) + " of them";
    return std::nullopt;
  }
  // Two numbers of 32 bits: no sum of theirs exceeds 64.
  const std::int64_t time_ns =
      load32(rest, 0, format.order) * std::int64_t{1'000'000'000} + load32(rest, 4, format.order) * format.kind.unit_ns;
  return Record{rest.first(header + length), rest.subspan(header, length), 0, time_ns};
}

}  // namespace

Capture read_pcap(Bytes file) {
  Capture capture;
  const std::optional<Format> format = recognise(file);
  if (!format) {
    capture.error = at_offset(0,
                              "expected the magic number of a pcap file (a1b2c3d4, a1b23c4d or a1b2cd34, in either "
                              "byte order) or of a pcapng file (0a0d0d0a): this is no capture");
    return capture;
  }
  capture.format =
      std::string(format->kind.name) + (format->order == std::endian::little ? ", little-endian" : ", big-endian");
  if (file.size() < kFileHeader) {
    capture.error = at_offset(0, "expected a file header of " + std::to_string(kFileHeader) +
                                     " bytes, but the file ends after " + std::to_string(file.size()));
    return capture;
  }
  capture.header = file.first(kFileHeader);
  const std::uint32_t longest = std::max(load32(file, 16, format->order), kLongestPacket);
  const std::uint32_t link_type = load32(file, 20, format->order) & 0xffff;  // above it: length of the check sums
  for (std::size_t offset = kFileHeader; offset < file.size();) {
    std::string error;
    std::optional<Record> record = take_record(file.subspan(offset), *format, longest, error);
    if (!record) {
      capture.error = at_offset(offset, error);
      break;
    }
    record->link_type = link_type;
    capture.records.push_back(*record);
    offset += record->bytes.size();
  }
  return capture;
}

}  // namespace packets
