// Models of ring buffers with their readers: events in place, what is given up, processors that are halted or come to the
// end.

#include <string>
#include <whorl/disruptor/batch_event_processor.hpp>
#include <whorl/disruptor/event_poller.hpp>
#include <whorl/disruptor/ring_buffer.hpp>

#include "../support/sleep_at_once.hpp"
#include "model.hpp"

namespace {

using whorl::BatchEventProcessor;
using whorl::EventPoller;
using whorl::PollState;
using whorl::RunEnd;
using whorl::SequenceNumber;
using whorl::WriteResult;
using whorl_test::SleepAtOnce;

// What a producer leaves in an event that it then gives up.
constexpr int kGarbage = -7;

struct Event {
  model::Plain<int> value;
};

template <class Kind, class Layout>
using Ring = whorl::RingBuffer<Event, Kind, Layout, SleepAtOnce>;

template <class R>
void finish(R& ring) {
  ring.close();
  if constexpr (!R::kShared) ring.disown();
}

/// A producer writes some events, the second of which it may give up; a reader and one that follows it, in one thread,
/// see the others, in order and nothing else. With events that are given up, the room is larger.
template <class R>
class Polled : public model::Scenario {
 public:
  Polled(std::size_t capacity, bool gives_up, int events = 3) : gives_up_(gives_up), events_(events), ring_(capacity) {
    model::require(ring_.add_gating(follower_.sequence()), "there is place");
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override { thread == 0 ? produce() : consume(); }
  void finish() override {
    model::require(read_ == events_ && followed_ == events_, "an event is lost");
    model::require(ring_.remaining_capacity() == ring_.capacity(), "not all room is back");
    model::require(ring_.buried() == (R::kShared && gives_up_ ? 1 : 0), "what was given up is not counted");
  }

 private:
  void produce() {
    for (int i = 0; i < events_; ++i) {
      if (i == 1 && gives_up_) {
        give_up();
      } else {
        while (!ring_.try_publish_event([&](Event& e) { e.value.set(i); })) model::yield();
      }
    }
    ::finish(ring_);
  }
  // As an exception would make it; the explorer's threads are no place to throw in.
  void give_up() {
    for (;;) {
      const auto claimed = ring_.try_next();
      if (!claimed) {
        model::yield();
        continue;
      }
      ring_.get(*claimed).value.set(kGarbage);
      ring_.abandon(*claimed, *claimed);
      return;
    }
  }
  void consume() {
    for (;;) {
      const PollState first = poll(reader_, read_);
      const PollState second = poll(follower_, followed_);
      if (second == PollState::closed) return;
      if (first != PollState::processing && second != PollState::processing) model::yield();
    }
  }
  PollState poll(EventPoller<R>& poller, int& next) {
    return poller.poll([&](Event& event) {
      if (next == 1 && gives_up_) ++next;
      model::require(event.value.get() == next++, "another event");
    });
  }

  const bool gives_up_;
  const int events_;
  R ring_;
  EventPoller<R> reader_{ring_};
  EventPoller<R> follower_{ring_, {&reader_.sequence()}};
  int read_ = 0;
  int followed_ = 0;
};

struct Adds {
  int& sum;
  void operator()(Event& event) noexcept { sum += event.value.get(); }
};

/// A processor is halted while it waits, runs, or has not begun.
template <class R>
class Halted : public model::Scenario {
 public:
  explicit Halted(bool item) : item_(item) {
    if (item) model::require(ring_.try_publish_event([](Event& e) { e.value.set(1); }), "there is room");
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      model::require(processor_.run() == RunEnd::halted, "nothing else ends this run");
    } else {
      processor_.halt();
    }
  }
  void finish() override {
    ::finish(ring_);
    model::require(processor_.run() == RunEnd::closed, "it runs on to the end");
    model::require(sum_ == (item_ ? 1 : 0), "an event is lost, or came twice");
  }

 private:
  const bool item_;
  int sum_ = 0;
  R ring_{1};
  BatchEventProcessor<R, Adds> processor_{ring_, {}, Adds{sum_}};
};

/// A processor sleeps and wakes, handles what comes, and ends when the ring does.
template <class R>
class RunsToTheEnd : public model::Scenario {
 public:
  explicit RunsToTheEnd(int events) : events_(events) {
    model::require(ring_.add_gating(processor_.sequence()), "there is place");
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 1) {
      model::require(processor_.run() == RunEnd::closed, "nothing else ends this run");
      return;
    }
    for (int i = 1; i <= events_; ++i) {
      const WriteResult result = ring_.publish_event([&](Event& e) { e.value.set(i); });
      model::require(result == WriteResult::ok, "a wait without end ended otherwise");
    }
    ::finish(ring_);
  }
  void finish() override { model::require(sum_ == events_ * (events_ + 1) / 2, "an event is lost, or came twice"); }

 private:
  const int events_;
  int sum_ = 0;
  R ring_{1};
  BatchEventProcessor<R, Adds> processor_{ring_, {}, Adds{sum_}};
};

template <class R>
void events(model::Suite& suite, const std::string& kind) {
  suite.check(kind + ": a processor is halted", model::scenario<Halted<R>>(false));
  suite.check(kind + ": a processor is halted that has something to do", model::scenario<Halted<R>>(true));
  suite.check(kind + ": a processor runs to the end", model::scenario<RunsToTheEnd<R>>(1));
  suite.sample(kind + ": a processor and a producer sleep in turns", model::scenario<RunsToTheEnd<R>>(3));
  suite.check(kind + ": one is given up, capacity 4", model::scenario<Polled<R>>(4u, true));
}
template <class R>
void polls(model::Suite& suite, const std::string& kind) {
  suite.check(kind + ": one is given up, capacity 1", model::scenario<Polled<R>>(1u, true));
  suite.check(kind + ": polled, capacity 2", model::scenario<Polled<R>>(2u, false));
  if constexpr (R::kShared) {  // three of them take millions of executions
    suite.check(kind + ": polled, capacity 1, two events", model::scenario<Polled<R>>(1u, false, 2));
    suite.sample(kind + ": polled, capacity 1", model::scenario<Polled<R>>(1u, false));
  } else {
    suite.check(kind + ": polled, capacity 1", model::scenario<Polled<R>>(1u, false));
  }
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  // What is soon explored first, so that a mutant of the headers dies early.
  events<Ring<whorl::Single, whorl::Inline>>(suite, "single, inline");
  events<Ring<whorl::Single, whorl::Dense>>(suite, "single, dense");
  events<Ring<whorl::Multi, whorl::Inline>>(suite, "multi, inline");
  events<Ring<whorl::Multi, whorl::Dense>>(suite, "multi, dense");
  polls<Ring<whorl::Single, whorl::Inline>>(suite, "single, inline");
  polls<Ring<whorl::Single, whorl::Dense>>(suite, "single, dense");
  polls<Ring<whorl::Multi, whorl::Inline>>(suite, "multi, inline");
  polls<Ring<whorl::Multi, whorl::Dense>>(suite, "multi, dense");
  return suite.finish();
}
