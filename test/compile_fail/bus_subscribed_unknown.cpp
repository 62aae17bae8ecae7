// refused: what is subscribed to is a topic of the bus

#include <whorl/bus/event_bus.hpp>

struct Order {};
struct Fill {};
using Bus = whorl::EventBus<whorl::Topics<Order, Fill>>;

#ifdef MISUSE
using Topic = int;
#else
using Topic = Fill;
#endif

void subscribe(Bus& bus) {
  bus.subscribe<Topic>([](const auto&) {});
}
