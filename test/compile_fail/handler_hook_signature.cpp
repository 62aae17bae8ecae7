// refused: whorl: a handler's on_timeout takes a SequenceNumber, and is public

#include <whorl/whorl.hpp>

struct Handler {
  void operator()(int&) {}
#ifdef MISUSE
  void on_timeout() {}
#else
  void on_timeout(whorl::SequenceNumber) {}
#endif
  void on_start() {}
};

void run(whorl::RingBuffer<int>& ring) { whorl::BatchEventProcessor(ring, {}, Handler{}).run(); }
