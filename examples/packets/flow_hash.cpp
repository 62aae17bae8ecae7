#include "flow_hash.hpp"

#include "flow.hpp"

namespace packets {

std::uint64_t flow_hash(Bytes packet, std::uint32_t link_type) { return hash_of(flow_of(packet, link_type)); }

}  // namespace packets
