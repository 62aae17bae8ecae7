// refused: a subscriber is called with each of its topics

#include <whorl/bus/event_bus.hpp>

struct Order {};
struct Fill {};
using Bus = whorl::EventBus<whorl::Topics<Order, Fill>>;

struct Subscriber {
  void operator()(const Order&) {}
#ifndef MISUSE
  void operator()(const Fill&) {}
#endif
};

void subscribe(Bus& bus) { bus.subscribe<Order, Fill>(Subscriber{}); }
