#pragma once
// A packet capture, taken apart into byte ranges that make the same file again when they are put side by side.

#include <string>
#include <vector>

#include "bytes.hpp"

namespace packets {

/// One packet of a capture.
struct Record {
  Bytes bytes;              ///< all that belongs to it in the file: its header, the packet, blocks that stand before it
  Bytes packet;             ///< the packet alone, as much of it as was captured
  std::uint32_t link_type;  ///< LINKTYPE_..., what the packet begins with
  /// When it was captured, nanoseconds since 1970; the format's finer digits are cut off, and a time that 64 bits cannot
  /// hold is the nearest that they can. A packet without a time has that of the packet before it.
  std::int64_t time_ns = 0;
};

/// All byte ranges lie in the file it was read from, which must live as long.
///
///     file = header, records[0].bytes, records[1].bytes, ..., trailer
///
/// pcap: the header is the file header, the trailer empty. pcapng: the header is empty, blocks that are no packets go
/// with the packet behind them, and those behind the last packet are the trailer. So (records, trailer) may be
/// repeated after one header, and the result is a legal capture of the same kind.
struct Capture {
  std::string format;  ///< such as "pcap, nanoseconds, big-endian"; empty when the file is no capture at all
  Bytes header;
  std::vector<Record> records;
  Bytes trailer;
  std::string error;  ///< what is wrong, at which offset, and what was expected; empty when nothing is
};

/// Reads what can be read; a file that is cut or corrupt keeps the records before the place named in `error`.
Capture read_capture(Bytes file);

// The two kinds of file, once the first bytes have told which it is.
Capture read_pcap(Bytes file);
Capture read_pcapng(Bytes file);

/// "offset 24: " and the rest, for Capture::error.
std::string at_offset(std::size_t offset, const std::string& message);

}  // namespace packets
