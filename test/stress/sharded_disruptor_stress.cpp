// Disruptors of shards, as their builder makes them.
// Forbidden: an event lost, handled twice, torn, or by a node before all that it comes after are done with it; two nodes that
// see a shard in different orders; a later lease's event before an earlier one's; an end that leaves an accepted event
// unhandled; a thread that waits on although what it waits for is there.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <stop_token>
#include <vector>

#include "../support/sharded_disruptors.hpp"
#include "crew.hpp"
#include "shard_node.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using whorl::PublishResult;

namespace {

template <class D>
class Graph {
 public:
  Graph(D& d, const Edges& edges, std::size_t producers, Watchdog& watchdog) {
    for (const std::vector<std::size_t>& upstream : edges) {
      nodes_.emplace_back(nodes_.size(), upstream, d.shard_count(), producers, watchdog);
      // Small batches and quotas, so that shards take turns.
      whorl::HandlerOptions options{.max_batch = nodes_.size() % 2 == 0 ? 7u : 0u, .quota = 5};
      for (const std::size_t node : upstream) options.after.add(ids_[node]);
      ids_.push_back(d.handle(std::ref(nodes_.back()), options));
    }
  }

  void check(const std::vector<std::uint64_t>& accepted) const {
    for (const ShardNode& node : nodes_) {
      CHECK(node.ledger.complaint() == "");
      CHECK(node.wrong == 0);
      CHECK(node.ledger.seen_of_each() == accepted);
      CHECK(node.orders == nodes_.front().orders);
    }
  }

 private:
  std::deque<ShardNode> nodes_;
  std::vector<whorl::NodeId> ids_;
};

// Publishes up to `each` items, some at a time, some in claims; returns how many were accepted. Now and then filling them
// fails, or a claim is dropped, if that may be.
template <class P>
std::uint64_t publish(P& producer, std::size_t self, std::size_t most, std::uint64_t each, bool fails, Random& random) {
  std::uint64_t n = 0;
  while (n < each) {
    const std::size_t size = std::min<std::size_t>({each - n, most, between(random, 1, 4)});
    const auto dice = fails ? between(random, 0, 20) : 20;
    if (dice < 2) {
      auto claim = producer.claim(size);
      if (!claim) return n;
      for (std::size_t k = 0; k < size; ++k) claim[k].item = Item::make(self, n + k);
      if (dice == 0) continue;  // dropped
      claim.commit();
      n += size;
      continue;
    }
    std::size_t filled = 0;
    try {
      const PublishResult result = producer.publish_batch(size, [&](ShardEvent& event) {
        if (dice == 2 && filled + 1 == size) throw 7;
        event.item = Item::make(self, n + filled++);
      });
      if (result != PublishResult::ok) return n;
      n += size;
    } catch (int) {
    }
  }
  return n;
}

// By id; or with a lease for as long as it lasts, which there may be fewer of than producers.
template <class D>
std::uint64_t produce(D& d, std::size_t self, std::uint64_t each, bool fails, Random& random) {
  const std::size_t most = d.capacity() / d.shard_count();
  if constexpr (D::Ring::kShared) {
    auto producer = d.producer(self);
    return publish(producer, self, most, each, fails, random);
  } else {
    for (whorl::Backoff wait; !d.is_closed(); wait.snooze()) {
      if (auto producer = d.producer()) return publish(*producer, self, most, each, fails, random);
    }
    return 0;
  }
}

template <class F>
void run(const Edges& edges, std::size_t shards, std::size_t producers, std::size_t capacity, std::uint64_t each,
         bool fails) {
  CAPTURE(capacity);
  Watchdog watchdog("sharded disruptor: graph");
  typename F::template Of<ShardEvent> d({.capacity = capacity * shards, .shards = shards});
  Graph graph(d, edges, producers, watchdog);
  d.start();
  std::vector<std::uint64_t> accepted(producers);
  {
    const Crew crew(producers, [&](std::size_t producer, std::stop_token, Random& random) {
      accepted[producer] = produce(d, producer, each, fails, random);
    });
  }
  d.close();
  d.join();
  CHECK(accepted == std::vector<std::uint64_t>(producers, each));
  graph.check(accepted);
  CHECK(d.remaining_capacity() == d.capacity());
}

template <class Kind, class Layout>
using Parked = ShardedFlow<Kind, Layout, whorl::BlockingWait>;
template <class Kind, class Layout>
using Yielding = ShardedFlow<Kind, Layout, whorl::YieldingWait>;

}  // namespace

TEST_CASE_TEMPLATE("sharded disruptor: every event comes once to each, in its shard's order, and last to the last", F,
                   Parked<whorl::Exclusive, whorl::Inline>, Parked<whorl::Shared, whorl::Dense>,
                   Yielding<whorl::Exclusive, whorl::Dense>, Yielding<whorl::Shared, whorl::Inline>) {
  for (const std::size_t capacity : {1u, 8u, 256u}) {
    run<F>(kDiamond, 4, 4, capacity, scaled(capacity < 64 ? 1'000 : 10'000), capacity == 8);
  }
}

// Of a size that laps, batches and waits of all lengths come up; WHORL_LONG=1 makes it ten million.
TEST_CASE_TEMPLATE("sharded disruptor: millions of events through two nodes and one after both", F,
                   Parked<whorl::Exclusive, whorl::Inline>) {
  run<F>(kDiamond, 4, 4, 1024, scaled(625'000), false);
}

// Of exclusive shards there are fewer than producers: leases change hands.
TEST_CASE_TEMPLATE("sharded disruptor: 64 producers, 16 shards, a graph of five", F,
                   Parked<whorl::Exclusive, whorl::Inline>, Parked<whorl::Exclusive, whorl::Dense>,
                   Parked<whorl::Shared, whorl::Inline>, Parked<whorl::Shared, whorl::Dense>) {
  run<F>(kGraph, 16, 64, 16, scaled(400), true);
}

// Each event comes to one worker, to the same as all of its shard, and then to the one that follows them.
TEST_CASE_TEMPLATE("sharded disruptor: three workers divide the shards, and one follows them", F,
                   Parked<whorl::Shared, whorl::Inline>, Yielding<whorl::Shared, whorl::Dense>) {
  const std::uint64_t each = scaled(5'000);
  Watchdog watchdog("sharded disruptor: workers");
  typename F::template Of<ShardEvent> d({.capacity = 32, .shards = 4});
  std::deque<ShardNode> nodes;
  const auto make = [&](std::size_t) {
    nodes.emplace_back(0, std::vector<std::size_t>{}, 4, 8, watchdog);
    return std::ref(nodes.back());
  };
  const whorl::NodeGroup workers = d.handle_divided(3, make);
  ShardNode after(1, {0}, 4, 8, watchdog);
  d.handle(std::ref(after), {.after = workers});
  d.start();
  {
    const Crew crew(
        8, [&](std::size_t producer, std::stop_token, Random& random) { produce(d, producer, each, true, random); });
  }
  d.close();
  d.join();
  for (std::size_t producer = 0; producer < 8; ++producer) {
    CHECK(after.ledger.seen_of_each()[producer] == each);
    for (std::size_t worker = 0; worker < 3; ++worker)
      CHECK(nodes[worker].ledger.seen_of_each()[producer] == (producer % 4 % 3 == worker ? each : 0));
  }
  nodes.push_back(after);
  for (const ShardNode& node : nodes) {
    CHECK(node.ledger.complaint() == "");
    CHECK(node.wrong == 0);
  }
}

// Nobody has an end but the close: who waits for room, or for something to read, hears of it, and what was accepted is
// handled. Producers that do nothing hold up no end.
TEST_CASE_TEMPLATE("sharded disruptor: closed while producers wait", F, Parked<whorl::Exclusive, whorl::Inline>,
                   Parked<whorl::Exclusive, whorl::Dense>, Parked<whorl::Shared, whorl::Inline>,
                   Parked<whorl::Shared, whorl::Dense>) {
  Random dice(seed());
  std::uint64_t all = 0;
  for (std::uint64_t round = scaled(60); round != 0; --round) {
    Watchdog watchdog("sharded disruptor: close");
    typename F::template Of<ShardEvent> d({.capacity = 8, .shards = 4});
    Graph graph(d, kDiamond, 4, watchdog);
    d.start();
    std::vector<std::uint64_t> accepted(4);
    {
      std::atomic<std::size_t> begun{0};
      const Crew crew(4, [&](std::size_t producer, std::stop_token, Random& random) {
        begun.fetch_add(1);
        accepted[producer] = produce(d, producer, ~std::uint64_t{0}, false, random);
      });
      while (begun.load() != 4) std::this_thread::yield();
      dawdle(between(dice, 0, 5'000));
      d.close();
      d.join();
    }
    graph.check(accepted);
    for (const std::uint64_t n : accepted) all += n;
  }
  CHECK(all != 0);  // or it was closed before anybody had begun
}
