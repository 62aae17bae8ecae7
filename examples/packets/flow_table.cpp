#include "flow_table.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <tuple>

namespace packets {
namespace {

enum Protocol : std::uint8_t { kIsArp, kIsIcmp, kIsIcmpv6, kIsSctp, kIsTcp, kIsUdp, kOtherIpv4, kOtherIpv6, kOther };
constexpr const char* kNames[] = {"ARP", "ICMP", "ICMPv6", "SCTP", "TCP", "UDP", "other IPv4", "other IPv6", "other"};

// A packet that ends within its IP header has no IP addresses.
bool is_ip(const Flow& flow) { return flow.b.size == 4 || flow.b.size == 16; }

Protocol protocol_of(const Flow& flow) {
  if (flow.type == kArp) return kIsArp;
  if (flow.type != kIpv4 && flow.type != kIpv6) return kOther;
  const bool six = flow.type == kIpv6;
  const Protocol other = six ? kOtherIpv6 : kOtherIpv4;
  if (!is_ip(flow)) return other;
  switch (flow.protocol) {
    case kIcmp:
      return six ? other : kIsIcmp;
    case kIcmpv6:
      return six ? kIsIcmpv6 : other;
    case kTcp:
      return kIsTcp;
    case kUdp:
      return kIsUdp;
    case kSctp:
      return kIsSctp;
    default:
      return other;
  }
}

std::string protocol_name(const Flow& flow) {
  const Protocol protocol = protocol_of(flow);
  if (protocol == kOtherIpv4 || protocol == kOtherIpv6) {
    const std::string version = protocol == kOtherIpv4 ? "IPv4" : "IPv6";
    if (!is_ip(flow)) return version + ", cut short";
    if (protocol == kOtherIpv6 && flow.protocol == kFragment) return version + " fragments";
    return version + " protocol " + std::to_string(flow.protocol);
  }
  if (protocol != kOther) return kNames[protocol];
  if (flow.type == 0) return "unknown";
  if (flow.type == kLlc) return "LLC";
  char text[12];
  std::snprintf(text, sizeof text, "type 0x%04x", flow.type);
  return text;
}

// The last `size` bytes of the address as a number of 16 bytes.
std::array<unsigned char, 16> address_bytes(const Endpoint& end) {
  std::array<unsigned char, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<unsigned char>(end.high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<unsigned char>(end.low >> (56 - 8 * i));
  }
  return bytes;
}

std::string ip_name(const Endpoint& end, bool with_port) {
  const std::array<unsigned char, 16> bytes = address_bytes(end);
  char text[INET6_ADDRSTRLEN];
  ::inet_ntop(end.size == 4 ? AF_INET : AF_INET6, &bytes[16u - end.size], text, sizeof text);
  if (!with_port) return text;
  return (end.size == 16 ? '[' + std::string(text) + ']' : std::string(text)) + ':' + std::to_string(end.port);
}

std::string link_name(const Endpoint& end) {
  const std::array<unsigned char, 16> bytes = address_bytes(end);
  std::string name;
  for (std::size_t i = 16u - end.size; i < 16; ++i) {
    char text[4];
    std::snprintf(text, sizeof text, ":%02x", bytes[i]);
    name += name.empty() ? text + 1 : text;
  }
  return name;
}

FlowCount named(const Flow& flow, const Traffic& traffic) {
  const bool with_ports = flow.a.port != 0 || flow.b.port != 0;
  const auto name = [&](const Endpoint& end) { return is_ip(flow) ? ip_name(end, with_ports) : link_name(end); };
  return {protocol_name(flow), name(flow.a), name(flow.b), traffic};
}

bool goes_before(const FlowCount& x, const FlowCount& y) {
  if (x.traffic.bytes != y.traffic.bytes) return x.traffic.bytes > y.traffic.bytes;
  return std::tie(x.protocol, x.a, x.b) < std::tie(y.protocol, y.a, y.b);
}

}  // namespace

void FlowTable::add(const Flow& flow, std::size_t size) {
  protocols_[protocol_of(flow)].add(size);
  if (flows_.size() < most_flows_) {
    flows_[flow].add(size);
  } else if (const auto known = flows_.find(flow); known != flows_.end()) {
    known->second.add(size);
  } else {
    others_.add(size);
  }
}

// To name a flow takes far longer than to compare two: only those that can be among the first are named.
std::vector<FlowCount> FlowTable::top(std::size_t most) const {
  most = std::min(most, flows_.size());
  if (most == 0) return {};
  std::vector<std::uint64_t> sizes;
  for (const auto& [flow, traffic] : flows_) sizes.push_back(traffic.bytes);
  const auto last = sizes.begin() + static_cast<std::ptrdiff_t>(most - 1);
  std::ranges::nth_element(sizes, last, std::greater<>());
  std::vector<FlowCount> counts;
  for (const auto& [flow, traffic] : flows_) {
    if (traffic.bytes >= *last) counts.push_back(named(flow, traffic));
  }
  std::ranges::sort(counts, goes_before);
  counts.resize(most);
  return counts;
}

std::map<std::string, Traffic> FlowTable::protocols() const {
  static_assert(std::size(kNames) == std::tuple_size_v<decltype(protocols_)>);
  std::map<std::string, Traffic> protocols;
  for (std::size_t i = 0; i < protocols_.size(); ++i) {
    if (protocols_[i].packets != 0) protocols.emplace(kNames[i], protocols_[i]);
  }
  return protocols;
}

}  // namespace packets
