// refused: whorl: an element is an object: store a pointer or a std::reference_wrapper

#include <functional>
#include <whorl/whorl.hpp>

#ifdef MISUSE
using Element = int&;
#else
using Element = std::reference_wrapper<int>;
#endif

std::size_t size(const whorl::ShardedRing<Element>& ring) { return ring.size_approx(); }
