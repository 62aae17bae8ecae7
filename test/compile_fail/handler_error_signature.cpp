// refused: whorl: a handler's on_error takes an std::exception_ptr

#include <whorl/whorl.hpp>

struct Handler {
  void operator()(int&) {}
#ifdef MISUSE
  void on_error(const std::exception_ptr&, int*, whorl::SequenceNumber) noexcept {}
#else
  whorl::ErrorAction on_error(const std::exception_ptr&, int*, whorl::SequenceNumber) noexcept {
    return whorl::ErrorAction::skip;
  }
#endif
};

void run(whorl::RingBuffer<int>& ring) { whorl::BatchEventProcessor(ring, {}, Handler{}).run(); }
