// refused: whorl: a cursor publishes in order, which producers that share a claim do not: use stamped cells

#include <whorl/whorl.hpp>

#ifdef MISUSE
using Kind = whorl::Shared;
#else
using Kind = whorl::Exclusive;
#endif

std::size_t size(const whorl::ShardedRing<int, Kind, whorl::Dense>& ring) { return ring.size_approx(); }
