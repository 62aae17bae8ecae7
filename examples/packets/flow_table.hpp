#pragma once
// Who talks to whom, and in which protocols.

#include <array>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "flow.hpp"

namespace packets {

struct Traffic {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  void add(std::size_t size) {
    ++packets;
    bytes += size;
  }
};

/// One flow, both directions together, as people read it.
struct FlowCount {
  std::string protocol;  ///< "TCP", "UDP", "ARP", "IPv4 protocol 47", "type 0x88cc"
  std::string a;         ///< "192.168.0.1:443", "[2001:db8::1]:443", "02:00:00:00:00:01"; empty: none is known
  std::string b;
  Traffic traffic;
};

/// Counts packets by flow and by protocol. At most 65,536 flows are told apart, so that traffic made to fill the memory
/// does not; packets of flows beyond those count as `others()`.
class FlowTable {
 public:
  static constexpr std::size_t kMostFlows = 65536;

  explicit FlowTable(std::size_t most_flows = kMostFlows) : most_flows_(most_flows) {}

  void add(Bytes packet, std::uint32_t link_type) { add(flow_of(packet, link_type), packet.size()); }
  /// A packet whose headers have been read.
  void add(const Flow& flow, std::size_t size);

  std::size_t flows() const { return flows_.size(); }
  Traffic others() const { return others_; }
  /// The `most` flows with the most bytes, greatest first; equal ones by name.
  std::vector<FlowCount> top(std::size_t most) const;
  /// By name, those that occurred: "ARP", "ICMP", "ICMPv6", "SCTP", "TCP", "UDP", "other IPv4", "other IPv6", "other".
  std::map<std::string, Traffic> protocols() const;

 private:
  struct Hash {
    std::size_t operator()(const Flow& flow) const { return static_cast<std::size_t>(hash_of(flow)); }
  };

  std::size_t most_flows_;
  absl::flat_hash_map<Flow, Traffic, Hash> flows_;
  Traffic others_;
  std::array<Traffic, 9> protocols_{};  // as they are named in flow_table.cpp
};

}  // namespace packets
