// refused: (deleted function|implicitly.deleted|deleted constructor)

#include <utility>
#include <whorl/whorl.hpp>

using Lease = whorl::ShardedRing<int, whorl::Exclusive>::Lease;

#ifdef MISUSE
Lease second(Lease& lease) { return Lease(lease); }
#else
Lease second(Lease& lease) { return Lease(std::move(lease)); }
#endif
