// refused: a LossyConsumer's feed counts the sequences of one ring

#include <whorl/whorl.hpp>

#ifdef MISUSE
using Kind = whorl::Sharded<whorl::Shared>;
#else
using Kind = whorl::Multi;
#endif

void build(whorl::Disruptor<int, Kind>& d, whorl::LossyConsumer<int>& screen) { d.handle(screen.feed()); }
