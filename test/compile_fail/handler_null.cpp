// refused: constraint

#include <cstddef>
#include <utility>
#include <whorl/whorl.hpp>

using Ring = whorl::RingBuffer<int>;

#ifdef MISUSE
using Handler = std::nullptr_t;
#else
using Handler = void (*)(int&);
#endif

void make(Ring& ring, Handler handler) { whorl::BatchEventProcessor<Ring, Handler> processor(ring, {}, handler); }
