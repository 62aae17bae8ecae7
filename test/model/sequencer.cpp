// Models of sequencers and barriers: producers, a consumer of what is published, and one that follows it.

#include <array>
#include <string>
#include <whorl/disruptor/sequence_barrier.hpp>
#include <whorl/disruptor/sequencer.hpp>

#include "../support/sleep_at_once.hpp"
#include "model.hpp"

namespace {

using whorl::BarrierEnd;
using whorl::Sequence;
using whorl::SequenceBarrier;
using whorl::SequenceNumber;
using whorl::WriteResult;

using whorl_test::SleepAtOnce;
using Single = whorl::SingleProducerSequencer<SleepAtOnce>;
using Multi = whorl::MultiProducerSequencer<SleepAtOnce>;

struct FlowPlan {
  std::size_t capacity = 1;
  std::size_t producers = 1;
  std::size_t claims = 2;  // of each producer
  std::size_t size = 1;    // of a claim
  bool follower = false;   // a second consumer follows the first one, and is the only member of the gate
  bool producers_sleep = false;
  bool consumers_sleep = false;
  whorl::Position first = 0;

  std::size_t all() const { return producers * claims * size; }
  std::string text() const {
    return "capacity " + std::to_string(capacity) + ", " + std::to_string(producers) + " x " + std::to_string(claims) +
           " x " + std::to_string(size) + (follower ? ", a chain" : "") + (producers_sleep ? ", producers sleep" : "") +
           (consumers_sleep ? ", consumers sleep" : "") + ", from " + model::show(first);
  }
};

/// Whatever is claimed is published, and each consumer sees all of it, once and in order: an event that is overwritten
/// too early or read too early is a data race.
template <class S>
class Flow : public model::Scenario {
 public:
  explicit Flow(const FlowPlan& plan) : plan_(plan), sequencer_(plan.capacity, {}, {.first_position = plan.first}) {
    follow_.clear_alert();
    model::require(sequencer_.add_gating(plan.follower ? last_ : root_), "there is place");
    (plan.follower ? root_ : last_).release(plan.first);
  }

  std::size_t threads() const override { return plan_.producers + (plan_.follower ? 2 : 1); }
  void run(std::size_t thread) override {
    if (thread == 0) return consume(read_, root_);
    if (thread == 1 && plan_.follower) return consume(follow_, last_);
    produce();
  }
  void finish() override {
    model::require(sequencer_.claimed() == plan_.first + plan_.all(), "more was claimed than was said");
    model::require(sequencer_.remaining_capacity() == plan_.capacity, "not all room is back");
  }

 private:
  void produce() {
    for (std::size_t i = 0; i < plan_.claims; ++i) {
      const SequenceNumber last = claim();
      const SequenceNumber first = last - static_cast<SequenceNumber>(plan_.size) + 1;
      for (SequenceNumber s = first; s <= last; ++s) at(s).set(s);
      sequencer_.publish(first, last);
    }
  }
  SequenceNumber claim() {
    if (plan_.producers_sleep) {
      const whorl::NextResult next = sequencer_.next(plan_.size);
      model::require(next.result == WriteResult::ok, "a wait without end ended otherwise");
      return next.sequence;
    }
    for (;;) {
      if (const auto last = sequencer_.try_next(plan_.size)) return *last;
      model::yield();
    }
  }
  void consume(SequenceBarrier<S>& barrier, Sequence& progress) {
    const whorl::Position end = plan_.first + plan_.all();
    for (whorl::Position p = plan_.first; p != end;) {
      const std::size_t n = wait(barrier, p);
      if (n == 0) model::yield();
      for (std::size_t k = 0; k < n; ++k, ++p) {
        model::require(at(static_cast<SequenceNumber>(p)).get() == static_cast<SequenceNumber>(p), "another event");
      }
      if (n != 0) progress.release(p);
    }
  }
  std::size_t wait(SequenceBarrier<S>& barrier, whorl::Position p) {
    if (!plan_.consumers_sleep) return barrier.look(p);
    const whorl::BarrierResult result = barrier.wait_for(static_cast<SequenceNumber>(p));
    model::require(result.end == BarrierEnd::available, "a wait without end ended otherwise");
    return static_cast<std::size_t>(whorl::next_after(result.sequence) - p);
  }

  model::Plain<SequenceNumber>& at(SequenceNumber s) {
    return events_[whorl::index(static_cast<whorl::Position>(s), plan_.capacity - 1)];
  }

  const FlowPlan plan_;
  Sequence root_;
  Sequence last_;
  S sequencer_;
  SequenceBarrier<S> read_{sequencer_};
  SequenceBarrier<S> follow_{sequencer_, {&root_}};
  std::array<model::Plain<SequenceNumber>, 4> events_;
};

/// A producer sleeps, or is about to, at a full sequencer whose consumer does nothing, or that has none: closing frees it,
/// and it has claimed nothing.
template <class S>
class ClosedWhileFull : public model::Scenario {
 public:
  explicit ClosedWhileFull(bool consumer) {
    if (consumer) model::require(sequencer_.add_gating(idle_), "there is place");
    sequencer_.publish(sequencer_.next().sequence);
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      model::require(sequencer_.next().result == WriteResult::closed, "there never is room");
    } else {
      sequencer_.close();
    }
  }
  void finish() override {
    model::require(sequencer_.claimed() == 1 && sequencer_.ends_before(1), "it ends where it was full");
  }

 private:
  Sequence idle_;
  S sequencer_{1};
};

/// A member that a producer waits for leaves, and a first one comes where there was none: both give room.
template <class S>
class GateChangesWhileFull : public model::Scenario {
 public:
  GateChangesWhileFull(bool leaves) : leaves_(leaves) {
    model::require(sequencer_.add_gating(idle_) && sequencer_.add_gating(busy_), "there is place");
    sequencer_.publish(sequencer_.next().sequence);
    busy_.set(0);
    if (!leaves) {
      model::require(sequencer_.remove_gating(idle_) && sequencer_.remove_gating(busy_), "they were members");
    }
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      model::require(sequencer_.next().sequence == 1, "there is room");
    } else if (leaves_) {
      model::require(sequencer_.remove_gating(idle_), "it was a member");
    } else {
      model::require(sequencer_.add_gating(busy_), "there is place");
    }
  }

 private:
  const bool leaves_;
  Sequence idle_;
  Sequence busy_;
  S sequencer_{1};
};

/// A consumer that waits, for what is published or behind another one, comes to the end: what was published is read, and
/// then the wait says closed.
template <class S>
class ClosedWhileEmpty : public model::Scenario {
 public:
  ClosedWhileEmpty(bool follower, bool item) : follower_(follower), item_(item) {
    model::require(sequencer_.add_gating(progress_), "there is place");
    if (follower) upstream_.release(0);
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override { thread == 0 ? produce() : consume(); }

 private:
  void produce() {
    if (item_) {
      const SequenceNumber s = sequencer_.next().sequence;
      event_.set(7);
      sequencer_.publish(s);
      if (follower_) upstream_.set(s);
    }
    last_words_.set(1);
    sequencer_.close();
    if constexpr (!S::kShared) sequencer_.disown();
  }
  void consume() {
    SequenceBarrier<S>& barrier = follower_ ? follow_ : read_;
    if (item_) {
      model::require(barrier.wait_for(0).sequence == 0, "it is published");
      model::require(event_.get() == 7, "another event");
      progress_.set(0);
    }
    model::require(barrier.wait_for(item_ ? 1 : 0).end == BarrierEnd::closed, "nothing more comes");
    model::require(last_words_.get() == 1, "what the closer did before is not visible");
  }

  const bool follower_;
  const bool item_;
  Sequence upstream_;
  Sequence progress_;
  S sequencer_{1};
  SequenceBarrier<S> read_{sequencer_};
  SequenceBarrier<S> follow_{sequencer_, {&upstream_}};
  model::Plain<int> event_;
  model::Plain<int> last_words_;
};

/// Two sequences are claimed, then a first consumer joins the gate, or does not, and one that follows it reads: it sees what
/// is published and nothing else, though the first one has passed both from the start.
template <class S>
class JoinedUpstream : public model::Scenario {
 public:
  JoinedUpstream() {
    model::require(sequencer_.add_gating(last_), "there is place");
    model::require(sequencer_.try_next(2).has_value(), "there is room");
    model::require(sequencer_.add_gating(first_) && first_.get() == 1, "it has been set to what is claimed");
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      for (SequenceNumber s = 0; s < 2; ++s) {
        events_[static_cast<std::size_t>(s)].set(7);
        sequencer_.publish(s);
      }
      return;
    }
    for (SequenceNumber s = 0; s < 2; ++s) {
      model::require(barrier_.wait_for(s).end == BarrierEnd::available, "nothing else ends this wait");
      model::require(events_[static_cast<std::size_t>(s)].get() == 7, "another event");
      last_.set(s);
    }
  }

 private:
  Sequence first_;
  Sequence last_;
  S sequencer_{2};
  SequenceBarrier<S> barrier_{sequencer_, {&first_}};
  std::array<model::Plain<int>, 2> events_;
};

/// A consumer that waits for one upstream handles what that one has passed before it ended, and then comes to the end; who
/// drains the gate as well.
template <class S>
class UpstreamEnds : public model::Scenario {
 public:
  explicit UpstreamEnds(bool drains) : drains_(drains) {
    model::require(sequencer_.add_gating(upstream_), "there is place");
    sequencer_.publish(sequencer_.next().sequence);
    sequencer_.publish(sequencer_.next().sequence);
    if (drains) sequencer_.close();
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      event_.set(7);
      upstream_.set(0);
      last_words_.set(1);
      upstream_.end();
    } else if (drains_) {
      model::require(drained_.wait_for(1 + 2).end == BarrierEnd::closed, "nobody reads the second one");
    } else {
      model::require(follow_.wait_for(0).sequence == 0, "it has passed one");
      model::require(event_.get() == 7, "what it did with it is not visible");
      model::require(follow_.wait_for(1).end == BarrierEnd::closed, "nobody passes the second one");
      model::require(last_words_.get() == 1, "what was done before the end is not visible");
    }
  }

 private:
  const bool drains_;
  Sequence upstream_;
  S sequencer_{2};
  SequenceBarrier<S> follow_{sequencer_, {&upstream_}};
  whorl::ProducerBarrier<S> drained_{sequencer_};
  model::Plain<int> event_;
  model::Plain<int> last_words_;
};

/// A consumer that waits is alerted.
template <class S>
class Alerted : public model::Scenario {
 public:
  explicit Alerted(bool follower) : follower_(follower) {}
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    SequenceBarrier<S>& barrier = follower_ ? follow_ : read_;
    if (thread == 0) {
      last_words_.set(1);
      barrier.alert();
    } else {
      model::require(barrier.wait_for(0).end == BarrierEnd::stopped, "nothing else ends this wait");
      model::require(last_words_.get() == 1, "what was done before the alert is not visible");
    }
  }

 private:
  const bool follower_;
  Sequence upstream_;
  S sequencer_{1};
  SequenceBarrier<S> read_{sequencer_};
  SequenceBarrier<S> follow_{sequencer_, {&upstream_}};
  model::Plain<int> last_words_;
};

/// Who waits for room is alerted.
template <class S>
class AlertedWhileFull : public model::Scenario {
 public:
  AlertedWhileFull() { model::require(sequencer_.add_gating(idle_), "there is place"); }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      model::require(barrier_.wait_for(1).end == BarrierEnd::stopped, "nothing else ends this wait");
    } else {
      barrier_.alert();
    }
  }

 private:
  Sequence idle_;
  S sequencer_{1};
  whorl::ProducerBarrier<S> barrier_{sequencer_};
};

/// Whoever sees it closed sees what the closer did before.
template <class S>
class ClosedIsNews : public model::Scenario {
 public:
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      last_words_.set(1);
      sequencer_.close();
    } else if (sequencer_.is_closed()) {
      model::require(last_words_.get() == 1, "what the closer did before is not visible");
    }
  }

 private:
  S sequencer_{1};
  model::Plain<int> last_words_;
};

/// Barriers come and go, and sequences are lent and taken back, while another thread does the same, or closes.
template <class S>
class ComeAndGo : public model::Scenario {
 public:
  explicit ComeAndGo(bool closes) : closes_(closes) {}
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 1 && closes_) return sequencer_.close();
    Sequence& sequence = sequencer_.lend_sequence();
    {
      const SequenceBarrier<S> barrier(sequencer_, {&sequence});
    }
    sequencer_.take_back(sequence);
  }

 private:
  const bool closes_;
  S sequencer_{1};
};

/// One producer gives up what it has claimed, another one publishes: the consumer passes over the one and reads the other.
class GivenUp : public model::Scenario {
 public:
  GivenUp() { model::require(sequencer_.add_gating(progress_), "there is place"); }
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread == 0) return consume();
    const SequenceNumber s = claim();
    events_[static_cast<std::size_t>(s)].set(thread);
    thread == 1 ? sequencer_.publish(s) : sequencer_.abandon(s, s);
  }
  void finish() override { model::require(read_ == 1 && sequencer_.buried() == 1, "one of two was given up"); }

 private:
  SequenceNumber claim() {
    for (;;) {
      if (const auto s = sequencer_.try_next()) return *s;
      model::yield();
    }
  }
  void consume() {
    for (SequenceNumber s = 0; s < 2; ++s) {
      model::require(barrier_.wait_for(s).end == BarrierEnd::available, "nothing else ends this wait");
      if (sequencer_.is_buried(s)) {
        model::require(sequencer_.buried() == 1, "a tombstone that is not counted");
      } else {
        model::require(events_[static_cast<std::size_t>(s)].get() == 1, "another event");
        ++read_;
      }
      progress_.set(s);
    }
  }

  Sequence progress_;
  Multi sequencer_{2};
  SequenceBarrier<Multi> barrier_{sequencer_};
  std::array<model::Plain<std::size_t>, 2> events_;
  int read_ = 0;
};

/// Nobody reads, and a producer overwrites what somebody is looking through who asks for the cursor: what he knew to be
/// published he is not told to be unpublished.
class CursorOvertaken : public model::Scenario {
 public:
  CursorOvertaken() { publish(); }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) return publish();
    const SequenceNumber cursor = sequencer_.cursor();
    model::require(cursor >= 1, "it was farther");
    for (SequenceNumber s = 2; s <= cursor; ++s) model::require(sequencer_.is_available(s), "it is not so far");
  }

 private:
  void publish() {
    for (int i = 0; i < 2; ++i) sequencer_.publish(*sequencer_.try_next());
  }

  Multi sequencer_{2, {}, {.without_consumers = whorl::EmptyGate::open}};
};

template <class S>
void flow(model::Suite& suite, const std::string& kind, const FlowPlan& plan) {
  suite.check(kind + ": " + plan.text(), model::scenario<Flow<S>>(plan));
}
template <class S>
void sleepers(model::Suite& suite, const std::string& kind, const FlowPlan& plan) {
  const auto make = model::scenario<Flow<S>>(plan);
  suite.check(kind + ": " + plan.text(), make);
  suite.check(kind + ", without membarrier: " + plan.text(), model::without_membarrier(make));
}

// What is soon explored; first, so that a mutant of the headers dies early.
template <class S>
void events(model::Suite& suite, const std::string& kind) {
  suite.check(kind + ", closed is news", model::scenario<ClosedIsNews<S>>());
  suite.check(kind + ", who follows one that joined late", model::scenario<JoinedUpstream<S>>());
  suite.check(kind + ", one upstream ends", model::scenario<UpstreamEnds<S>>(false));
  suite.check(kind + ", a member ends while another drains", model::scenario<UpstreamEnds<S>>(true));
  suite.check(kind + ", alerted while full", model::scenario<AlertedWhileFull<S>>());
  for (const bool yes : {false, true}) {
    suite.check(kind + (yes ? ", barriers come and go, and it is closed" : ", barriers come and go"),
                model::scenario<ComeAndGo<S>>(yes));
    const std::string who = yes ? ", a follower" : ", a reader";
    suite.check(kind + ", closed while full" + (yes ? ", one consumer" : ", no consumer"),
                model::scenario<ClosedWhileFull<S>>(yes));
    suite.check(kind + (yes ? ", a member leaves while full" : ", a member comes while full"),
                model::scenario<GateChangesWhileFull<S>>(yes));
    suite.check(kind + ", closed while empty" + who, model::scenario<ClosedWhileEmpty<S>>(yes, false));
    suite.check(kind + ", closed after an item" + who, model::scenario<ClosedWhileEmpty<S>>(yes, true));
    suite.check(kind + ", alerted" + who, model::scenario<Alerted<S>>(yes));
  }
}

template <class S>
void flows(model::Suite& suite, const std::string& kind) {
  flow<S>(suite, kind, {.claims = 3});
  flow<S>(suite, kind, {.capacity = 2, .claims = 2, .size = 2});
  flow<S>(suite, kind, {.capacity = 2, .claims = 3, .first = ~whorl::Position{0} - 1});
  flow<S>(suite, kind, {.claims = S::kShared ? 1u : 2u, .follower = true});  // two shared claims are too many
  sleepers<S>(suite, kind, {.claims = 2, .producers_sleep = true});
  sleepers<S>(suite, kind, {.claims = 2, .consumers_sleep = true});
  suite.sample(kind + ": a chain, all sleep",
               model::scenario<Flow<S>>(
                   FlowPlan{.claims = 3, .follower = true, .producers_sleep = true, .consumers_sleep = true}));
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  events<Single>(suite, "single");
  events<Multi>(suite, "multi");
  flows<Single>(suite, "single");
  flows<Multi>(suite, "multi");
  flow<Multi>(suite, "multi", {.producers = 2, .claims = 1});
  suite.check("multi: given up", model::scenario<GivenUp>());
  suite.check("multi: a cursor that is overtaken", model::scenario<CursorOvertaken>());
  return suite.finish();
}
