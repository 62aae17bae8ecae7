// refused: whorl: where there are shards a handler takes

#include <whorl/whorl.hpp>

struct Handler {
#ifdef MISUSE
  void operator()(int&, const whorl::EventContext&) {}
#else
  void operator()(int&, const auto&) {}
#endif
};

void build(whorl::Disruptor<int, whorl::Sharded<whorl::Exclusive>>& d) { d.handle(Handler{}); }
