// refused: an event of this topic does not fit: store something smaller

#include <array>
#include <whorl/bus/event_bus.hpp>

struct Frame {
#ifdef MISUSE
  std::array<char, 1515> bytes;
#else
  std::array<char, 1514> bytes;
#endif
};

using Bus = whorl::EventBus<whorl::TopicsUpTo<1514, int, Frame>>;

void make() { Bus bus({.capacity = 8}); }
