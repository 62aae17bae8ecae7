// refused: an event of this topic does not fit: store something smaller

#include <array>
#include <cstdint>
#include <whorl/bus/event_bus.hpp>

struct Snapshot {
#ifdef MISUSE
  std::array<std::uint64_t, 7> words;
#else
  std::array<std::uint64_t, 6> words;
#endif
};

using Bus = whorl::EventBus<whorl::Topics<int, Snapshot>>;

void make() { Bus bus({.capacity = 8}); }
