// refused: no member named .lease.

#include <whorl/whorl.hpp>

#ifdef MISUSE
using Kind = whorl::Shared;
#else
using Kind = whorl::Exclusive;
#endif

bool any(whorl::ShardedRing<int, Kind>& ring) { return ring.lease().has_value(); }
