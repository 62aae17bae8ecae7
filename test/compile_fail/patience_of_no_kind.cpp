// refused: constraints not satisfied|no matching (member )?function

#include <whorl/whorl.hpp>

#ifdef MISUSE
constexpr int kPatience = 5;
#else
constexpr whorl::YieldingWait kPatience;
#endif

whorl::WriteResult write(whorl::ShardedRing<int>& ring) { return ring.write(0, 1, kPatience); }
