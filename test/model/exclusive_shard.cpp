// Models of a shard that one producer has for itself, in both layouts.

#include "traffic.hpp"

namespace {

template <class Layout>
class Models {
  using Shard = whorl::RingShard<Element, whorl::Exclusive, Layout>;

 public:
  Models(model::Suite& suite, const char* layout) : suite_(suite), layout_(layout) {}

  void explore_all() {
    explore({.capacity = 1, .items = 3});
    explore({.capacity = 2, .items = 4});
    explore({.capacity = 4, .items = 5});
    explore({.capacity = 4, .items = 6, .patient = false, .read_most = 1});
    explore({.capacity = 2, .items = 5, .batch = 2});
    explore({.capacity = 4, .items = 6, .batch = 3});
    explore({.capacity = 1, .items = 3, .first = kAcrossTheSign});
    explore({.capacity = 1, .items = 3, .first = kAcrossTheEnd});
    explore({.capacity = 2, .items = 4, .first = kAcrossTheSign});
    explore({.capacity = 2, .items = 4, .first = kAcrossTheEnd});
    explore({.capacity = 4, .items = 6, .batch = 3, .first = kAcrossTheEnd});
    // Room goes back two items at a time here: the reader must not keep the odd one.
    explore({.capacity = 16, .items = 3, .prefilled = 15, .read_most = 3});
    explore({.capacity = 16, .items = 2, .prefilled = 16, .read_most = 1});
    for (const std::size_t capacity : {1u, 2u, 16u}) {
      suite_.check("exclusive, " + layout_ + ": room is back, capacity " + std::to_string(capacity),
                   model::scenario<RoomIsBack<Shard>>(capacity));
    }
  }

 private:
  void explore(const Plan& plan) {
    suite_.check("exclusive, " + layout_ + ": " + plan.text(), model::scenario<Traffic<Shard>>(plan));
  }

  model::Suite& suite_;
  std::string layout_;
};

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  Models<whorl::Inline>(suite, "inline").explore_all();
  Models<whorl::Dense>(suite, "dense").explore_all();
  return suite.finish();
}
