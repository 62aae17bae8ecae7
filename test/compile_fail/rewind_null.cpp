// refused: constraint

#include <cstddef>
#include <whorl/whorl.hpp>

#ifdef MISUSE
using Policy = std::nullptr_t;
#else
using Policy = whorl::RewindAlways;
#endif

void make(whorl::Disruptor<int>& d, Policy policy) {
  d.handle(whorl::rewinding([](int&) {}, policy));
}
