// refused: (deleted function|implicitly.deleted|deleted constructor)

#include <utility>
#include <whorl/whorl.hpp>

using Range = whorl::ShardedRing<int>::Range;

#ifdef MISUSE
Range second(Range& range) { return Range(range); }
#else
Range second(Range& range) { return Range(std::move(range)); }
#endif
