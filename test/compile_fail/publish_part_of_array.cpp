// refused: no matching (member )?function

#include <span>
#include <whorl/whorl.hpp>

void publish(whorl::RingBuffer<int>& ring, std::span<const int> values, std::size_t start, std::size_t count) {
#ifdef MISUSE
  (void)ring.publish_events([](int& event, int value) { event = value; }, start, count, values);
#else
  const std::span<const int> part = values.subspan(start, count);
  (void)ring.publish_events(part.size(), [next = part.begin()](int& event) mutable { event = *next++; });
#endif
}
