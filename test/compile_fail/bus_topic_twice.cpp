// refused: a bus has each topic once

#include <whorl/bus/event_bus.hpp>

#ifdef MISUSE
using Other = int;
#else
using Other = long;
#endif
using Bus = whorl::EventBus<whorl::Topics<int, Other>>;

void make() { Bus bus({.capacity = 8}); }
