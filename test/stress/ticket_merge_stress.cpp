// Producers of many shards, a merge, and consumers that must agree on one order of everything.
// Forbidden: two ordered consumers that see different orders; an event lost, handled twice, torn, out of its shard's order, or
// by a follower before those upstream are done; a thread that waits on although what it waits for is there; an event that was
// accepted and comes to nobody, for the ring was closed or another consumer has failed.

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>
#include <whorl/disruptor/ordered_event_processor.hpp>

#include "crew.hpp"
#include "ledger.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using whorl::RunEnd;
using whorl::WriteResult;

namespace {

constexpr std::size_t kShards = 4;
constexpr int kRuns = 100;

struct Event {
  Item item;
  std::array<std::uint64_t, 2> marks{};  // what each of the two upstream has left here
};

template <class Kind, class Layout, class W>
struct Shape {
  using Ring = whorl::ShardedRingBuffer<Event, Kind, Layout, W>;
};

// Keeps a fingerprint of the order in which everything came.
struct Node {
  Node(std::size_t self, bool follows, std::size_t producers, Watchdog& watchdog)
      : self(self), follows(follows), ledger(producers), watchdog(watchdog), last(kShards, -1) {}

  template <class Context>
  void operator()(Event& event, const Context& context) {
    wrong += context.sequence <= last[context.shard];
    last[context.shard] = context.sequence;
    ledger(event.item);
    order = order * 0x9E3779B97F4A7C15u + event.item.seal;
    for (std::size_t i = 0; follows && i < event.marks.size(); ++i) wrong += event.marks[i] != event.item.seal + i;
    if (!follows) event.marks[self] = event.item.seal + self;
    if (context.end_of_batch) watchdog.progress();
    if (++seen == fails_at) throw std::runtime_error("planned");
  }

  const std::size_t self;
  const bool follows;
  Ledger ledger;
  Watchdog& watchdog;
  std::vector<whorl::SequenceNumber> last;
  std::uint64_t order = 0;
  std::uint64_t wrong = 0;
  std::uint64_t seen = 0;
  std::uint64_t fails_at = 0;  // none
};

// A merge, two consumers, and one that comes after both; their threads.
template <class Ring>
class Graph {
  using Merge = whorl::TicketMerge<typename Ring::Shard>;
  using Processor = whorl::OrderedEventProcessor<Merge, Node&>;

 public:
  Graph(Ring& ring, Random& random, Watchdog& watchdog)
      : merge(ring, {}, {.tickets = std::size_t{1} << between(random, 0, 6), .quota = between(random, 1, 20)}),
        one(0, false, kShards, watchdog),
        two(1, false, kShards, watchdog),
        last(0, true, kShards, watchdog),
        a_(merge, {}, one),
        b_(merge, {}, two, {.max_batch = between(random, 0, 7)}),
        c_(merge, {&a_.ticket_sequence(), &b_.ticket_sequence()}, last) {}
  void start() {
    threads_.emplace_back([this] { merge.run(); });
    for (auto* processor : {&a_, &b_, &c_}) threads_.emplace_back([processor] { processor->run(); });
  }
  void join() { threads_.clear(); }

  Merge merge;
  Node one, two, last;

 private:
  Processor a_, b_, c_;
  std::vector<std::jthread> threads_;
};

// Publishes up to `each` items; returns how many were accepted. Now and then filling one fails.
template <class Shard>
std::uint64_t publish(Shard& shard, std::size_t producer, std::uint64_t each, Random& random) {
  for (std::uint64_t n = 0; n < each;) {
    const bool fails = between(random, 0, 20) == 0;
    try {
      const WriteResult result = shard.publish_event([&](Event& event) {
        if (fails) throw 7;
        event.item = Item::make(producer, n);
      });
      if (result != WriteResult::ok) return n;
      ++n;
    } catch (int) {
    }
  }
  return each;
}

// A producer of its own for each shard; returns how many of each were accepted.
template <class Ring>
class Producers {
 public:
  Producers(Ring& ring, std::uint64_t each) : accepted(kShards) {
    if constexpr (!Ring::kShared) {
      for (auto& lease : leases_) lease.emplace(*ring.lease());
    }
    crew_.emplace(kShards, [&, each](std::size_t producer, std::stop_token, Random& random) {
      if constexpr (Ring::kShared) {
        accepted[producer] = publish(ring.shard_for(producer), producer, each, random);
      } else {
        accepted[producer] = publish(*leases_[producer], producer, each, random);
        leases_[producer].reset();
      }
    });
  }
  void join() { crew_.reset(); }

  std::vector<std::uint64_t> accepted;

 private:
  struct NoLease {};
  using Lease = std::conditional_t<Ring::kShared, NoLease, typename Ring::Lease>;
  std::array<std::optional<Lease>, kShards> leases_;
  std::optional<Crew> crew_;
};

template <class G>
void check_complete(const G& graph, const Node& node, const std::vector<std::uint64_t>& accepted) {
  CHECK(node.ledger.complaint() == "");
  CHECK(node.wrong == 0);
  CHECK(node.ledger.seen_of_each() == accepted);
  CHECK(node.order == graph.two.order);
}

template <class Ring>
void hundred_runs(std::uint64_t each, bool closes) {
  Random dice(seed());
  std::uint64_t all = 0;
  for (int run = 0; run < kRuns; ++run) {
    CAPTURE(run);
    Watchdog watchdog("ticket merge");
    Ring ring(kShards << between(dice, 0, 5), kShards);
    Graph<Ring> graph(ring, dice, watchdog);
    graph.start();
    Producers<Ring> producers(ring, each);
    if (closes) {
      while (ring.shard(0).claimed() == 0) std::this_thread::yield();  // or it is closed before anybody has begun
      dawdle(between(dice, 0, 2'000));
      ring.close();
    }
    producers.join();
    ring.close();
    graph.join();
    for (const Node* node : {&graph.one, &graph.two, &graph.last}) check_complete(graph, *node, producers.accepted);
    if (!closes) CHECK(producers.accepted == std::vector<std::uint64_t>(kShards, each));
    for (const std::uint64_t n : producers.accepted) all += n;
  }
  CHECK(all != 0);
}

}  // namespace

#define WHORL_STRESS_MERGES(W) Shape<whorl::Exclusive, whorl::Dense, W>, Shape<whorl::Shared, whorl::Inline, W>

TEST_CASE_TEMPLATE("ticket merge: a hundred runs, three consumers, one order", S,
                   WHORL_STRESS_MERGES(whorl::BlockingWait)) {
  hundred_runs<typename S::Ring>(scaled(100), false);
}

TEST_CASE_TEMPLATE("ticket merge: closed while producers wait, a hundred times", S,
                   WHORL_STRESS_MERGES(whorl::BlockingWait)) {
  hundred_runs<typename S::Ring>(~std::uint64_t{0}, true);
}

// Of two consumers one fails: it closes the ring, and its sibling sees all that was accepted. Who follows both sees what both
// have, in that order.
TEST_CASE_TEMPLATE("ticket merge: one of the consumers fails, a hundred times", S,
                   WHORL_STRESS_MERGES(whorl::BlockingWait)) {
  Random dice(seed());
  for (int run = 0; run < kRuns; ++run) {
    CAPTURE(run);
    Watchdog watchdog("ticket merge: failure");
    typename S::Ring ring(kShards << between(dice, 0, 5), kShards);
    Graph<typename S::Ring> graph(ring, dice, watchdog);
    graph.one.fails_at = between(dice, 1, 100);
    graph.start();
    Producers<typename S::Ring> producers(ring, ~std::uint64_t{0});
    producers.join();
    graph.join();
    check_complete(graph, graph.two, producers.accepted);
    CHECK(graph.one.seen == graph.one.fails_at);
    CHECK(graph.last.seen < graph.one.seen);
    CHECK(graph.last.wrong == 0);
  }
}
