// refused: what is published is an event of one of the topics of its bus

#include <whorl/bus/event_bus.hpp>

struct Order {};
struct Fill {};
using Bus = whorl::EventBus<whorl::Topics<Order, Fill>>;

#ifdef MISUSE
using Event = int;
#else
using Event = Fill;
#endif

bool publish(Bus::Publisher& publisher) { return publisher.publish(Event{}) == whorl::PublishResult::ok; }
