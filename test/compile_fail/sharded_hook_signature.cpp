// refused: whorl: where there are shards, a handler's on_timeout takes nothing, and is public

#include <whorl/whorl.hpp>

struct Handler {
  void operator()(int&) {}
#ifdef MISUSE
  void on_timeout(whorl::SequenceNumber) {}
#else
  void on_timeout() {}
#endif
};

void build(whorl::Disruptor<int, whorl::Sharded<whorl::Exclusive>>& d) { d.handle(whorl::rewinding(Handler{})); }
