// refused: whorl: Exclusive is what a shard can be: Disruptor<E, Sharded<Exclusive>>

#include <whorl/whorl.hpp>

#ifdef MISUSE
using Kind = whorl::Exclusive;
#else
using Kind = whorl::Sharded<whorl::Exclusive>;
#endif

void build(whorl::Disruptor<int, Kind>& d) {
  d.handle([](int&) {});
}
