// refused: no member named .write.

#include <whorl/whorl.hpp>

#ifdef MISUSE
using Kind = whorl::Exclusive;
#else
using Kind = whorl::Shared;
#endif

whorl::WriteResult write(whorl::ShardedRing<int, Kind>& ring) { return ring.write(0, 1); }
