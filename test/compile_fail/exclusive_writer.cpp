// refused: no member named .writer.

#include <whorl/whorl.hpp>

#ifdef MISUSE
using Kind = whorl::Exclusive;
#else
using Kind = whorl::Biased;
#endif

bool write(whorl::ShardedRing<int, Kind>& ring) { return ring.writer(0).try_write(1); }
