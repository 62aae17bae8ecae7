// refused: a cursor publishes in order, which producers that share a claim do not: use stamped cells

#include <whorl/whorl.hpp>

#ifdef MISUSE
using Layout = whorl::Dense;
#else
using Layout = whorl::Inline;
#endif

whorl::ShardedRing<int, whorl::Biased, Layout> ring(4, 1);
