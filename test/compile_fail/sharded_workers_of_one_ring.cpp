// refused: constraint

#include <cstddef>
#include <whorl/whorl.hpp>

#ifdef MISUSE
using Kind = whorl::Multi;
#else
using Kind = whorl::Sharded<whorl::Shared>;
#endif

void build(whorl::Disruptor<int, Kind>& d) {
  d.handle_divided(2, [](std::size_t) { return [](int&) {}; });
}
