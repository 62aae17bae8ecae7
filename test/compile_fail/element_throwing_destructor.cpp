// refused: whorl: an element's destructor must not throw

#include <whorl/whorl.hpp>

#ifdef MISUSE
constexpr bool kNever = false;
#else
constexpr bool kNever = true;
#endif

struct Element {
  Element(Element&&) noexcept;
  ~Element() noexcept(kNever);
};

std::size_t size(const whorl::ShardedRing<Element>& ring) { return ring.size_approx(); }
