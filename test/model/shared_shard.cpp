// Models of a shard that producers share.

#include "traffic.hpp"

namespace {

using Shard = whorl::RingShard<Element, whorl::Shared>;

model::MakeScenario traffic(const Plan& plan) { return model::scenario<Traffic<Shard>>(plan); }

void explore(model::Suite& suite, const Plan& plan) { suite.check("shared: " + plan.text(), traffic(plan)); }
void sample(model::Suite& suite, const Plan& plan) { suite.sample("shared: " + plan.text(), traffic(plan)); }

void two_threads(model::Suite& suite) {
  explore(suite, {.capacity = 1, .items = 3});
  explore(suite, {.capacity = 2, .items = 4});
  explore(suite, {.capacity = 4, .items = 3, .patient = false, .read_most = 1});
  explore(suite, {.capacity = 1, .items = 3, .first = kAcrossTheSign});
  explore(suite, {.capacity = 1, .items = 3, .first = kAcrossTheEnd});
  explore(suite, {.capacity = 2, .items = 4, .first = kAcrossTheSign});
  explore(suite, {.capacity = 2, .items = 4, .first = kAcrossTheEnd});
  explore(suite, {.capacity = 2, .items = 4, .batch = 2});
  explore(suite, {.capacity = 4, .items = 6, .batch = 3, .patient = false});
  explore(suite, {.capacity = 1, .producers = 2, .items = 2, .patient = false, .concurrent_reader = false});
  explore(suite, {.capacity = 2, .producers = 2, .items = 2, .patient = false, .concurrent_reader = false});
  explore(suite, {.capacity = 4, .producers = 2, .items = 4, .batch = 2, .patient = false, .concurrent_reader = false});
  for (const std::size_t capacity : {1u, 2u, 16u}) {
    suite.check("shared: room is back, capacity " + std::to_string(capacity),
                model::scenario<RoomIsBack<Shard>>(capacity));
  }
}

void three_threads(model::Suite& suite) {
  explore(suite, {.capacity = 1, .producers = 2, .items = 1});
  explore(suite, {.capacity = 2, .producers = 2, .items = 1});
  explore(suite, {.capacity = 1, .producers = 2, .items = 2, .patient = false, .read_most = 1});
  explore(suite, {.capacity = 2, .producers = 2, .items = 2, .patient = false, .read_most = 1});
  explore(suite, {.capacity = 1, .producers = 2, .items = 2, .patient = false, .first = kAcrossTheSign});
  explore(suite, {.capacity = 1, .producers = 2, .items = 2, .patient = false, .first = kAcrossTheEnd});
  explore(suite, {.capacity = 2, .producers = 2, .items = 2, .patient = false, .first = kAcrossTheSign});
  explore(suite, {.capacity = 2, .producers = 2, .items = 2, .patient = false, .first = kAcrossTheEnd});
  explore(suite, {.capacity = 2, .producers = 2, .items = 2, .batch = 2});
  explore(suite, {.capacity = 2, .producers = 2, .items = 2});
  sample(suite, {.capacity = 1, .producers = 2, .items = 2});
  sample(suite, {.capacity = 2, .producers = 2, .items = 3, .first = kAcrossTheEnd});
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  two_threads(suite);
  three_threads(suite);
  return suite.finish();
}
