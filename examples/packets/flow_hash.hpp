#pragma once
// Which flow a packet belongs to, as a network card reckons it to choose a receive queue.

#include "bytes.hpp"

namespace packets {

/// The same for both directions of a flow: TCP, UDP and SCTP over IPv4 or IPv6 by addresses and ports, other IP by
/// addresses and protocol, the fragments of a datagram all alike by addresses and protocol, anything else by type and
/// link-layer addresses. Any bytes are legal, and any cut of a packet. The low bits are as good as the high ones.
std::uint64_t flow_hash(Bytes packet, std::uint32_t link_type);

}  // namespace packets
