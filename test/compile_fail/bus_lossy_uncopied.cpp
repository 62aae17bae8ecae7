// refused: a lossy subscriber is fed by copy

#include <memory>
#include <whorl/bus/event_bus.hpp>

#ifdef MISUSE
using Event = std::unique_ptr<int>;
#else
using Event = std::shared_ptr<int>;
#endif

void make() { whorl::LossySubscriber<int, Event> screen(8); }
