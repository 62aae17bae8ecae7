// refused: no member named .try_write.

#include <whorl/whorl.hpp>

#ifdef MISUSE
using Kind = whorl::Exclusive;
#else
using Kind = whorl::Shared;
#endif

bool write(whorl::ShardedRing<int, Kind>& ring) { return ring.try_write(0, 1); }
