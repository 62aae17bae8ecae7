// Models of the ticket merge: the order in which two consumers see two shards, without it and with it; tickets and events
// that are not overwritten too early; waits for room, halts and ends.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>
#include <whorl/disruptor/ordered_event_processor.hpp>
#include <whorl/disruptor/sharded_event_poller.hpp>

#include "../support/sleep_at_once.hpp"
#include "model.hpp"

namespace {

using whorl::OrderedEventProcessor;
using whorl::Position;
using whorl::RunEnd;
using whorl::SequenceNumber;
using whorl::TicketMergeOptions;
using whorl::WriteResult;
using whorl_test::SleepAtOnce;

constexpr std::size_t kShards = 2;
constexpr Position kNearTheEnd = ~Position{0} - 1;

// Of models of three and four threads, which wait for each other at every step.
constexpr model::Bounds kThree{.preemptions = 1, .all_stale_reads = 0};
constexpr model::Bounds kFour{.preemptions = 0, .all_stale_reads = 1};

struct Event {
  model::Plain<int> value;  // 10 * shard + n
  model::Plain<int> mark;   // what a consumer leaves for those that follow it
};

// Who waits only looks again: that whoever sleeps is woken is what the models of sequencers and of Sleeping rings are about.
struct LookAgain : whorl::YieldingWait {
  LookAgain() : whorl::YieldingWait{.spins = 0} {}
};

template <class Kind, class W>
using Ring = whorl::ShardedRingBuffer<Event, Kind, whorl::Inline, W>;
using Leased = Ring<whorl::Exclusive, LookAgain>;
using ById = Ring<whorl::Shared, LookAgain>;
using SleepingLeased = Ring<whorl::Exclusive, SleepAtOnce>;
using SleepingById = Ring<whorl::Shared, SleepAtOnce>;
template <class R>
using Merge = whorl::TicketMerge<typename R::Shard>;

// The producers of both shards, whatever the kind.
template <class R>
class Producers {
 public:
  explicit Producers(R& ring) : ring_(ring) {
    if constexpr (!R::kShared) {
      for (auto& lease : leases_) lease.emplace(*ring.lease());
    }
  }
  // Waits for room.
  void publish(std::size_t shard, int n) {
    const int value = static_cast<int>(10 * shard) + n;
    const auto fill = [value](Event& event) { event.value.set(value); };
    WriteResult result;
    if constexpr (R::kShared) {
      result = ring_.shard_for(shard).publish_event(fill);
    } else {
      result = leases_[shard]->publish_event(fill);
    }
    model::require(result == WriteResult::ok, "a wait without end ended otherwise");
  }
  void end() {
    ring_.close();
    if constexpr (!R::kShared) {
      for (auto& lease : leases_) lease.reset();
    }
  }

 private:
  struct NoLease {};
  using Lease = std::conditional_t<R::kShared, NoLease, typename R::Lease>;
  R& ring_;
  std::array<std::optional<Lease>, kShards> leases_;
};

// What a consumer has seen.
struct Seen {
  void operator()(Event& event) noexcept {
    const int value = event.value.get();
    model::note("handles", static_cast<std::uint64_t>(value));
    if (follows) model::require(event.mark.get() == value, "who follows is ahead");
    if (!follows && marks) event.mark.set(value);
    values.push_back(value);
  }
  bool marks = false;
  bool follows = false;
  std::vector<int> values = {};
};

void require_all(const Seen& seen, std::size_t shards, int each) {
  std::array<int, kShards> next{};
  for (const int value : seen.values) {
    model::require(value % 10 == next[static_cast<std::size_t>(value / 10)]++, "lost, twice, or out of its order");
  }
  for (std::size_t shard = 0; shard < shards; ++shard) model::require(next[shard] == each, "an event is lost");
}

// Of what the first shard had, which was so much, these are the last.
void require_end_of(const std::vector<int>& values, int all) {
  int next = all - static_cast<int>(values.size());
  for (const int value : values) model::require(value == next++, "an event is lost, or has been overwritten");
}

/// One thread publishes in the first shard, then in the second; two consumers poll the shards. Without a merge nobody
/// promises that they see the same order, not even that of the producer.
class WithoutMerge : public model::Scenario {
 public:
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      for (std::size_t shard = 0; shard < kShards; ++shard) producers_.publish(shard, 0);
      return;
    }
    auto& poller = thread == 1 ? one_ : two_;
    Seen& seen = thread == 1 ? first_ : second_;
    while (seen.values.size() != kShards) {
      if (poller.poll(seen) != whorl::PollState::processing) model::yield();
    }
  }
  void finish() override { model::require(first_.values == second_.values, "two consumers see different orders"); }

 private:
  Leased ring_{kShards, kShards};
  Producers<Leased> producers_{ring_};
  whorl::ShardedEventPoller<Leased::Shard> one_{ring_};
  whorl::ShardedEventPoller<Leased::Shard> two_{ring_};
  Seen first_, second_;
};

enum class Bug {
  none,
  follows_nobody,          // one that should follow
  no_place_in_the_shards,  // for a consumer
  no_place_among_tickets,
};

struct Plan {
  std::size_t shards = kShards;  // that something is published in
  int each = 1;                  // events of each
  bool follower = false;         // the second consumer follows the first one
  bool prepared = false;         // everything has been published, and closed
  bool later = false;            // the second consumer runs when all others are done
  std::size_t capacity = 1;      // of a shard
  TicketMergeOptions options = {.tickets = 1};
};

/// A merge and two consumers of it in their threads, and the producer of both shards, unless everything is there already:
/// both see every event, in the same order.
template <class R, Bug kBug = Bug::none>
class Merged : public model::Scenario {
  using Consumer = OrderedEventProcessor<Merge<R>, Seen&>;

 public:
  explicit Merged(const Plan& plan) : plan_(plan) {
    first_.marks = second_.follows = plan.follower;
    std::vector<whorl::Sequence*> upstream;
    if (plan.follower && kBug != Bug::follows_nobody) upstream.push_back(&one_.ticket_sequence());
    two_.emplace(merge_, upstream, second_, whorl::OrderedProcessorOptions{}, typename R::Wait());
    if (kBug == Bug::no_place_in_the_shards) ring_.remove_gating(two_->sequence());
    if (kBug == Bug::no_place_among_tickets) merge_.tickets().remove_gating(two_->ticket_sequence());
    if (plan.prepared) produce();
  }
  ~Merged() override { two_.reset(); }

  std::size_t threads() const override { return 2u + !plan_.later + !plan_.prepared; }
  void run(std::size_t thread) override {
    if (thread == 0) return ends(merge_);
    if (thread == 1) return ends(one_);
    if (thread == 2 && !plan_.prepared) return produce();
    if (thread == (plan_.prepared ? 2u : 3u)) ends(*two_);
  }
  void finish() override {
    if (plan_.later) ends(*two_);
    require_all(first_, plan_.shards, plan_.each);
    require_all(second_, plan_.shards, plan_.each);
    model::require(first_.values == second_.values, "two consumers see different orders");
    for (std::size_t i = 0; i < kShards; ++i) {
      model::require(ring_.shard(i).remaining_capacity() == plan_.capacity, "not all room is back");
    }
  }

 private:
  template <class Loop>
  static void ends(Loop& loop) {
    model::require(loop.run() == RunEnd::closed, "nothing else ends this run");
  }
  void produce() {
    for (int n = 0; n < plan_.each; ++n) {
      for (std::size_t shard = 0; shard < plan_.shards; ++shard) producers_.publish(shard, n);
    }
    producers_.end();
  }

  const Plan plan_;
  R ring_{plan_.capacity * kShards,
          kShards,
          typename R::Wait(),
          {.without_consumers = whorl::EmptyGate::open, .first_position = plan_.options.first_position}};
  Producers<R> producers_{ring_};
  Merge<R> merge_{ring_, {}, plan_.options};
  Seen first_, second_;
  Consumer one_{merge_, {}, first_};
  std::optional<Consumer> two_;
};

/// A merge and one consumer: a ring of one ticket, so that each waits for the other.
template <class R>
class InTurns : public model::Scenario {
 public:
  explicit InTurns(const Plan& plan) : plan_(plan) {
    for (int n = 0; n < plan.each; ++n) {
      for (std::size_t shard = 0; shard < plan.shards; ++shard) producers_.publish(shard, n);
    }
    producers_.end();
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    const RunEnd end = thread == 0 ? merge_.run() : consumer_.run();
    model::require(end == RunEnd::closed, "nothing else ends this run");
  }
  void finish() override { require_all(seen_, plan_.shards, plan_.each); }

 private:
  const Plan plan_;
  R ring_{plan_.capacity * kShards, kShards, typename R::Wait(), {.first_position = plan_.options.first_position}};
  Producers<R> producers_{ring_};
  Merge<R> merge_{ring_, {}, plan_.options};
  Seen seen_;
  OrderedEventProcessor<Merge<R>, Seen&> consumer_{merge_, {}, seen_};
};

/// A merge is halted while it waits for room, is about to, or has not begun; or while nothing comes. What has no ticket then, it
/// has not passed.
class Halted : public model::Scenario {
 public:
  explicit Halted(int events) {
    for (int n = 0; n < events; ++n) producers_.publish(0, n);
  }
  std::size_t threads() const override { return 2; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      model::require(merge_.run() == RunEnd::halted, "nothing else ends this run");
    } else {
      merge_.halt();
    }
  }
  void finish() override {
    const auto tickets = static_cast<int>(merge_.tickets().claimed());
    model::require(merge_.sequence().passed(0) == static_cast<Position>(tickets), "a ticket without its run");
    model::require(tickets <= 1, "tickets without room");
  }

 private:
  SleepingById ring_{4 * kShards, kShards};
  Producers<SleepingById> producers_{ring_};
  Merge<SleepingById> merge_{ring_, {}, {.tickets = 1, .quota = 1}};
  Seen seen_;
  OrderedEventProcessor<Merge<SleepingById>, Seen&> consumer_{merge_, {}, seen_};
};

/// Of two consumers one comes to its end early, for the one that it follows has ended, while the merge waits for it: it leaves,
/// and the merge goes on for the other one.
class OneLeaves : public model::Scenario {
 public:
  explicit OneLeaves(bool third) : third_(third) {
    for (int n = 0; n < kEach; ++n) producers_.publish(0, n);
    producers_.end();
    if (!third) upstream_.end();
  }
  ~OneLeaves() override = default;
  std::size_t threads() const override { return third_ ? 4 : 3; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      model::require(merge_.run() == RunEnd::closed, "nothing else ends this run");
    } else if (thread == 1) {
      model::require(one_.run() == RunEnd::closed, "nothing else ends this run");
    } else if (thread == 2) {
      model::require(two_.run() == RunEnd::closed, "nothing else ends this run");
    } else {
      upstream_.end();
    }
  }
  void finish() override {
    model::require(first_.values.empty(), "an event that the one upstream has not passed");
    require_all(second_, 1, kEach);
  }

 private:
  static constexpr int kEach = 2;
  const bool third_;
  SleepingById ring_{2 * kShards, kShards};
  Producers<SleepingById> producers_{ring_};
  Merge<SleepingById> merge_{ring_, {}, {.tickets = 1, .quota = 1}};
  whorl::Sequence& upstream_ = merge_.tickets().lend_sequence();
  Seen first_, second_;
  OrderedEventProcessor<Merge<SleepingById>, Seen&> one_{merge_, {&upstream_}, first_};
  OrderedEventProcessor<Merge<SleepingById>, Seen&> two_{merge_, {}, second_};
};

/// A consumer joins while events are published and merged. From some event on it sees all, those that are published after it
/// has joined among them, in the order of the other one, which may have left by then.
class JoinsLate : public model::Scenario {
 public:
  explicit JoinsLate(bool early_leaves) : early_leaves_(early_leaves) {}
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      model::require(merge_.run() == RunEnd::closed, "nothing else ends this run");
    } else if (thread == 1) {
      for (int n = 0; n < kEach; ++n) producers_.publish(0, n);
      const whorl::Position ahead = ring_.shard(0).claimed() - merge_.sequence().passed(0);
      while (!has_joined_.load(model::Order::acquire)) model::yield();
      model::require(ahead <= ring_.shard(0).capacity(), "the merge is overrun");
      producers_.end();
    } else {
      late_.emplace(merge_, std::initializer_list<whorl::Sequence*>{}, second_);
      if (early_leaves_) early_.reset();
      producers_.publish(1, 0);
      has_joined_.store(true, model::Order::release);
      model::require(late_->run() == RunEnd::closed, "nothing else ends this run");
    }
  }
  void finish() override {
    model::require(of(second_, 1).size() == 1, "an event is lost that was published after it had joined");
    if (early_leaves_) return require_end_of(of(second_, 0), kEach);
    model::require(early_->run() == RunEnd::closed, "nothing else ends this run");
    require_all({.values = of(first_, 0)}, 1, kEach);
    // Its part of each shard is an end of that; the rest is the order of the other one.
    std::vector<int> rest;
    for (const int value : first_.values) {
      bool is_seen = false;
      for (const int seen : second_.values) is_seen |= seen == value;
      model::require(is_seen || of_shard(rest, value / 10).empty(), "an event is lost between others");
      if (is_seen) rest.push_back(value);
    }
    model::require(rest == second_.values, "two consumers see different orders");
  }

 private:
  static constexpr int kEach = 2;

  static std::vector<int> of_shard(const std::vector<int>& values, int shard) {
    std::vector<int> part;
    for (const int value : values)
      if (value / 10 == shard) part.push_back(value);
    return part;
  }
  static std::vector<int> of(const Seen& seen, int shard) { return of_shard(seen.values, shard); }

  using Consumer = OrderedEventProcessor<Merge<ById>, Seen&>;

  const bool early_leaves_;
  ById ring_{(early_leaves_ ? 1 : 4) * kShards, kShards};
  Producers<ById> producers_{ring_};
  Merge<ById> merge_{ring_, {}, {.tickets = 4}};
  Seen first_, second_;
  std::optional<Consumer> early_{std::in_place, merge_, std::initializer_list<whorl::Sequence*>{}, first_};
  std::optional<Consumer> late_;
  model::Atomic<bool> has_joined_{false, "joined"};
};

/// A consumer, and one that follows it, join while events are published and merged. They run when all others are done: no event
/// that the first one has yet to read is overwritten, though the second one joins ahead of it.
class ChainJoins : public model::Scenario {
 public:
  explicit ChainJoins(Bug bug) : bug_(bug) { first_.marks = second_.follows = true; }
  std::size_t threads() const override { return 3; }
  void run(std::size_t thread) override {
    if (thread == 0) {
      model::require(merge_.run() == RunEnd::closed, "nothing else ends this run");
    } else if (thread == 1) {
      produce();
    } else {
      one_.emplace(merge_, std::initializer_list<whorl::Sequence*>{}, first_);
      if (bug_ == Bug::no_place_in_the_shards) ring_.remove_gating(one_->sequence());
      has_begun_.store(true, model::Order::release);
      while (merge_.sequence().passed(0) == 0) model::yield();
      two_.emplace(merge_, std::initializer_list<whorl::Sequence*>{&one_->ticket_sequence()}, second_);
      have_joined_.store(true, model::Order::release);
    }
  }
  void finish() override {
    for (auto* processor : {&*one_, &*two_}) {
      model::require(processor->run() == RunEnd::closed, "nothing else ends this run");
    }
    require_end_of(first_.values, published_);
    require_end_of(second_.values, published_);
    model::require(second_.values.size() <= first_.values.size(), "who follows sees more");
  }

 private:
  // As much as there is room for, up to a lap more than fits; at last when both have joined.
  void produce() {
    const auto fill = [this](Event& event) { event.value.set(published_); };
    while (bug_ != Bug::none && !has_begun_.load(model::Order::acquire))
      model::yield();  // so that every search finds it
    for (bool is_last = false; !is_last; model::yield()) {
      is_last = have_joined_.load(model::Order::acquire);
      if (published_ != 3) published_ += ring_.shard_for(0).try_publish_event(fill);
    }
    ring_.close();
  }

  const Bug bug_;
  ById ring_{kShards, kShards};
  Merge<ById> merge_{ring_, {}, {.tickets = 4}};
  int published_ = 0;
  Seen first_, second_;
  std::optional<OrderedEventProcessor<Merge<ById>, Seen&>> one_, two_;
  model::Atomic<bool> has_begun_{false, "begun"};
  model::Atomic<bool> have_joined_{false, "joined"};
};

template <class R>
void explore(model::Suite& suite, const std::string& kind) {
  for (const Position first : {Position{0}, kNearTheEnd}) {
    const std::string from = first == 0 ? "" : ", from " + model::show(first);
    suite.check(kind + ": a merge and a consumer, one ticket" + from,
                model::scenario<InTurns<R>>(Plan{.options = {.tickets = 1, .first_position = first}}));
  }
  suite.sample(
      kind + ": a merge and a consumer, one ticket, three runs",
      model::scenario<InTurns<R>>(Plan{.shards = 1, .each = 3, .capacity = 4, .options = {.tickets = 1, .quota = 1}}));
  suite.check(kind + ": two consumers, everything is there", model::scenario<Merged<R>>(Plan{.prepared = true}),
              kThree);
  suite.check(kind + ": a consumer and a follower, everything is there",
              model::scenario<Merged<R>>(Plan{.follower = true, .prepared = true}), kThree);
}

void bugs(model::Suite& suite) {
  suite.must_fail("planted: a follower that follows nobody", "",
                  model::scenario<Merged<ById, Bug::follows_nobody>>(Plan{.follower = true, .prepared = true}));
  suite.must_fail("planted: a consumer without a place in the shards", "",
                  model::scenario<Merged<ById, Bug::no_place_in_the_shards>>(Plan{.shards = 1, .each = 2}));
  suite.must_fail("planted: a consumer without a place among the tickets", "",
                  model::scenario<Merged<ById, Bug::no_place_among_tickets>>(Plan{.prepared = true}));
  suite.must_fail("planted: of a chain that joins late, only the last one has a place in the shards", "",
                  model::scenario<ChainJoins>(Bug::no_place_in_the_shards));
}

}  // namespace

int main(int argc, char** argv) {
  model::Suite suite(argc, argv);
  suite.shows("without a merge, two consumers poll", "two consumers see different orders",
              model::scenario<WithoutMerge>());
  suite.must_fail("without a merge, two consumers poll: every search", "two consumers see different orders",
                  model::scenario<WithoutMerge>());
  const TicketMergeOptions two{.tickets = 2};
  suite.check("merged: two shards, two consumers, one of them later",
              model::scenario<Merged<Leased>>(Plan{.later = true, .options = two}), kThree);
  suite.check("merged: two shards, two consumers", model::scenario<Merged<Leased>>(Plan{.options = two}), kFour);
  suite.sample("merged: two shards, two consumers, by lot", model::scenario<Merged<Leased>>(Plan{.options = two}));
  explore<Leased>(suite, "leased");
  explore<ById>(suite, "by id");
  suite.sample("by id: all sleep", model::scenario<Merged<SleepingById>>(Plan{.each = 2}));
  suite.sample("leased: a follower, all sleep",
               model::scenario<Merged<SleepingLeased>>(Plan{.each = 2, .follower = true}));
  for (const int events : {0, 1, 2}) {
    suite.check("halted, " + std::to_string(events) + " events", model::scenario<Halted>(events));
  }
  suite.check("one has ended, and leaves", model::scenario<OneLeaves>(false));
  suite.sample("one ends, and leaves", model::scenario<OneLeaves>(true));
  suite.check("one joins late", model::scenario<JoinsLate>(false), kThree);
  suite.sample("one joins late, by lot", model::scenario<JoinsLate>(false));
  suite.check("one joins late, the other one leaves", model::scenario<JoinsLate>(true), kFour);
  suite.sample("one joins late, the other one leaves, by lot", model::scenario<JoinsLate>(true));
  suite.check("a chain joins late", model::scenario<ChainJoins>(Bug::none), kFour);
  suite.sample("a chain joins late, by lot", model::scenario<ChainJoins>(Bug::none));
  bugs(suite);
  return suite.finish();
}
