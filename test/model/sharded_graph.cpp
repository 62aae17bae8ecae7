// Models of what consumers of two shards make up: two side by side and one after both, a group of workers, one of which
// may fail, and one that follows it; and of what goes wrong with a mistake in them, in a lease's hand-over, and in a close.

#include <array>
#include <optional>
#include <string>
#include <vector>
#include <whorl/disruptor/sharded_event_processor.hpp>

#include "model.hpp"

namespace {

using whorl::Position;
using whorl::RunEnd;
using whorl::SequenceNumber;

constexpr std::size_t kShards = 2;

// Of models of three threads.
constexpr model::Bounds kFew{.preemptions = 1, .all_stale_reads = 1};

// Who waits only looks again.
struct LookAgain : whorl::YieldingWait {
  LookAgain() : whorl::YieldingWait{.spins = 0} {}
};

struct Event {
  model::Plain<SequenceNumber> value;
  std::array<model::Plain<SequenceNumber>, 2> marks;  // what each of those side by side has left here
};

using Ring = whorl::ShardedRingBuffer<Event, whorl::Exclusive, whorl::Inline, LookAgain>;
using Bare = whorl::ShardedSequencer<whorl::Exclusive, LookAgain>;
using Barrier = whorl::ShardedBarrier<Ring::Shard>;
using Progress = Ring::Progress;

enum class GraphBug { none, after_one_only, gated_by_one_only };

/// A and B side by side, and C after both: it sees what both have left in each event, in either shard, and no event is written
/// over before all three are done. In the first shard a second event waits for the room of the first one.
template <GraphBug kBug>
class Diamond : public model::Scenario {
 public:
  explicit Diamond(bool laps) : laps_(laps) {
    const bool joined = ring_.add_gating(kBug == GraphBug::gated_by_one_only ? a_ : c_);
    model::require(joined, "there is place");
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      leases_[shard].emplace(*ring_.lease());
      model::require(publish(shard), "there is room");
    }
  }
  std::size_t threads() const override { return laps_ ? 4 : 3; }
  void run(std::size_t thread) override {
    if (thread == 0) return consume(read_a_, a_, [](Event& event, SequenceNumber s) { event.marks[0].set(s); });
    if (thread == 1) return consume(read_b_, b_, [](Event& event, SequenceNumber s) { event.marks[1].set(s); });
    if (thread == 2) {
      return consume(read_c_, c_, [](Event& event, SequenceNumber s) {
        for (auto& mark : event.marks) model::require(mark.get() == s, "who follows is ahead");
      });
    }
    while (!publish(0)) model::yield();
  }
  void finish() override {
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      model::require(ring_.shard(shard).remaining_capacity() == 1, "not all room is back");
    }
  }

 private:
  bool publish(std::size_t shard) {
    return leases_[shard]->try_publish_event([](Event& event, SequenceNumber s) { event.value.set(s); });
  }
  template <class Use>
  void consume(Barrier& barrier, Progress& progress, Use&& use) {
    for (std::size_t left = kShards + (laps_ ? 1 : 0); left != 0;) {
      bool any = false;
      for (std::size_t shard = 0; shard < kShards; ++shard) {
        const Position p = progress.passed(shard);
        if (barrier.look(shard, p, 1) == 0) continue;
        const auto s = static_cast<SequenceNumber>(p);
        Event& event = ring_.get(shard, s);
        model::require(event.value.get() == s, "another event");
        use(event, s);
        progress.release(shard, p + 1);
        any = true;
        --left;
      }
      if (!any) model::yield();
    }
  }

  const bool laps_;
  Ring ring_{kShards, kShards};
  Progress a_{ring_};
  Progress b_{ring_};
  Progress c_{ring_};
  Barrier read_a_{ring_};
  Barrier read_b_{ring_};
  Barrier read_c_ = after();
  Barrier after() {
    if constexpr (kBug == GraphBug::after_one_only) {
      return Barrier(ring_, {&a_});
    } else {
      return Barrier(ring_, {&a_, &b_});
    }
  }
  std::array<std::optional<Ring::Lease>, kShards> leases_;
};

enum class GroupBug { none, one_has_all_shards, one_ends_all };

/// Two workers divide the shards, and one follows them: each event comes to one worker, those of a shard in their order, and
/// then to the follower. All come to their end when the shards do. Or the second worker fails at its first event, and closes the
/// shards: the other one handles all the same what there is, and the follower sees of either shard what was handled there.
template <GroupBug kBug, bool kFails = false>
class Group : public model::Scenario {
  struct Works {
    void operator()(Event& event, const whorl::ShardedEventContext<Ring::Shard>& context) noexcept(!kFails) {
      model::require(event.value.get() == context.sequence, "another event");
      if constexpr (kFails) {
        if (context.shard == 1) throw 7;
      }
      event.marks[0].set(context.sequence);
      ++seen[context.shard];
    }
    std::array<int, kShards> seen{};
  };
  struct Follows {
    void operator()(Event& event, const whorl::ShardedEventContext<Ring::Shard>& context) noexcept {
      model::require(event.marks[0].get() == context.sequence, "who follows is ahead");
      ++seen[context.shard];
    }
    std::array<int, kShards> seen{};
  };

 public:
  Group() {
    model::require(ring_.add_gating(last_.sequence()), "there is place");
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      auto lease = ring_.lease();
      const bool has_room = lease->try_publish_events(2, [](Event& event, SequenceNumber s) { event.value.set(s); });
      model::require(has_room, "there is room");
      leases_[shard].emplace(std::move(*lease));
    }
    if (!kFails) ring_.close();
    for (auto& lease : leases_) lease.reset();
  }
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    const RunEnd end = thread == 0 ? odd_.run() : thread == 1 ? last_.run() : even_.run();
    model::require(end == (kFails && thread == 0 ? RunEnd::failed : RunEnd::closed), "nothing else ends this run");
    if (kBug == GroupBug::one_ends_all && thread == 0) group_.end();
  }
  void finish() override {
    constexpr int kOfOdd = kFails ? 0 : 2;
    model::require(even_.handler().seen == std::array{2, 0} && odd_.handler().seen == std::array{0, kOfOdd},
                   "an event is lost, or came to two workers");
    model::require(last_.handler().seen == std::array{2, kOfOdd}, "an event is lost");
  }

 private:
  static constexpr whorl::ShardStripe kSecond =
      kBug == GroupBug::one_has_all_shards ? whorl::ShardStripe{0, 1} : whorl::ShardStripe{1, 2};
  template <class Handler>
  using Processor = whorl::ShardedEventProcessor<Ring::Shard, Handler>;

  Ring ring_{2 * kShards, kShards};
  Progress group_{ring_};
  Processor<Works> even_{ring_, group_, {}, Works{}, {.stripe = {0, 2}}};
  Processor<Works> odd_{ring_, group_, {}, Works{}, {.stripe = kSecond}};
  Processor<Follows> last_{ring_, {&group_}, Follows{}};
  std::array<std::optional<Ring::Lease>, kShards> leases_;
};

/// The shard of one producer is given to another one: early is before its event is published.
class HandedOver : public model::Scenario {
 public:
  explicit HandedOver(bool early) : early_(early) {
    model::require(shards_.add_gating(progress_), "there is place");
    model::require(shard_.try_own(), "nobody has it");
  }
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      for (Position p = 0; p != 2; ++p) {
        while (barrier_.look(0, p, 1) == 0) model::yield();
        model::require(events_[p].get() == static_cast<int>(p) + 1, "another event");
        progress_.release(0, p + 1);
      }
      return;
    }
    if (thread == 2) {
      while (!shard_.try_own()) model::yield();
    }
    const auto s = shard_.try_next();
    if (thread == 1 && early_) shard_.disown();
    events_[static_cast<std::size_t>(*s)].set(static_cast<int>(*s) + 1);
    shard_.publish(*s);
    if (thread == 1 && !early_) shard_.disown();
  }
  void finish() override { model::require(progress_.passed(0) == 2, "an event is lost"); }

 private:
  const bool early_;
  Bare shards_{2 * kShards, kShards};
  Bare::Shard& shard_ = shards_.shard(0);
  Bare::Progress progress_{shards_};
  whorl::ShardedBarrier<Bare::Shard> barrier_{shards_};
  std::array<model::Plain<int>, 2> events_;
};

/// A producer waits in each shard, which is full; whoever closes forgets one of them, or none.
class ClosedWhileFull : public model::Scenario {
 public:
  explicit ClosedWhileFull(bool forgets) : forgets_(forgets) {
    for (auto& lease : leases_) {
      lease.emplace(*shards_.lease());
      lease->publish(*lease->try_next());
    }
  }
  std::size_t threads() const override { return kShards + 1; }
  void run(std::size_t thread) override {
    if (thread == kShards) return forgets_ ? shards_.shard(0).close() : shards_.close();
    model::require(leases_[thread]->next().result == whorl::WriteResult::closed, "there never is room");
  }

 private:
  const bool forgets_;
  Bare shards_{kShards, kShards};
  std::array<std::optional<Bare::Lease>, kShards> leases_;
};

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  suite.check("two side by side, and one after both", model::scenario<Diamond<GraphBug::none>>(false), kFew);
  suite.sample("the same, and a second lap", model::scenario<Diamond<GraphBug::none>>(true));
  suite.must_fail("planted: after one of the two only", "", model::scenario<Diamond<GraphBug::after_one_only>>(false));
  suite.must_fail("planted: gated by one of the two only", "data race",
                  model::scenario<Diamond<GraphBug::gated_by_one_only>>(true));
  suite.check("two workers, and one that follows them", model::scenario<Group<GroupBug::none>>(), kFew);
  suite.must_fail("planted: one of two workers has all shards", "",
                  model::scenario<Group<GroupBug::one_has_all_shards>>());
  suite.check("two workers, one of which fails, and one that follows them",
              model::scenario<Group<GroupBug::none, true>>(), kFew);
  suite.must_fail("planted: a worker that fails ends all shards", "lost",
                  model::scenario<Group<GroupBug::one_ends_all, true>>());
  suite.check("a lease changes hands", model::scenario<HandedOver>(false));
  suite.must_fail("planted: a lease is given back before its event is published", "",
                  model::scenario<HandedOver>(true));
  suite.check("closed while producers wait", model::scenario<ClosedWhileFull>(false));
  suite.must_fail("planted: one shard is forgotten when the others are closed", "",
                  model::scenario<ClosedWhileFull>(true));
  return suite.finish();
}
