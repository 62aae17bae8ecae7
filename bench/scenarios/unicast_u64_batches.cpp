// unicast_u64_b16, _b64, _b256, _b2000: one producer, one consumer, batches of 8-byte items.
//
//     +----------+   push_some(b x u64)   +--------------+   take up to b, at least 64    +----------+
//     | producer | ---------------------> | 65,536 items | ----------------------------> | consumer |
//     |  CPU 2   |                        +--------------+                               |  CPU 1   |
//     +----------+                                                                       +----------+
//
// The producer fills an array of its own with the next b items and offers it; what finds no room it offers again after
// backing off (pauses, then yields). Where a library has no call for several items it pushes them one by one, and the row
// says so. A consumer that finds nothing backs off likewise.

#include <array>

#include "unicast.hpp"

namespace bench {

Listing unicast_u64_batches() {
  Listing listing;
  for (const std::size_t batch : std::to_array<std::size_t>({16, 64, 256, 2000})) {
    const std::string id = "unicast_u64_b" + std::to_string(batch);
    listing.push_back({id, [=] { return unicast_batch<std::uint64_t, 65536>(id, "8-byte", batch); }});
  }
  return listing;
}

}  // namespace bench
