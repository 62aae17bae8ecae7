#include "../producer.hpp"

#include <doctest/doctest.h>

#include <functional>

namespace {

using namespace packets;

// The packets of a plan: before each one, something may happen.
class Script : public Feed {
 public:
  struct Step {
    std::uint64_t order;
    std::function<void()> before = [] {};
  };
  explicit Script(std::vector<Step> steps) : steps_(std::move(steps)) {}

  bool next() override {
    if (at_ == steps_.size()) return false;
    steps_[at_].before();
    ++at_;
    return true;
  }
  void fill(Frame& frame) override { frame.order = steps_[at_ - 1].order; }

 private:
  std::vector<Step> steps_;
  std::size_t at_ = 0;
};

// One producer that drops what is old, and a consumer that reads when it is told to.
struct Stage {
  Stage(std::size_t capacity, std::size_t frames) : ring(capacity, 1), frames_(frames) {
    options.full = WhenFull::drop_old;
    options.producers = 1;
    options.shards = 1;
    options.capacity = capacity;
    options.policy = {.wait = whorl::WriteWait::none, .max_retries = 1, .max_backoffs = 1};
  }

  void run(std::vector<Script::Step> steps) {
    producer.emplace_back(ring, options, 0u, std::make_unique<Script>(std::move(steps)), frames_, 0u);
    producer[0].run();
  }
  void read(std::size_t most = 1000) {
    ring.try_consume(
        [this](Frame*& carrier) {
          if (carrier == &somebody_elses) return;
          Frame* const frame = carrier->passenger.exchange(nullptr);
          if (frame != carrier) producer[0].pool().give_back(carrier);
          delivered.push_back(frame->order);
          producer[0].pool().give_back(frame);
        },
        most);
  }
  // Nothing has been lost, or used twice.
  void check() {
    read();
    CHECK(producer[0].read() == delivered.size() + producer[0].dropped());
    CHECK(producer[0].pool().missing() == 0);
  }

  Options options;
  Ring ring;
  std::deque<Producer> producer;
  Frame somebody_elses;
  std::vector<std::uint64_t> delivered;

 private:
  const std::size_t frames_;
};

}  // namespace

TEST_CASE("Producer: drop-old keeps the newest packets") {
  Stage stage(4, 20);
  std::vector<Script::Step> steps;
  for (std::uint64_t order = 0; order < 11; ++order) steps.push_back({order});
  stage.run(std::move(steps));
  stage.check();
  std::ranges::sort(stage.delivered);
  CHECK(stage.delivered == std::vector<std::uint64_t>{7, 8, 9, 10});
  CHECK(stage.producer[0].dropped_old() == 7);
}

TEST_CASE("Producer: places that were read are not taken, and the oldest of the others is") {
  Stage stage(4, 20);
  std::vector<Script::Step> steps;
  for (std::uint64_t order = 0; order < 4; ++order) steps.push_back({order});
  steps.push_back({4, [&] { stage.read(2); }});  // 0 and 1
  steps.push_back({5});
  steps.push_back({6});  // takes the place of 2
  stage.run(std::move(steps));
  stage.check();
  std::ranges::sort(stage.delivered);
  CHECK(stage.delivered == std::vector<std::uint64_t>{0, 1, 3, 4, 5, 6});
}

TEST_CASE("Producer: a frame that came back and is used again, for the same order even, is another packet") {
  // The frame of the first packet is read, given back, and used for its repeat, while another producer has the only slot.
  Stage stage(1, 1);
  stage.run({{7}, {7, [&] {
                     stage.read();
                     REQUIRE(stage.ring.try_write(0, &stage.somebody_elses));
                   }}});
  CHECK(stage.producer[0].dropped_old() == 0);
  CHECK(stage.producer[0].dropped_full() == 1);
  stage.check();
  CHECK(stage.delivered == std::vector<std::uint64_t>{7});
}

TEST_CASE("Producer: a closed ring ends every wait, and what was in hand counts as dropped") {
  for (const WhenFull full : {WhenFull::block, WhenFull::drop_new, WhenFull::drop_old}) {
    Stage stage(1, 2);
    stage.options.full = full;
    stage.options.policy = {};
    stage.ring.close();
    stage.run({{0}, {1}, {2}});
    CHECK(stage.producer[0].dropped_full() == 3);
    stage.check();
  }
}
