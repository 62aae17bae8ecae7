// refused: whorl: Shared is what a shard can be: Disruptor<E, Sharded<Shared>>

#include <whorl/whorl.hpp>

#ifdef MISUSE
using Kind = whorl::Shared;
#else
using Kind = whorl::Sharded<whorl::Shared>;
#endif

void build(whorl::Disruptor<int, Kind>& d) {
  d.handle([](int&) {});
}
