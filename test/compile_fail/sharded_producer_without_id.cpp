// refused: whorl: a producer of Shared shards has an id, whose low bits choose the shard

#include <whorl/whorl.hpp>

#ifdef MISUSE
using Kind = whorl::Sharded<whorl::Shared>;
#else
using Kind = whorl::Multi;
#endif

void begin(whorl::Disruptor<int, Kind>& d) { auto producer = d.producer(); }
