// refused: no member named .try_write_some.

#include <span>
#include <whorl/whorl.hpp>

#ifdef MISUSE
using Kind = whorl::Exclusive;
#else
using Kind = whorl::Shared;
#endif

std::size_t write(whorl::ShardedRing<int, Kind>& ring, std::span<int> values) { return ring.try_write_some(0, values); }
