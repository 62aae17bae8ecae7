// refused: say which topics a bus has

#include <whorl/bus/event_bus.hpp>

struct Order {};
#ifdef MISUSE
using Topics = Order;
#else
using Topics = whorl::Topics<Order>;
#endif

void make() { whorl::EventBus<Topics> bus({.capacity = 8}); }
