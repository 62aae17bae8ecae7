// Models of sequencers side by side: producers of two shards, a consumer of both, and one that follows it; one place to sleep.

#include <array>
#include <optional>
#include <string>
#include <type_traits>
#include <whorl/disruptor/sharded_barrier.hpp>
#include <whorl/disruptor/sharded_sequencer.hpp>

#include "../support/sleep_at_once.hpp"
#include "model.hpp"

namespace {

using whorl::BarrierEnd;
using whorl::Position;
using whorl::SequenceNumber;

constexpr std::size_t kShards = 2;
constexpr Position kNearTheEnd = ~Position{0} - 1;

using whorl_test::SleepAtOnce;
using Leased = whorl::ShardedSequencer<whorl::Exclusive, SleepAtOnce>;
using ById = whorl::ShardedSequencer<whorl::Shared, SleepAtOnce>;

struct NoLease {};
template <class S>
using LeaseOf = std::conditional_t<S::kShared, NoLease, typename S::Lease>;
template <class S>
using Barrier = whorl::ShardedBarrier<typename S::Shard>;

// One slot a shard. An event that is overwritten too early, or read too early, is a data race.
class Events {
 public:
  void write(std::size_t shard, SequenceNumber s) { events_[shard].set(s); }
  void read(std::size_t shard, SequenceNumber s) { model::require(events_[shard].get() == s, "another event"); }
  // What a consumer leaves beside the event for those that follow it.
  void mark(std::size_t shard, SequenceNumber s) { marks_[shard].set(s); }
  void read_mark(std::size_t shard, SequenceNumber s) {
    model::require(marks_[shard].get() == s, "who follows is ahead");
  }

 private:
  std::array<model::Plain<SequenceNumber>, kShards> events_;
  std::array<model::Plain<SequenceNumber>, kShards> marks_;
};

struct Plan {
  std::size_t producers = kShards;  // each of its own shard
  std::size_t claims = 1;           // of each
  bool follower = false;            // follows the consumer, and is the only member of the gates
  bool consumers_sleep = true;
  bool producers_sleep = false;
  Position first = 0;
};

/// Each producer publishes in its own shard; whatever it publishes the consumer reads, once and in its order, and so does
/// the one that follows it, after it. Then it is closed, or, where nobody sleeps for the end, all has been read.
template <class S>
class Flow : public model::Scenario {
 public:
  explicit Flow(const Plan& plan) : plan_(plan) {
    model::require(sequencer_.add_gating(plan.follower ? last_ : first_), "there is place");
    if constexpr (!S::kShared) {
      for (auto& lease : leases_) lease.emplace(*sequencer_.lease());
    }
  }

  std::size_t threads() const override { return plan_.producers + (plan_.follower ? 2 : 1); }
  void run(std::size_t thread) override {
    if (thread == 0) return consume(read_, first_, false);
    if (thread == 1 && plan_.follower) return consume(follow_, last_, true);
    produce(thread - (plan_.follower ? 2 : 1));
  }
  void finish() override {
    for (std::size_t i = 0; i < plan_.producers; ++i) {
      model::require(sequencer_.shard(i).claimed() == plan_.first + plan_.claims, "more was claimed than was said");
      model::require(sequencer_.shard(i).remaining_capacity() == 1, "not all room is back");
    }
  }

 private:
  void produce(std::size_t shard) {
    for (std::size_t n = 0; n < plan_.claims; ++n) {
      const SequenceNumber s = claim(shard);
      events_.write(shard, s);
      with(shard, [&](auto& producer) { producer.publish(s, s); });
    }
  }
  SequenceNumber claim(std::size_t shard) {
    for (;;) {
      std::optional<SequenceNumber> s;
      with(shard, [&](auto& producer) {
        if (!plan_.producers_sleep) {
          s = producer.try_next();
        } else if (const auto next = producer.next()) {
          s = next.sequence;
        }
      });
      if (s) return *s;
      model::require(!plan_.producers_sleep, "a wait without end ended otherwise");
      model::yield();
    }
  }
  template <class Use>
  void with(std::size_t shard, Use&& use) {
    if constexpr (S::kShared) {
      use(sequencer_.shard_for(shard));
    } else {
      use(*leases_[shard]);
    }
  }

  void consume(Barrier<S>& barrier, typename S::Progress& progress, bool follows) {
    for (std::size_t left = plan_.producers * plan_.claims; left != 0;) {
      if (plan_.consumers_sleep) {
        model::require(barrier.wait_for_any(progress) == BarrierEnd::available, "a wait without end ended otherwise");
      }
      bool any = false;
      for (std::size_t shard = 0; shard < kShards; ++shard) {
        const Position p = progress.passed(shard);
        if (barrier.look(shard, p, 1) == 0) continue;
        const auto s = static_cast<SequenceNumber>(p);
        events_.read(shard, s);
        follows ? events_.read_mark(shard, s) : events_.mark(shard, s);
        progress.release(shard, p + 1);
        any = true;
        --left;
      }
      model::require(any || !plan_.consumers_sleep, "woken for nothing, and told otherwise");
      if (!any) model::yield();
    }
  }

  const Plan plan_;
  S sequencer_{kShards, kShards, SleepAtOnce(), {.first_position = plan_.first}};
  typename S::Progress first_{sequencer_};
  typename S::Progress last_{sequencer_};
  Barrier<S> read_{sequencer_};
  Barrier<S> follow_{sequencer_, {&first_}};
  Events events_;
  std::array<std::optional<LeaseOf<S>>, kShards> leases_;
};

/// One consumer passes what both shards have, in one order or the other; who follows it and sleeps is woken by each, and is
/// never ahead in any.
class Followed : public model::Scenario {
 public:
  explicit Followed(std::size_t begin) : begin_(begin) {
    model::require(sequencer_.add_gating(last_), "there is place");
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      const SequenceNumber s = *sequencer_.shard_for(shard).try_next();
      events_.write(shard, s);
      sequencer_.shard_for(shard).publish(s);
    }
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      for (std::size_t i = 0; i < kShards; ++i) {
        const std::size_t shard = (begin_ + i) % kShards;
        events_.mark(shard, 0);
        first_.release(shard, 1);
      }
      return;
    }
    for (std::size_t left = kShards; left != 0;) {
      model::require(follow_.wait_for_any(last_) == BarrierEnd::available, "a wait without end ended otherwise");
      for (std::size_t shard = 0; shard < kShards; ++shard) {
        if (follow_.look(shard, last_.passed(shard)) == 0) continue;
        events_.read_mark(shard, 0);
        last_.release(shard, 1);
        --left;
      }
    }
  }

 private:
  const std::size_t begin_;
  ById sequencer_{kShards, kShards};
  ById::Progress first_{sequencer_};
  ById::Progress last_{sequencer_};
  Barrier<ById> follow_{sequencer_, {&first_}};
  Events events_;
};

/// Two are upstream. In one shard the one is behind, in the other the other: whichever comes first, who waits for both in
/// either is woken.
class BehindInTurn : public model::Scenario {
 public:
  BehindInTurn() {
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      const SequenceNumber s = *sequencer_.shard_for(shard).try_next();
      sequencer_.shard_for(shard).publish(s);
    }
    one_.release(0, 1);
    two_.release(1, 1);
  }
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread == 1) return pass(one_, 1);
    if (thread == 2) return pass(two_, 0);
    for (std::size_t left = kShards; left != 0;) {
      model::require(barrier_.wait_for_any(mine_) == BarrierEnd::available, "a wait without end ended otherwise");
      for (std::size_t shard = 0; shard < kShards; ++shard) {
        if (barrier_.look(shard, mine_.passed(shard)) == 0) continue;
        events_.read_mark(shard, 0);
        mine_.release(shard, 1);
        --left;
      }
    }
  }

 private:
  void pass(ById::Progress& upstream, std::size_t shard) {
    events_.mark(shard, 0);
    upstream.release(shard, 1);
  }

  ById sequencer_{kShards, kShards};
  ById::Progress one_{sequencer_};
  ById::Progress two_{sequencer_};
  ById::Progress mine_{sequencer_};
  Barrier<ById> barrier_{sequencer_, {&one_, &two_}};
  Events events_;
};

/// A consumer sleeps, or is about to, behind one that joins the gates meanwhile: that passes over what is there already, and
/// wakes it. If it finds no place in the second shard, it has moved in the first.
class JoinsLate : public model::Scenario {
 public:
  explicit JoinsLate(bool finds_place) : shard_(finds_place ? 1 : 0), finds_place_(finds_place) {
    const SequenceNumber s = *sequencer_.shard_for(shard_).try_next();
    sequencer_.shard_for(shard_).publish(s);
    for (std::size_t i = 0; !finds_place && i < others_.size(); ++i) {
      model::require(sequencer_.shard(1).add_gating(others_[i]), "there is place");
    }
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      events_.mark(shard_, 0);
      model::require(sequencer_.add_gating(upstream_) == finds_place_, "there is place, or none");
    } else {
      model::require(follow_.wait_for_any(mine_) == BarrierEnd::available, "a wait without end ended otherwise");
      model::require(follow_.look(shard_, 0) == 1, "in another shard");
      events_.read_mark(shard_, 0);
    }
  }

 private:
  const std::size_t shard_;
  const bool finds_place_;
  ById sequencer_{kShards, kShards};
  ById::Progress upstream_{sequencer_};
  ById::Progress mine_{sequencer_};
  Barrier<ById> follow_{sequencer_, {&upstream_}};
  std::array<whorl::Sequence, whorl::GroupGate::kMostMembers> others_;
  Events events_;
};

/// A consumer waits, for what is published or behind another one. Something comes in the second shard, or nothing; then it is
/// closed, or the one upstream ends: what came is read, and then the wait says closed.
template <class S>
class Closed : public model::Scenario {
 public:
  Closed(bool follower, bool item) : follower_(follower), item_(item) {
    model::require(sequencer_.add_gating(progress_), "there is place");
    if constexpr (!S::kShared) {
      if (item) first_.emplace(*sequencer_.lease());
      if (item) second_.emplace(*sequencer_.lease());
    }
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override { thread == 0 ? produce() : consume(); }

 private:
  void produce() {
    if (item_) {
      if constexpr (S::kShared) {
        publish(sequencer_.shard_for(1));
      } else {
        publish(*second_);
      }
      if (follower_) upstream_.release(1, 1);
    }
    last_words_.set(1);
    if (follower_ && item_) return upstream_.end();
    sequencer_.close();
    first_.reset();
    second_.reset();
  }
  template <class Producer>
  void publish(Producer& producer) {
    const SequenceNumber s = *producer.try_next();
    event_.set(7);
    producer.publish(s);
  }
  void consume() {
    Barrier<S>& barrier = follower_ ? follow_ : read_;
    if (item_) {
      model::require(barrier.wait_for_any(progress_) == BarrierEnd::available, "it is published");
      model::require(barrier.look(1, 0) == 1 && barrier.look(0, 0) == 0, "in the second shard");
      model::require(event_.get() == 7, "another event");
      progress_.release(1, 1);
    }
    model::require(barrier.wait_for_any(progress_) == BarrierEnd::closed, "nothing more comes");
    model::require(last_words_.get() == 1, "what the closer did before is not visible");
  }

  const bool follower_;
  const bool item_;
  S sequencer_{kShards, kShards};
  typename S::Progress upstream_{sequencer_};
  typename S::Progress progress_{sequencer_};
  Barrier<S> read_{sequencer_};
  Barrier<S> follow_{sequencer_, {&upstream_}};
  std::optional<LeaseOf<S>> first_;
  std::optional<LeaseOf<S>> second_;
  model::Plain<int> event_;
  model::Plain<int> last_words_;
};

/// Both shards are full, and a producer sleeps, or is about to, at each: closing frees both, and they have claimed nothing.
template <class S>
class ClosedWhileFull : public model::Scenario {
 public:
  ClosedWhileFull() {
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      if constexpr (S::kShared) {
        sequencer_.shard_for(shard).publish(*sequencer_.shard_for(shard).try_next());
      } else {
        leases_[shard].emplace(*sequencer_.lease());
        leases_[shard]->publish(*leases_[shard]->try_next());
      }
    }
  }
  std::size_t threads() const override { return kShards + 1; }
  void run(std::size_t thread) override {
    if (thread == kShards) return sequencer_.close();
    if constexpr (S::kShared) {
      model::require(sequencer_.shard_for(thread).next().result == whorl::WriteResult::closed, "there never is room");
    } else {
      model::require(leases_[thread]->next().result == whorl::WriteResult::closed, "there never is room");
    }
  }
  void finish() override {
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      model::require(sequencer_.shard(shard).ends_before(1), "it ends where it was full");
    }
  }

 private:
  S sequencer_{kShards, kShards};
  std::array<std::optional<LeaseOf<S>>, kShards> leases_;
};

/// A lease is given back, and taken by another thread: its events come behind the first one's, and none is lost.
class LeaseHandedOver : public model::Scenario {
 public:
  LeaseHandedOver() {
    model::require(sequencer_.add_gating(progress_), "there is place");
    first_.emplace(*sequencer_.lease());
    other_shard_.emplace(*sequencer_.lease());
  }
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread == 0) return consume();
    if (thread == 1) {
      write(*first_, 0);
      first_.reset();
      return;
    }
    std::optional<Leased::Lease> second;
    while (!(second = sequencer_.lease())) model::yield();
    write(*second, 1);
  }

 private:
  void write(Leased::Lease& lease, SequenceNumber expected) {
    const SequenceNumber s = *lease.try_next();
    model::require(s == expected, "a later lease goes on behind");
    events_[static_cast<std::size_t>(s)].set(s);
    lease.publish(s);
  }
  void consume() {
    while (progress_.passed(0) != 2) {
      model::require(barrier_.wait_for_any(progress_) == BarrierEnd::available, "a wait without end ended otherwise");
      const Position p = progress_.passed(0);
      model::require(events_[p].get() == static_cast<SequenceNumber>(p), "another event");
      progress_.release(0, p + 1);
    }
  }

  Leased sequencer_{2 * kShards, kShards};
  Leased::Progress progress_{sequencer_};
  Barrier<Leased> barrier_{sequencer_};
  std::optional<Leased::Lease> first_;
  std::optional<Leased::Lease> other_shard_;
  std::array<model::Plain<SequenceNumber>, 2> events_;
};

/// A consumer that waits is alerted.
class Alerted : public model::Scenario {
 public:
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      last_words_.set(1);
      barrier_.alert();
    } else {
      model::require(barrier_.wait_for_any(progress_) == BarrierEnd::stopped, "nothing else ends this wait");
      model::require(last_words_.get() == 1, "what was done before the alert is not visible");
    }
  }

 private:
  ById sequencer_{kShards, kShards};
  ById::Progress progress_{sequencer_};
  Barrier<ById> barrier_{sequencer_};
  model::Plain<int> last_words_;
};

template <class S>
void explore(model::Suite& suite, const std::string& kind) {
  const auto one = model::scenario<Flow<S>>(Plan{.producers = 1, .claims = 2});
  suite.check(kind + ": one producer, a consumer that sleeps", one);
  suite.check(kind + ", without membarrier: one producer, a consumer that sleeps", model::without_membarrier(one));
  suite.check(kind + ": two producers, a consumer that sleeps", model::scenario<Flow<S>>(Plan{}));
  suite.check(
      kind + ": one producer, a consumer, from " + model::show(kNearTheEnd),
      model::scenario<Flow<S>>(Plan{.producers = 1, .claims = 3, .consumers_sleep = false, .first = kNearTheEnd}));
  suite.check(kind + ": two producers, a consumer and a follower",
              model::scenario<Flow<S>>(Plan{.follower = true, .consumers_sleep = false}));
  suite.sample(kind + ": two producers, a consumer, all sleep",
               model::scenario<Flow<S>>(Plan{.claims = 3, .producers_sleep = true}));
  suite.sample(kind + ": two producers, a consumer and a follower, twice",
               model::scenario<Flow<S>>(Plan{.claims = 2, .follower = true, .consumers_sleep = false}));
  suite.sample(kind + ": two producers, a consumer and a follower, all sleep",
               model::scenario<Flow<S>>(Plan{.claims = 2, .follower = true, .producers_sleep = true}));
  for (const bool follower : {false, true}) {
    for (const bool item : {false, true}) {
      suite.check(kind + ", closed" + (item ? " after an item" : " while empty") + (follower ? ", a follower" : ""),
                  model::scenario<Closed<S>>(follower, item));
    }
  }
  suite.check(kind + ", closed while full", model::scenario<ClosedWhileFull<S>>());
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  explore<Leased>(suite, "leased");
  explore<ById>(suite, "by id");
  for (const std::size_t begin : {0u, 1u}) {
    const std::string which = begin == 0 ? "the first shard" : "the second shard";
    const auto make = model::scenario<Followed>(begin);
    suite.check("who follows, " + which + " first", make);
    suite.check("without membarrier: who follows, " + which + " first", model::without_membarrier(make));
  }
  suite.check("two upstream, each behind in a shard", model::scenario<BehindInTurn>());
  for (const bool finds_place : {true, false}) {
    const std::string which =
        finds_place ? "one upstream joins late" : "one upstream would join late, and finds no place";
    const auto make = model::scenario<JoinsLate>(finds_place);
    suite.check(which, make);
    suite.check("without membarrier: " + which, model::without_membarrier(make));
  }
  suite.check("a lease is handed over", model::scenario<LeaseHandedOver>());
  suite.check("alerted", model::scenario<Alerted>());
  return suite.finish();
}
