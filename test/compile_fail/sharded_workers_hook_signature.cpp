// refused: whorl: where there are shards, a handler's on_error takes

#include <cstddef>
#include <exception>
#include <functional>
#include <whorl/whorl.hpp>

struct Handler {
  void operator()(int&) {}
#ifdef MISUSE
  whorl::ErrorAction on_error(const std::exception_ptr&, int*, const char*) { return whorl::ErrorAction::skip; }
#else
  whorl::ErrorAction on_error(const std::exception_ptr&, int*, whorl::ShardPlace) { return whorl::ErrorAction::skip; }
#endif
};

// A hook that cannot be called is not passed over, also where the handler stays where it is.
void build(whorl::Disruptor<int, whorl::Sharded<whorl::Exclusive>>& d, Handler* workers) {
  d.handle_divided(2, [=](std::size_t i) { return std::ref(workers[i]); });
}
