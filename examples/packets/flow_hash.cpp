#include "flow_hash.hpp"

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

// What an Ethernet frame carries.
constexpr std::uint32_t kIpv4 = 0x0800;
constexpr std::uint32_t kVlan = 0x8100;
constexpr std::uint32_t kIpv6 = 0x86dd;
constexpr std::uint32_t kServiceVlan = 0x88a8;

// What an IP packet carries.
constexpr std::uint32_t kHopByHop = 0;
constexpr std::uint32_t kTcp = 6;
constexpr std::uint32_t kUdp = 17;
constexpr std::uint32_t kRouting = 43;
constexpr std::uint32_t kFragment = 44;
constexpr std::uint32_t kDestination = 60;
constexpr std::uint32_t kSctp = 132;

// What a flow is told by. Left empty: what the packet does not have, or was cut before.
struct Flow {
  std::uint32_t type = 0;  // what the frame carries, and in the upper half the IP protocol
  Bytes source = {};
  Bytes destination = {};
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

struct Link {
  Flow flow = {};
  Bytes payload = {};
};

std::uint32_t byte_at(Bytes bytes, std::size_t offset) { return std::to_integer<std::uint32_t>(bytes[offset]); }

Bytes behind(Bytes bytes, std::size_t length) { return length <= bytes.size() ? bytes.subspan(length) : Bytes{}; }

Link read_ethernet(Bytes packet) {
  if (packet.size() < 14) return {};
  Link link{{.source = packet.subspan(6, 6), .destination = packet.first(6)}, packet.subspan(14)};
  link.flow.type = load16(packet, 12, kNetworkOrder);
  // A tag is four bytes: two that said so, two of its own; then comes the type of what it tags.
  while ((link.flow.type == kVlan || link.flow.type == kServiceVlan) && link.payload.size() >= 4) {
    link.flow.type = load16(link.payload, 2, kNetworkOrder);
    link.payload = link.payload.subspan(4);
  }
  return link;
}

// A cooked header has the type and the sender's address somewhere, and no receiver.
Link read_cooked(Bytes packet, std::size_t size, std::size_t type_at, std::size_t address_at) {
  if (packet.size() < size) return {};
  Link link{{.source = packet.subspan(address_at, 8)}, packet.subspan(size)};
  link.flow.type = load16(packet, type_at, kNetworkOrder);
  return link;
}

// Nothing before the IP header, whose first four bits tell its version.
Link read_raw(Bytes packet) {
  if (packet.empty()) return {};
  const std::uint32_t version = byte_at(packet, 0) >> 4;
  return {{.type = version == 4 ? kIpv4 : version == 6 ? kIpv6 : 0}, packet};
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

void read_ports(Flow& flow, std::uint32_t protocol, Bytes payload) {
  if (protocol != kTcp && protocol != kUdp && protocol != kSctp) return;
  if (payload.size() < 4) return;
  flow.source_port = load16(payload, 0, kNetworkOrder);
  flow.destination_port = load16(payload, 2, kNetworkOrder);
}

void read_ipv4(Flow& flow, Bytes packet) {
  if (packet.size() < 20) return;
  const std::uint32_t protocol = byte_at(packet, 9);
  const bool fragment = (load16(packet, 6, kNetworkOrder) & 0x3fff) != 0;  // more to come, or not the first
  flow = {.type = flow.type | protocol << 16, .source = packet.subspan(12, 4), .destination = packet.subspan(16, 4)};
  if (!fragment) read_ports(flow, protocol, behind(packet, (byte_at(packet, 0) & 0xf) * 4));
}

void read_ipv6(Flow& flow, Bytes packet) {
  if (packet.size() < 40) return;
  std::uint32_t protocol = byte_at(packet, 6);
  Bytes payload = packet.subspan(40);
  bool fragment = false;
  while ((protocol == kHopByHop || protocol == kRouting || protocol == kDestination || protocol == kFragment) &&
         payload.size() >= 8) {
    fragment |= protocol == kFragment;
    const std::size_t length = protocol == kFragment ? 8 : (byte_at(payload, 1) + 1) * 8;
    protocol = byte_at(payload, 0);
    payload = behind(payload, length);
  }
  flow = {.type = flow.type | (fragment ? kFragment : protocol) << 16,
          .source = packet.subspan(8, 16),
          .destination = packet.subspan(24, 16)};
  if (!fragment) read_ports(flow, protocol, payload);
}

// Every bit of the result depends on every bit of x (the finaliser of MurmurHash3, by Austin Appleby).
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
  x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
  return x ^ x >> 33;
}

std::uint64_t hash_endpoint(Bytes address, std::uint16_t port) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const std::byte byte : address) hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  return mix(hash + port);
}

}  // namespace

std::uint64_t flow_hash(Bytes packet, std::uint32_t link_type) {
  auto [flow, payload] = read_link(packet, link_type);
  if (flow.type == kIpv4) read_ipv4(flow, payload);
  if (flow.type == kIpv6) read_ipv6(flow, payload);
  // A sum, so that it does not matter which end sends.
  return mix(hash_endpoint(flow.source, flow.source_port) + hash_endpoint(flow.destination, flow.destination_port) +
             flow.type);
}

}  // namespace packets
