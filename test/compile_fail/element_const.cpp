// refused: whorl: an element is moved out of the ring: drop const and volatile

#include <whorl/whorl.hpp>

#ifdef MISUSE
using Element = const int;
#else
using Element = int;
#endif

std::size_t size(const whorl::ShardedRing<Element>& ring) { return ring.size_approx(); }
