// refused: deleted function|deleted (copy )?constructor

#include <whorl/whorl.hpp>

using Ring = whorl::ShardedRing<int>;

#ifdef MISUSE
Ring copy(const Ring& ring) { return ring; }
#else
const Ring& copy(const Ring& ring) { return ring; }
#endif
