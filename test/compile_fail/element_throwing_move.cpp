// refused: whorl: an element must move without throwing \(noexcept move constructor\), or be held by pointer

#include <whorl/whorl.hpp>

#ifdef MISUSE
constexpr bool kNever = false;
#else
constexpr bool kNever = true;
#endif

struct Element {
  Element(Element&&) noexcept(kNever);
};

std::size_t size(const whorl::ShardedRing<Element>& ring) { return ring.size_approx(); }
