#pragma once
// Who sends to whom: what a packet's headers say, in a form of fixed size.

#include <compare>

#include "bytes.hpp"

namespace packets {

// What a frame carries (its EtherType).
inline constexpr std::uint16_t kLlc = 0x0004;  // as Linux has it: the frame has a length there, and no type
inline constexpr std::uint16_t kIpv4 = 0x0800;
inline constexpr std::uint16_t kArp = 0x0806;
inline constexpr std::uint16_t kIpv6 = 0x86dd;

// What an IP packet carries.
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kFragment = 44;  // of IPv6; those of IPv4 have the protocol of their datagram
inline constexpr std::uint8_t kIcmpv6 = 58;
inline constexpr std::uint8_t kSctp = 132;

/// One end of a flow. The address is a number of `size` bytes: 4 or 16 of IP, 6 or 8 of the link layer, 0: none is known.
struct Endpoint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint16_t port = 0;  ///< 0: it has none
  std::uint8_t size = 0;

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// The same for both directions, a <= b. What a packet does not have, or was cut before, is 0.
struct Flow {
  Endpoint a = {};
  Endpoint b = {};
  std::uint16_t type = 0;     ///< what the frame carries; 0: its link layer is not understood
  std::uint8_t protocol = 0;  ///< what the IP packet carries, where the ends have IP addresses

  friend bool operator==(const Flow&, const Flow&) = default;
};

/// TCP, UDP and SCTP over IPv4 or IPv6 by addresses and ports, other IP by addresses and protocol, the fragments of a
/// datagram all alike by addresses and protocol, anything else by type and link-layer addresses. Any bytes are legal,
/// and any cut of a packet.
Flow flow_of(Bytes packet, std::uint32_t link_type);

/// The low bits are as good as the high ones.
std::uint64_t hash_of(const Flow& flow);

}  // namespace packets
