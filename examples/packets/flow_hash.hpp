#pragma once
// Which flow a packet belongs to, as a network card reckons it to choose a receive queue.

#include "bytes.hpp"

namespace packets {

/// The same for all packets of a flow (see flow_of()), both directions. The low bits are as good as the high ones.
std::uint64_t flow_hash(Bytes packet, std::uint32_t link_type);

}  // namespace packets
