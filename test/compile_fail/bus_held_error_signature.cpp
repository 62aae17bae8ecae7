// refused: on an EventBus: its Stored

#include <exception>
#include <whorl/bus/event_bus.hpp>
#include <whorl/disruptor/aggregate.hpp>

struct Order {};
using Bus = whorl::EventBus<whorl::Topics<Order>>;

struct Held {
  void operator()(const Order&) {}
#ifdef MISUSE
  using Event = Order;  // would never be asked
#else
  using Event = Bus::Stored;
#endif
  whorl::ErrorAction on_error(const std::exception_ptr&, Event*, whorl::SequenceNumber) noexcept {
    return whorl::ErrorAction::skip;
  }
};

void subscribe(Bus& bus) { bus.subscribe(whorl::aggregate(Held{})); }
