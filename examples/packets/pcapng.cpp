// The format of blocks: sections, each with its byte order, its interfaces and its packets.

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "capture.hpp"

namespace packets {
namespace {

enum BlockType : std::uint32_t {
  kInterface = 1,
  kOldPacket = 2,
  kSimplePacket = 3,
  kEnhancedPacket = 6,
  kSectionHeader = 0x0a0d0d0a,
};
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::size_t kSmallestBlock = 12;  // type, length, and the length again at the end

// What is wrong with a file, from wherever in a block it is found.
struct Corrupt : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void expect(bool good, const std::string& expected, std::uint64_t found) {
  if (!good) throw Corrupt("expected " + expected + ", but found " + std::to_string(found));
}

constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();

// How an interface counts time, which is nobody's word but the file's: all values are legal.
struct Clock {
  unsigned resolution = 6;    // units of 10^-resolution seconds; with the bit 0x80, of 2^-(the other bits)
  std::int64_t offset_s = 0;  // added to all times
};

std::int64_t decimal_ns(std::uint64_t units, unsigned power) {
  std::uint64_t factor = 1;
  for (; power > 9 && units != 0; --power) units /= 10;
  for (; power < 9; ++power) factor *= 10;
  if (units > static_cast<std::uint64_t>(kLatest) / factor) return kLatest;
  return static_cast<std::int64_t>(units * factor);
}

// units * 10^9 / 2^power, the product being upper * 2^32 + the lower half of `lower`.
std::int64_t binary_ns(std::uint64_t units, unsigned power) {
  constexpr std::uint64_t kPerSecond = 1'000'000'000;
  const std::uint64_t lower = (units & 0xffffffff) * kPerSecond;
  const std::uint64_t upper = (units >> 32) * kPerSecond + (lower >> 32);
  if (power >= 32) return static_cast<std::int64_t>(power < 96 ? upper >> (power - 32) : 0);
  if (upper >> (31 + power) != 0) return kLatest;
  return static_cast<std::int64_t>(upper << (32 - power) | (lower & 0xffffffff) >> power);
}

std::int64_t to_ns(std::uint64_t units, const Clock& clock) {
  const unsigned power = clock.resolution & 0x7f;
  const std::int64_t since = (clock.resolution & 0x80) != 0 ? binary_ns(units, power) : decimal_ns(units, power);
  const std::int64_t nearest = clock.offset_s < 0 ? std::numeric_limits<std::int64_t>::min() : kLatest;
  std::int64_t offset = 0;
  if (__builtin_mul_overflow(clock.offset_s, 1'000'000'000, &offset)) offset = nearest;
  std::int64_t time = 0;
  return __builtin_add_overflow(since, offset, &time) ? kLatest : time;  // since >= 0: it cannot be too small
}

class Reader {
 public:
  explicit Reader(Bytes file) : file_(file) { capture_.format = "pcapng"; }

  Capture read() {
    std::size_t offset = 0;
    try {
      for (; offset < file_.size();) {
        const Bytes block = take_block(file_.subspan(offset));
        offset += block.size();
        use(block, offset);
      }
    } catch (const Corrupt& problem) {
      // A block that was taken but made no sense does not count: whoever reads the copy would stumble too.
      offset = block_at_;
      capture_.error = at_offset(offset, problem.what());
    }
    capture_.trailer = file_.subspan(done_, offset - done_);
    return std::move(capture_);
  }

 private:
  struct Interface {
    std::uint32_t link_type;
    std::uint32_t snap_length;  // 0: no limit
    Clock clock;
  };

  Bytes take_block(Bytes rest) {
    block_at_ = file_.size() - rest.size();
    expect(rest.size() >= kSmallestBlock, "a block of at least 12 bytes", rest.size());
    // A section begins with its own byte order: it must be known before the block's length can be read.
    if (load32(rest, 0, std::endian::big) == kSectionHeader) begin_section(rest);
    const std::uint32_t length = load32(rest, 4, order_);
    expect(length >= kSmallestBlock && length % 4 == 0, "a block length of at least 12 that is a multiple of 4",
           length);
    expect(length <= rest.size(), "a block of " + std::to_string(length) + " bytes before the end of the file",
           rest.size());
    const std::uint32_t again = load32(rest, length - 4, order_);
    expect(again == length, "the block's length " + std::to_string(length) + " again at its end", again);
    return rest.first(length);
  }

  void begin_section(Bytes rest) {
    const std::uint32_t magic = load32(rest, 8, std::endian::little);
    order_ = magic == kByteOrderMagic ? std::endian::little : std::endian::big;
    expect(load32(rest, 8, order_) == kByteOrderMagic, "the byte-order magic 1a2b3c4d 8 bytes further on", magic);
    interfaces_.clear();
    if (rest.data() == file_.data())
      capture_.format += order_ == std::endian::little ? ", little-endian" : ", big-endian";
  }

  void use(Bytes block, std::size_t end) {
    switch (load32(block, 0, order_)) {
      case kSectionHeader:
        require_size(block, 28, "a section header");
        break;
      case kInterface:
        require_size(block, 20, "an interface description");
        interfaces_.push_back({load16(block, 8, order_), load32(block, 12, order_), read_clock(block)});
        break;
      case kSimplePacket:
        add(end, simple_packet(block), 0);
        break;
      case kOldPacket:
        add(end, sized_packet(block, "a packet block"), load16(block, 8, order_));
        set_time(block, interfaces_[load16(block, 8, order_)].clock);
        break;
      case kEnhancedPacket:
        add(end, sized_packet(block, "an enhanced packet block"), load32(block, 8, order_));
        set_time(block, interfaces_[load32(block, 8, order_)].clock);
        break;
      default:  // travels with the next packet
        break;
    }
  }

  // Among the options of an interface, each of a code, a length and as many bytes, filled up to a multiple of 4. Where
  // they make no sense they end: that spoils no packet.
  Clock read_clock(Bytes block) const {
    constexpr unsigned kResolution = 9;
    constexpr unsigned kOffset = 14;
    Clock clock;
    Bytes options = block.subspan(16, block.size() - 20);
    while (options.size() >= 4) {
      const unsigned code = load16(options, 0, order_);
      const std::size_t length = load16(options, 2, order_);
      const std::size_t whole = 4 + (length + 3) / 4 * 4;
      if (code == 0 || whole > options.size()) break;
      if (code == kResolution && length == 1) clock.resolution = std::to_integer<unsigned>(options[4]);
      if (code == kOffset && length == 8) {
        clock.offset_s = static_cast<std::int64_t>(load<std::uint64_t>(options, 4, order_));
      }
      options = options.subspan(whole);
    }
    return clock;
  }

  static void require_size(Bytes block, std::size_t least, const std::string& what) {
    expect(block.size() >= least, what + " of at least " + std::to_string(least) + " bytes", block.size());
  }

  // Enhanced and old packet blocks hold the captured length at the same place.
  Bytes sized_packet(Bytes block, const std::string& what) const {
    constexpr std::size_t kBefore = 28;
    require_size(block, kBefore + 4, what);
    const std::uint32_t length = load32(block, 20, order_);
    const std::size_t room = block.size() - kBefore - 4;
    expect(length <= room, "a packet of at most " + std::to_string(room) + " bytes in its block", length);
    return block.subspan(kBefore, length);
  }

  // A simple packet block has the original length only; how much of it was captured follows from the limits.
  Bytes simple_packet(Bytes block) const {
    constexpr std::size_t kBefore = 12;
    require_size(block, kBefore + 4, "a simple packet block");
    std::size_t length = std::min<std::size_t>(load32(block, 8, order_), block.size() - kBefore - 4);
    if (!interfaces_.empty() && interfaces_[0].snap_length != 0) {
      length = std::min<std::size_t>(length, interfaces_[0].snap_length);
    }
    return block.subspan(kBefore, length);
  }

  void add(std::size_t end, Bytes packet, std::size_t interface) {
    expect(interface < interfaces_.size(),
           "a packet of one of the section's " + std::to_string(interfaces_.size()) + " interfaces (counted from 0)",
           interface);
    capture_.records.push_back({file_.subspan(done_, end - done_), packet, interfaces_[interface].link_type, time_ns_});
    done_ = end;
  }

  // Enhanced and old packet blocks hold the two halves of the time at the same place.
  void set_time(Bytes block, const Clock& clock) {
    const std::uint64_t upper = load32(block, 12, order_);
    time_ns_ = to_ns(upper << 32 | load32(block, 16, order_), clock);
    capture_.records.back().time_ns = time_ns_;
  }

  Bytes file_;
  Capture capture_;
  std::endian order_ = std::endian::little;
  std::vector<Interface> interfaces_;  // of this section
  std::int64_t time_ns_ = 0;           // of the last packet that had one
  std::size_t block_at_ = 0;           // where the block in hand begins
  std::size_t done_ = 0;               // up to here all bytes are in a record
};

}  // namespace

Capture read_pcapng(Bytes file) { return Reader(file).read(); }

}  // namespace packets
