// Models of a consumer that stops looking at idle shards: an item is never where it neither looks nor will be called.

#include <string>
#include <whorl/ring/ring_shard.hpp>
#include <whorl/ring/sweep.hpp>

#include "model.hpp"

namespace {

constexpr std::size_t kShards = 2;

/// Two shards and a consumer that stops looking wherever a sweep found nothing.
template <class Kind>
class Restless : public model::Scenario {
 protected:
  using Shard = whorl::RingShard<int, Kind>;

  std::size_t sweep(std::size_t most) {
    const auto use = [&](int item) { sum_ += item; };
    return sweep_.run(shards_, bell_, use, most);
  }

  int sum_ = 0;
  whorl::Doorbell bell_{kShards, whorl::Doorbell::Habit{.scan = 0, .sweeps = 1}};
  whorl::Array<Shard> shards_{kShards, [&](std::size_t i) { return Shard(2, 0, true, &bell_, i); }};
  whorl::Sweep sweep_{1, 0};
};

/// The consumer polls until it has every item.
template <class Kind>
class Polling : public Restless<Kind> {
 public:
  Polling(std::size_t producers, std::size_t items, bool same_shard)
      : producers_(producers), items_(items), same_shard_(same_shard) {}

  std::size_t threads() const override { return producers_ + 1; }
  void run(std::size_t thread) override {
    if (thread < producers_) {
      for (std::size_t i = 0; i < items_; ++i) {
        while (!this->shards_[same_shard_ ? 0 : thread].try_write(1)) model::yield();
      }
    } else {
      for (std::size_t read = 0; read != producers_ * items_;) {
        const std::size_t n = this->sweep(2);
        if (n == 0) model::yield();
        read += n;
      }
    }
  }

 private:
  std::size_t producers_, items_;
  bool same_shard_;
};

/// Producers write one after the other, and the last one says so; the consumer, when it has heard, finds all items with
/// its next sweeps.
template <class Kind>
class Told : public Restless<Kind> {
 public:
  explicit Told(std::size_t producers) : producers_(producers) {}

  std::size_t threads() const override { return producers_ + 1; }
  void run(std::size_t thread) override {
    const auto wait_for = [&](std::size_t written) {
      while (written_.load(model::Order::acquire) != written) model::yield();
    };
    if (thread < producers_) {
      wait_for(thread);
      model::require(this->shards_[0].try_write(1), "there is room");
      written_.store(thread + 1, model::Order::release);
    } else {
      this->sweep(2);  // stops looking, as a rule
      wait_for(producers_);
      while (this->sweep(2) != 0) {
      }
      model::require(this->sum_ == static_cast<int>(producers_), "an item was written before, and not found");
    }
  }

 private:
  std::size_t producers_;
  model::Atomic<std::size_t> written_{0, "written"};
};

/// The consumer is about to sleep, and finds that it need not; all that is there is found by reading afterwards.
class Awake : public Restless<whorl::Shared> {
 public:
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread < 2) {
      model::require(shards_[thread].try_write(1), "there is room");
      return;
    }
    const auto ready = [&] { return shards_[0].is_readable() || shards_[1].is_readable(); };
    while (!bell_.sleep_unless(shards_, ready, {})) {
    }
    while (sum_ != 2) {
      if (sweep(2) == 0) model::yield();
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  suite.check("doorbell: a producer, exclusive", model::scenario<Polling<whorl::Exclusive>>(1u, 2u, true));
  suite.check("doorbell: a producer, shared", model::scenario<Polling<whorl::Shared>>(1u, 2u, true));
  suite.check("doorbell: two producers on two shards", model::scenario<Polling<whorl::Exclusive>>(2u, 1u, false));
  suite.check("doorbell: two producers on one shard", model::scenario<Polling<whorl::Shared>>(2u, 1u, true));
  suite.check("doorbell: told of an item, it is there", model::scenario<Told<whorl::Exclusive>>(1u));
  suite.check("doorbell: told of two items, they are there", model::scenario<Told<whorl::Shared>>(2u));
  suite.check("doorbell: about to sleep, and two items come", model::scenario<Awake>());
  suite.check("doorbell, read-modify-writes for fences: a producer",
              model::without_fences(model::scenario<Polling<whorl::Exclusive>>(1u, 2u, true)));
  return suite.finish();
}
