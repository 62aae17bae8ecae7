// Models of a shard that belongs to its first producer until a second one comes.

#include "traffic.hpp"

namespace {

using Shard = whorl::RingShard<Element, whorl::Biased>;

void explore(model::Suite& suite, const Plan& plan) {
  suite.check("biased: " + plan.text(), model::scenario<Traffic<Shard>>(plan));
}
void sample(model::Suite& suite, const Plan& plan) {
  suite.sample("biased: " + plan.text(), model::scenario<Traffic<Shard>>(plan));
}
void explore_shared_from_the_start(model::Suite& suite, const Plan& plan) {
  suite.check("biased, without membarrier: " + plan.text(),
              model::without_membarrier(model::scenario<Traffic<Shard>>(plan)));
}

// Whoever comes first is the owner, the other one the stranger.
void owner_and_stranger(model::Suite& suite) {
  for (const std::size_t items : {1u, 2u, 3u}) {
    explore(suite, {.capacity = 8, .producers = 2, .items = items, .patient = false, .concurrent_reader = false});
  }
  explore(suite, {.capacity = 2, .producers = 2, .items = 2, .patient = false, .concurrent_reader = false});
  explore(suite, {.capacity = 1, .producers = 2, .items = 2, .patient = false, .concurrent_reader = false});
  explore(suite, {.capacity = 4, .producers = 2, .items = 4, .batch = 2, .patient = false, .concurrent_reader = false});
  explore(suite, {.capacity = 4,
                  .producers = 2,
                  .items = 2,
                  .patient = false,
                  .concurrent_reader = false,
                  .first = kAcrossTheSign});
  explore(suite, {.capacity = 4,
                  .producers = 2,
                  .items = 2,
                  .patient = false,
                  .concurrent_reader = false,
                  .first = kAcrossTheEnd});
}

// The owner was here before, and is not seen again.
void strangers(model::Suite& suite) {
  explore(suite, {.capacity = 2, .producers = 1, .items = 2, .prefilled = 1});
  explore(suite,
          {.capacity = 4, .producers = 2, .items = 1, .prefilled = 2, .patient = false, .concurrent_reader = false});
}

void with_a_reader(model::Suite& suite) {
  explore(suite, {.capacity = 1, .items = 3});
  explore(suite, {.capacity = 2, .items = 4, .batch = 2});
  explore(suite, {.capacity = 2, .items = 4, .first = kAcrossTheEnd});
  explore(suite, {.capacity = 2, .producers = 2, .items = 1});
  explore(suite, {.capacity = 1, .producers = 2, .items = 1});
  sample(suite, {.capacity = 2, .producers = 2, .items = 2});
  sample(suite, {.capacity = 1, .producers = 2, .items = 2, .first = kAcrossTheEnd});
  for (const std::size_t capacity : {1u, 16u}) {
    suite.check("biased: room is back, capacity " + std::to_string(capacity),
                model::scenario<RoomIsBack<Shard>>(capacity));
  }
}

void several_strangers(model::Suite& suite) {
  explore(suite, {.capacity = 4, .producers = 3, .items = 1, .patient = false, .concurrent_reader = false});
  sample(suite, {.capacity = 8, .producers = 3, .items = 2, .patient = false, .concurrent_reader = false});
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  owner_and_stranger(suite);
  strangers(suite);
  with_a_reader(suite);
  several_strangers(suite);
  explore_shared_from_the_start(
      suite, {.capacity = 2, .producers = 2, .items = 2, .patient = false, .concurrent_reader = false});
  return suite.finish();
}
