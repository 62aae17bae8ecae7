#include "generator.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <vector>

#include "pcap_writer.hpp"
#include "schedule.hpp"
#include "text.hpp"

namespace packets {
namespace {

constexpr std::size_t kHeaders = 42;  // Ethernet 14, IPv4 20, UDP 8
constexpr std::uint32_t kFlows = 64;  // of each producer
constexpr std::uint16_t kFirstPort = 1024;

void put16(std::span<std::byte> bytes, std::size_t at, std::uint32_t value) {
  bytes[at] = static_cast<std::byte>(value >> 8);
  bytes[at + 1] = static_cast<std::byte>(value);
}

// The sum of RFC 791 over the 20 bytes of a header whose checksum is still 0.
std::uint32_t ip_checksum(Bytes header) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < header.size(); i += 2) sum += load16(header, i, std::endian::big);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~(sum + (sum >> 16)) & 0xffff;
}

// From 10.0.<producer>.1 to 10.255.0.1, port 4000; the source's port is the flow. No UDP checksum, which is legal.
std::vector<std::byte> make_packet(std::uint32_t producer, std::uint32_t payload) {
  std::vector<std::byte> packet(kHeaders + payload);
  const std::span<std::byte> all(packet);
  all[5] = all[11] = std::byte{2};  // link-layer addresses: the last byte of each
  all[0] = all[6] = std::byte{2};   // administered locally
  put16(all, 12, 0x0800);
  const std::span<std::byte> ip = all.subspan(14, 20);
  ip[0] = std::byte{0x45};
  put16(ip, 2, 28 + payload);
  ip[8] = std::byte{64};
  ip[9] = std::byte{17};
  const std::array<std::uint32_t, 8> addresses{10, 0, producer, 1, 10, 255, 0, 1};
  for (std::size_t i = 0; i < addresses.size(); ++i) ip[12 + i] = static_cast<std::byte>(addresses[i]);
  put16(ip, 10, ip_checksum(ip));
  put16(all, 36, 4000);
  put16(all, 38, 8 + payload);
  for (std::size_t i = kHeaders; i < packet.size(); ++i) packet[i] = static_cast<std::byte>(i % 255 + 1);
  return packet;
}

// A number in [0, 1) that depends on every bit of both (the finaliser of MurmurHash3, by Austin Appleby).
double lot(std::uint64_t seed, std::uint64_t order) {
  std::uint64_t x = order + seed * 0x9e3779b97f4a7c15;
  x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
  x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
  return static_cast<double>((x ^ x >> 33) >> 11) * 0x1p-53;
}

}  // namespace

class Generator::Stream : public Feed {
 public:
  Stream(Generator& all, std::uint32_t producer, std::stop_token stop)
      : all_(all),
        producer_(producer),
        schedule_(std::move(stop)),
        interval_(all.options_.bits_per_second > 0 ? all.options_.payload * 8e9 / all.options_.bits_per_second : 0),
        packet_(make_packet(producer, all.options_.payload)) {}

  bool next() override {
    if (begin_ == 0) begin();
    if (again_) {
      again_ = false;
      ++counts_.repeated;
      return true;
    }
    for (;;) {
      if (!take_turn()) return false;
      order_ =
          all_.orders_.fetch_add(1, std::memory_order_relaxed);  // relaxed: it only has to be another one each time
      const Plan plan = all_.plan(order_);
      again_ = plan == Plan::repeat;
      if (plan != Plan::withhold) return true;
      ++counts_.withheld;
    }
  }

  void fill(Frame& frame) override {
    const std::span<std::byte> packet = frame.memory.subspan(kPcapRecordHeader, packet_.size());
    std::memcpy(packet.data(), packet_.data(), packet_.size());
    put16(packet, 34, kFirstPort + static_cast<std::uint32_t>(order_ % kFlows));
    std::memcpy(packet.data() + kHeaders, &order_, sizeof order_);
    std::memcpy(packet.data() + packet.size() - sizeof order_, &order_, sizeof order_);
    write_pcap_record_header(frame.memory, now_ns() - begin_, packet_.size(), packet_.size());
    frame.order = order_;
    frame.bytes = frame.memory.first(kPcapRecordHeader + packet_.size());
    frame.packet = packet;
    frame.link_type = kLinkTypeEthernet;
    frame.payload_bytes = all_.options_.payload;
  }

  FeedCounts counts() const override { return counts_; }

 private:
  void begin() {
    const Options& options = all_.options_;
    begin_ = now_ns();
    end_ = options.duration.count() > 0 ? begin_ + options.duration.count() : std::numeric_limits<std::int64_t>::max();
    // The producers take turns within the interval.
    phase_ = interval_ * producer_ / options.producers;
  }

  // Waits for the next moment of the schedule. False: it is over.
  bool take_turn() {
    const std::int64_t moment =
        interval_ > 0 ? begin_ + static_cast<std::int64_t>(phase_ + interval_ * static_cast<double>(turn_++))
                      : now_ns();
    return moment < end_ && schedule_.wait_until(moment);
  }

  Generator& all_;
  const std::uint32_t producer_;
  Schedule schedule_;
  const double interval_;  // ns
  const std::vector<std::byte> packet_;
  double phase_ = 0;
  std::int64_t begin_ = 0;
  std::int64_t end_ = 0;
  std::uint64_t turn_ = 0;
  std::uint64_t order_ = 0;
  bool again_ = false;
  FeedCounts counts_;
};

Generator::Generator(const Options& options) : options_(options) {}

std::string Generator::describe() const {
  std::string text = "generated: " + std::to_string(options_.producers) + " producers, payload " +
                     std::to_string(options_.payload) + " B";
  text += options_.bits_per_second > 0 ? format(", %g Mb/s each", options_.bits_per_second / 1e6) : ", without a limit";
  if (options_.gap_share > 0) text += format(", %g %% gaps", options_.gap_share * 100);
  if (options_.duplicate_share > 0) text += format(", %g %% duplicates", options_.duplicate_share * 100);
  return text + ", seed " + std::to_string(options_.seed);
}

std::size_t Generator::frame_bytes() const { return kPcapRecordHeader + kHeaders + options_.payload; }

std::unique_ptr<Feed> Generator::feed(std::uint32_t producer, std::stop_token stop) {
  return std::make_unique<Stream>(*this, producer, std::move(stop));
}

Bytes Generator::header() const {
  static const auto kHeader = pcap_file_header(kLinkTypeEthernet, 65'535);
  return kHeader;
}

bool Generator::intact(const Frame& frame) const {
  if (frame.packet.size() != kHeaders + options_.payload) return false;
  const std::byte* const begin = frame.packet.data() + kHeaders;
  const std::byte* const end = frame.packet.data() + frame.packet.size();
  return std::memcmp(begin, &frame.order, sizeof frame.order) == 0 &&
         std::memcmp(end - sizeof frame.order, &frame.order, sizeof frame.order) == 0;
}

Generator::Plan Generator::plan(std::uint64_t order) const {
  const double drawn = lot(options_.seed, order);
  if (drawn < options_.gap_share) return Plan::withhold;
  return drawn < options_.gap_share + options_.duplicate_share ? Plan::repeat : Plan::send;
}

}  // namespace packets
