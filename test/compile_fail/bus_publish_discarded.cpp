// refused: nodiscard|unused-result
// with: -Werror=unused-result -Werror=unused-value

#include <whorl/bus/event_bus.hpp>

struct Order {};
using Bus = whorl::EventBus<whorl::Topics<Order>>;

void publish(Bus::Publisher& publisher) {
#ifdef MISUSE
  publisher.publish(Order{});
#else
  (void)publisher.publish(Order{});
#endif
}
