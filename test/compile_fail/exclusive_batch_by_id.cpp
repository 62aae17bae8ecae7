// refused: constraints not satisfied|no matching (member )?function

#include <span>
#include <whorl/whorl.hpp>

#ifdef MISUSE
using Kind = whorl::Exclusive;
#else
using Kind = whorl::Shared;
#endif

std::size_t write(whorl::ShardedRing<int, Kind>& ring, std::span<int> values) { return ring.try_write_some(0, values); }
