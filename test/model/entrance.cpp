// Models of a Disruptor's entrance: the end of a ring buffer is exact though its producer may be idle, in the middle of
// something, or about to begin.

#include <string>
#include <whorl/disruptor/batch_event_processor.hpp>
#include <whorl/disruptor/entrance.hpp>
#include <whorl/disruptor/ring_buffer.hpp>

#include "../support/sleep_at_once.hpp"
#include "model.hpp"

namespace {

using whorl::PublishResult;
using whorl::RunEnd;

using whorl_test::SleepAtOnce;

struct Event {
  model::Plain<int> value;
};

template <class Kind>
using Ring = whorl::RingBuffer<Event, Kind, whorl::Inline, SleepAtOnce>;

struct Adds {
  int& sum;
  void operator()(Event& event) noexcept { sum += event.value.get(); }
};

/// A producer publishes what it can and says nothing more; another thread closes, and handles all to the end, which must
/// come. One that waits for room is freed.
template <class R>
class Ends : public model::Scenario {
 public:
  Ends(int tries, bool waits) : tries_(tries), waits_(waits) {
    if constexpr (!R::kShared) model::require(ring_.try_own(), "nobody owns it");
    model::require(ring_.add_gating(processor_.sequence()), "there is place");
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override { thread == 0 ? produce() : end(); }
  void finish() override { model::require(sum_ == accepted_, "an event is lost, or came twice"); }

 private:
  void produce() {
    const auto fill = [](Event& event) { event.value.set(1); };
    for (int i = 0; i < tries_; ++i) {
      const PublishResult result = waits_ ? entrance_.publish(1, fill, {}) : entrance_.try_publish(1, fill);
      if (result == PublishResult::ok) ++accepted_;
    }
  }
  void end() {
    entrance_.close();
    model::require(processor_.run() == RunEnd::closed, "nothing else ends this run");
  }

  const int tries_;
  const bool waits_;
  int accepted_ = 0;
  int sum_ = 0;
  R ring_{1};
  whorl::detail::Entrance<R> entrance_{ring_};
  whorl::BatchEventProcessor<R, Adds> processor_{ring_, {}, Adds{sum_}};
};

/// A producer publishes what it can and says nothing more; another thread closes, and asks at once whether that is the end:
/// an end that it is told of comes after everything that was accepted.
template <class R>
class EndIsExact : public model::Scenario {
 public:
  EndIsExact() {
    if constexpr (!R::kShared) model::require(ring_.try_own(), "nobody owns it");
    model::require(ring_.add_gating(reader_), "there is place");
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      const auto fill = [](Event& event) { event.value.set(1); };
      is_accepted_ = entrance_.try_publish(1, fill) == PublishResult::ok;
    } else {
      entrance_.close();
      has_ended_before_ = ring_.ends_before(0);
    }
  }
  void finish() override {
    model::require(!(has_ended_before_ && is_accepted_), "an event that was accepted lies beyond the end");
    model::require(ring_.ends_before(is_accepted_ ? 1 : 0), "it has no end");
  }

 private:
  bool is_accepted_ = false;
  bool has_ended_before_ = false;
  whorl::Sequence reader_;
  R ring_{1};
  whorl::detail::Entrance<R> entrance_{ring_};
};

template <class R>
void explore(model::Suite& suite, const std::string& kind) {
  // A closer that finds the producer outside without having seen why: it takes a third preemption.
  model::Bounds bounds;
  bounds.preemptions = 3;
  const auto exact = model::scenario<EndIsExact<R>>();
  suite.check(kind + ": an end comes after everything", exact, bounds);
  suite.check(kind + ", without membarrier: an end comes after everything", model::without_membarrier(exact), bounds);
  suite.check(kind + ", read-modify-writes: an end comes after everything", model::without_fences(exact), bounds);
  suite.check(kind + ": closed while it publishes one", model::scenario<Ends<R>>(1, false));
  suite.check(kind + ": closed while it publishes two", model::scenario<Ends<R>>(2, false));
  suite.check(kind + ": closed while it waits", model::scenario<Ends<R>>(2, true));
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  explore<Ring<whorl::Single>>(suite, "single");
  explore<Ring<whorl::Multi>>(suite, "multi");
  return suite.finish();
}
