// Producers of many shards, and a graph of consumers that see everything.
// Forbidden: an event lost, handled twice, torn, or by a consumer before all upstream of it are done; two consumers that see a
// shard in different orders; a later lease's event before an earlier one's; an event overwritten that a consumer has not
// handled; a thread that waits on although what it waits for is there.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>
#include <whorl/disruptor/sharded_event_processor.hpp>

#include "crew.hpp"
#include "shard_node.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using whorl::WriteResult;

namespace {

template <class Kind, class Layout, class W>
struct Shape {
  using Ring = whorl::ShardedRingBuffer<ShardEvent, Kind, Layout, W>;
};

// A ring, its nodes, and their threads.
template <class Ring>
class Graph {
  using S = typename Ring::Shard;
  using Processor = whorl::ShardedEventProcessor<S, ShardNode&>;

 public:
  Graph(Ring& ring, const Edges& edges, std::size_t producers, Watchdog& watchdog) {
    for (const std::vector<std::size_t>& upstream : edges) {
      std::vector<typename Ring::Progress*> before;
      for (const std::size_t node : upstream) before.push_back(&processors_[node]->sequence());
      nodes_.push_back(std::make_unique<ShardNode>(nodes_.size(), upstream, ring.shard_count(), producers, watchdog));
      // Small batches and quotas, so that shards take turns.
      const whorl::ShardedProcessorOptions options{.max_batch = nodes_.size() % 2 == 0 ? 7u : 0u, .quota = 5};
      processors_.push_back(std::make_unique<Processor>(ring, before, *nodes_.back(), options, ring.wait_strategy()));
    }
    REQUIRE(ring.add_gating(processors_.back()->sequence()));
    for (auto& processor : processors_) threads_.emplace_back([&processor] { processor->run(); });
  }
  ~Graph() {
    threads_.clear();
    while (!processors_.empty()) processors_.pop_back();  // who follows ends first
  }

  void join() { threads_.clear(); }
  void check(const std::vector<std::uint64_t>& accepted) const {
    for (const auto& node : nodes_) {
      CHECK(node->ledger.complaint() == "");
      CHECK(node->wrong == 0);
      CHECK(node->ledger.seen_of_each() == accepted);
      CHECK(node->orders == nodes_.front()->orders);
    }
  }

 private:
  std::vector<std::unique_ptr<ShardNode>> nodes_;
  std::vector<std::unique_ptr<Processor>> processors_;
  std::vector<std::jthread> threads_;
};

// Publishes up to `each` items, some at a time; returns how many were accepted. Now and then filling them fails, if it may.
template <class Shard>
std::uint64_t publish(Shard& shard, std::size_t producer, std::size_t most, std::uint64_t each, bool fails,
                      Random& random) {
  std::uint64_t n = 0;
  while (n < each) {
    const std::size_t size = std::min<std::size_t>({each - n, most, between(random, 1, 4)});
    const std::size_t bad = fails && between(random, 0, 20) == 0 ? size - 1 : size;
    std::size_t filled = 0;
    try {
      const WriteResult result = shard.publish_events(size, [&](ShardEvent& event) {
        if (filled == bad) throw 7;
        event.item = Item::make(producer, n + filled++);
      });
      if (result != WriteResult::ok) return n;
      n += size;
    } catch (int) {
    }
  }
  return n;
}

// By id; or with a lease for as long as it lasts, which there may be fewer of than producers.
template <class Ring>
std::uint64_t produce(Ring& ring, std::size_t producer, std::uint64_t each, bool fails, Random& random) {
  const std::size_t most = ring.shard(0).capacity();
  if constexpr (Ring::kShared) {
    return publish(ring.shard_for(producer), producer, most, each, fails, random);
  } else {
    for (whorl::Backoff wait; !ring.is_closed(); wait.snooze()) {
      if (auto lease = ring.lease()) return publish(*lease, producer, most, each, fails, random);
    }
    return 0;
  }
}

template <class Ring>
void run(const Edges& edges, std::size_t shards, std::size_t producers, std::size_t capacity, std::uint64_t each,
         bool fails) {
  CAPTURE(capacity);
  CAPTURE(fails);
  Watchdog watchdog("sharded sequencer: graph");
  Ring ring(capacity * shards, shards);
  Graph<Ring> graph(ring, edges, producers, watchdog);
  std::vector<std::uint64_t> accepted(producers);
  {
    const Crew crew(producers, [&](std::size_t producer, std::stop_token, Random& random) {
      accepted[producer] = produce(ring, producer, each, fails, random);
    });
  }
  ring.close();
  graph.join();
  CHECK(accepted == std::vector<std::uint64_t>(producers, each));
  graph.check(accepted);
  for (std::size_t i = 0; i < shards; ++i) CHECK(ring.shard(i).remaining_capacity() == capacity);
}

template <class Ring>
void run_diamonds() {
  for (const std::size_t capacity : {1u, 8u, 256u}) {
    for (const bool fails : {false, true}) {
      run<Ring>(kDiamond, 4, 4, capacity, scaled(capacity < 64 ? 1'000 : 10'000), fails);
    }
  }
}

}  // namespace

#define WHORL_STRESS_SHARDS(W)                                                         \
  Shape<whorl::Exclusive, whorl::Inline, W>, Shape<whorl::Exclusive, whorl::Dense, W>, \
      Shape<whorl::Shared, whorl::Inline, W>, Shape<whorl::Shared, whorl::Dense, W>

TEST_CASE_TEMPLATE(
    "sharded sequencer: every event comes once to each, in its shard's order, and last to the last, parked", S,
    WHORL_STRESS_SHARDS(whorl::BlockingWait)) {
  run_diamonds<typename S::Ring>();
}

TEST_CASE_TEMPLATE(
    "sharded sequencer: every event comes once to each, in its shard's order, and last to the last, yielding", S,
    WHORL_STRESS_SHARDS(whorl::YieldingWait)) {
  run_diamonds<typename S::Ring>();
}

// Of a size that laps, batches and waits of all lengths come up; WHORL_LONG=1 makes it ten million.
TEST_CASE_TEMPLATE("sharded sequencer: millions of events through two consumers and one after both", S,
                   Shape<whorl::Exclusive, whorl::Inline, whorl::BlockingWait>) {
  run<typename S::Ring>(kDiamond, 4, 4, 1024, scaled(625'000), false);
}

// Of exclusive shards there are fewer than producers: leases change hands.
TEST_CASE_TEMPLATE("sharded sequencer: 64 producers, 16 shards, a graph of five", S,
                   WHORL_STRESS_SHARDS(whorl::BlockingWait)) {
  run<typename S::Ring>(kGraph, 16, 64, 16, scaled(400), true);
}

// Each event comes to one worker, to the same as all of its shard, and then to the one that follows them.
TEST_CASE_TEMPLATE("sharded sequencer: two workers divide the shards, and one follows them", S,
                   Shape<whorl::Shared, whorl::Inline, whorl::BlockingWait>,
                   Shape<whorl::Shared, whorl::Dense, whorl::YieldingWait>) {
  using Ring = typename S::Ring;
  using Worker = ShardNode;
  using Processor = whorl::ShardedEventProcessor<typename Ring::Shard, Worker&>;
  const std::uint64_t each = scaled(5'000);
  Watchdog watchdog("sharded sequencer: group");
  Ring ring(32, 4);
  typename Ring::Progress group(ring);
  Worker even(0, {}, 4, 8, watchdog), odd(0, {}, 4, 8, watchdog), after(1, {0}, 4, 8, watchdog);
  Processor zero(ring, group, {}, even, {.stripe = {0, 2}}), one(ring, group, {}, odd, {.stripe = {1, 2}});
  Processor last(ring, {&group}, after);
  REQUIRE(ring.add_gating(last.sequence()));
  {
    std::vector<std::jthread> threads;
    for (Processor* processor : {&zero, &one, &last}) threads.emplace_back([processor] { processor->run(); });
    {
      const Crew crew(8, [&](std::size_t producer, std::stop_token, Random& random) {
        produce(ring, producer, each, true, random);
      });
    }
    ring.close();
  }
  for (const Worker* node : {&even, &odd, &after}) {
    CHECK(node->ledger.complaint() == "");
    CHECK(node->wrong == 0);
  }
  for (std::size_t producer = 0; producer < 8; ++producer) {
    CHECK(even.ledger.seen_of_each()[producer] == (producer % 2 == 0 ? each : 0));
    CHECK(odd.ledger.seen_of_each()[producer] == (producer % 2 == 1 ? each : 0));
    CHECK(after.ledger.seen_of_each()[producer] == each);
  }
}

// Nobody has an end but the close: who waits for room, or for something to read, hears of it, and what was accepted is
// handled.
TEST_CASE_TEMPLATE("sharded sequencer: closed while producers wait", S, WHORL_STRESS_SHARDS(whorl::BlockingWait)) {
  Random dice(seed());
  std::uint64_t all = 0;
  for (std::uint64_t round = scaled(60); round != 0; --round) {
    Watchdog watchdog("sharded sequencer: close");
    typename S::Ring ring(8, 4);
    Graph<typename S::Ring> graph(ring, kDiamond, 4, watchdog);
    std::vector<std::uint64_t> accepted(4);
    {
      std::atomic<std::size_t> begun{0};
      const Crew crew(4, [&](std::size_t producer, std::stop_token, Random& random) {
        begun.fetch_add(1);
        accepted[producer] = produce(ring, producer, ~std::uint64_t{0}, false, random);
      });
      while (begun.load() != 4) std::this_thread::yield();
      dawdle(between(dice, 0, 5'000));
      ring.close();
    }
    graph.join();
    graph.check(accepted);
    for (const std::uint64_t n : accepted) all += n;
  }
  CHECK(all != 0);  // or it was closed before anybody had begun
}
