// refused: a subscriber's on_batch_end takes a SequenceNumber

#include <whorl/bus/event_bus.hpp>
#include <whorl/disruptor/aggregate.hpp>

struct Order {};
using Bus = whorl::EventBus<whorl::Topics<Order>>;

struct Held {
  void operator()(const Order&) {}
#ifdef MISUSE
  void on_batch_end() {}
#else
  void on_batch_end(whorl::SequenceNumber) {}
#endif
};

void subscribe(Bus& bus) { bus.subscribe(whorl::aggregate(Held{})); }
