#include "flow.hpp"

#include <utility>

namespace packets {
namespace {

constexpr std::endian kNetworkOrder = std::endian::big;

// As registered for pcap and pcapng.
constexpr std::uint32_t kNull = 0;
constexpr std::uint32_t kEthernet = 1;
constexpr std::uint32_t kRaw = 101;
constexpr std::uint32_t kLoop = 108;
constexpr std::uint32_t kLinuxCooked = 113;
constexpr std::uint32_t kRawIpv4 = 228;
constexpr std::uint32_t kRawIpv6 = 229;
constexpr std::uint32_t kLinuxCooked2 = 276;

// Types of a frame that only say what comes before the type of what it carries.
constexpr std::uint16_t kVlan = 0x8100;
constexpr std::uint16_t kServiceVlan = 0x88a8;
constexpr std::uint16_t kLeastType = 0x0600;  // a smaller number is a length

// Headers of IPv6 between the first one and what it carries.
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kDestination = 60;

struct Link {
  Flow flow = {};
  Bytes payload = {};
};

std::uint8_t byte_at(Bytes bytes, std::size_t offset) { return std::to_integer<std::uint8_t>(bytes[offset]); }

Bytes behind(Bytes bytes, std::size_t length) { return length <= bytes.size() ? bytes.subspan(length) : Bytes{}; }

// An address of at most 8 bytes, which lies wholly within `bytes`.
Endpoint endpoint(Bytes bytes, std::size_t offset, std::uint8_t size) {
  Endpoint end{.size = size};
  for (const std::byte byte : bytes.subspan(offset, size))
    end.low = end.low << 8 | std::to_integer<std::uint64_t>(byte);
  return end;
}

Endpoint ipv6_endpoint(Bytes bytes, std::size_t offset) {
  return {.high = load<std::uint64_t>(bytes, offset, kNetworkOrder),
          .low = load<std::uint64_t>(bytes, offset + 8, kNetworkOrder),
          .size = 16};
}

Link read_ethernet(Bytes packet) {
  if (packet.size() < 14) return {};
  Link link{{.a = endpoint(packet, 6, 6), .b = endpoint(packet, 0, 6)}, packet.subspan(14)};
  std::uint16_t& type = link.flow.type;
  type = load16(packet, 12, kNetworkOrder);
  // A tag is four bytes: two that said so, two of its own; then comes the type of what it tags.
  while ((type == kVlan || type == kServiceVlan) && link.payload.size() >= 4) {
    type = load16(link.payload, 2, kNetworkOrder);
    link.payload = link.payload.subspan(4);
  }
  if (type < kLeastType) type = kLlc;
  return link;
}

// A cooked header has the type and the sender's address somewhere, and no receiver.
Link read_cooked(Bytes packet, std::size_t size, std::size_t type_at, std::size_t address_at) {
  if (packet.size() < size) return {};
  return {{.a = endpoint(packet, address_at, 8), .type = load16(packet, type_at, kNetworkOrder)}, packet.subspan(size)};
}

// Nothing before the IP header, whose first four bits tell its version.
Link read_raw(Bytes packet) {
  if (packet.empty()) return {};
  const unsigned version = byte_at(packet, 0) >> 4;
  return {{.type = version == 4 ? kIpv4 : version == 6 ? kIpv6 : std::uint16_t{0}}, packet};
}

Link read_link(Bytes packet, std::uint32_t link_type) {
  switch (link_type) {
    case kEthernet:
      return read_ethernet(packet);
    case kLinuxCooked:
      return read_cooked(packet, 16, 14, 6);
    case kLinuxCooked2:
      return read_cooked(packet, 20, 0, 12);
    case kRaw:
    case kRawIpv4:
    case kRawIpv6:
      return read_raw(packet);
    case kNull:
    case kLoop:
      return read_raw(behind(packet, 4));
    default:
      return {};  // one flow for all that is not understood
  }
}

void read_ports(Flow& flow, Bytes payload) {
  if (flow.protocol != kTcp && flow.protocol != kUdp && flow.protocol != kSctp) return;
  if (payload.size() < 4) return;
  flow.a.port = load16(payload, 0, kNetworkOrder);
  flow.b.port = load16(payload, 2, kNetworkOrder);
}

void read_ipv4(Flow& flow, Bytes packet) {
  if (packet.size() < 20) return;
  const bool fragment = (load16(packet, 6, kNetworkOrder) & 0x3fff) != 0;  // more to come, or not the first
  flow = {endpoint(packet, 12, 4), endpoint(packet, 16, 4), flow.type, byte_at(packet, 9)};
  if (!fragment) read_ports(flow, behind(packet, (byte_at(packet, 0) & std::size_t{0xf}) * 4));
}

void read_ipv6(Flow& flow, Bytes packet) {
  if (packet.size() < 40) return;
  std::uint8_t protocol = byte_at(packet, 6);
  Bytes payload = packet.subspan(40);
  bool fragment = false;
  while ((protocol == kHopByHop || protocol == kRouting || protocol == kDestination || protocol == kFragment) &&
         payload.size() >= 8) {
    fragment |= protocol == kFragment;
    const std::size_t length = protocol == kFragment ? 8 : (byte_at(payload, 1) + std::size_t{1}) * 8;
    protocol = byte_at(payload, 0);
    payload = behind(payload, length);
  }
  flow = {ipv6_endpoint(packet, 8), ipv6_endpoint(packet, 24), flow.type, fragment ? kFragment : protocol};
  if (!fragment) read_ports(flow, payload);
}

// Every bit of the result depends on every bit of x (the finaliser of MurmurHash3, by Austin Appleby).
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
  x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
  return x ^ x >> 33;
}

// Odd factors, so that an address whose halves are alike is no special one.
std::uint64_t hash_of(const Endpoint& end) {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
  return mix(mix(end.high + kGolden) * 3 + end.low * kGolden + end.port + (std::uint64_t{end.size} << 32));
}

}  // namespace

Flow flow_of(Bytes packet, std::uint32_t link_type) {
  auto [flow, payload] = read_link(packet, link_type);
  if (flow.type == kIpv4) read_ipv4(flow, payload);
  if (flow.type == kIpv6) read_ipv6(flow, payload);
  if (flow.b < flow.a) std::swap(flow.a, flow.b);
  return flow;
}

std::uint64_t hash_of(const Flow& flow) {
  return mix(hash_of(flow.a) * 3 + hash_of(flow.b) + (std::uint64_t{flow.protocol} << 16 | flow.type));
}

}  // namespace packets
