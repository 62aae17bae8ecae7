// A Disruptor of shards: its nodes, how they come and go, and how it ends.

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>

#include "../../support/message.hpp"
#include "../../support/scale.hpp"
#include "../../support/sharded_disruptors.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::PollState;
using whorl::PublishResult;
using whorl::RunEnd;
using whorl::SequenceNumber;
using Numbers = std::vector<std::uint64_t>;

namespace {

const auto kNothing = [](std::uint64_t&) {};
const auto kNumbered = [](std::uint64_t& e, SequenceNumber s) { e = static_cast<std::uint64_t>(s); };

void wait_until(const std::function<bool()>& is_so) {
  while (!is_so()) std::this_thread::sleep_for(1ms);
}

}  // namespace

// ---- workers --------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("sharded Disruptor: workers divide the shards; who comes after one comes after them all", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  for (const std::size_t workers : {1u, 2u, 3u, 4u}) {
    CAPTURE(workers);
    for (const bool dynamic : {false, true}) {
      typename F::template Of<Marked> d({.capacity = 16, .shards = 4, .dynamic = dynamic});
      std::deque<ShardMarker> markers;
      const auto make = [&](std::size_t worker) {
        CHECK(worker == markers.size());
        markers.emplace_back(0, std::vector<std::size_t>{}, 4);
        return std::ref(markers.back());
      };
      const whorl::NodeGroup group = d.handle_divided(workers, make, {.name = "part"});
      REQUIRE(group.size() == workers);
      ShardMarker after(1, {0}, 4);
      d.handle(std::ref(after), {.after = {*std::prev(group.end())}});
      d.start();
      const std::uint64_t events = scaled(500);
      for (std::size_t shard = 0; shard < 4; ++shard) {
        auto producer = producer_of_shard(d, shard);
        CHECK(publish_numbers(producer, 0, events));
      }
      CHECK(d.drain_for(60s));
      CHECK(d.stats().nodes.front().name == "part 0");
      CHECK(d.stats().nodes.front().lag == 0);
      d.close();
      d.join();
      CHECK(after.wrong == 0);
      CHECK(after.next == Numbers(4, events));
      for (std::size_t worker = 0; worker < workers; ++worker) {
        CHECK(markers[worker].wrong == 0);
        for (std::size_t shard = 0; shard < 4; ++shard)
          CHECK(markers[worker].next[shard] == (shard % workers == worker ? events : 0));
      }
    }
  }
}

TEST_CASE("sharded Disruptor: workers that cannot be are refused, all of them") {
  using D = ExclusiveFlow::Of<std::uint64_t>;
  D d({.capacity = 16, .shards = 4, .dynamic = true});
  const auto make = [](std::size_t) { return kNothing; };
  CHECK(refusal_of([&] { d.handle_divided(0, make); }).find("0 workers cannot divide 4 shards: use 1 or more") !=
        std::string::npos);
  CHECK(refusal_of([&] { d.handle_divided(5, make); }).find("5 workers cannot divide 4 shards: use 4 or fewer") !=
        std::string::npos);
  const auto fails = [](std::size_t worker) {
    if (worker == 2) throw std::runtime_error("no third");
    return kNothing;
  };
  CHECK_THROWS_WITH(d.handle_divided(4, fails), "no third");
  CHECK(d.stats().nodes.empty());
  const whorl::NodeGroup group = d.handle_divided(2, make);
  CHECK(refusal_of([&] { d.remove(*group.begin()); }).find("a worker stays as long as its group") != std::string::npos);
  d.start();
  CHECK(refusal_of([&] { d.handle_divided(2, make); }).find("it has been started, and workers divide") !=
        std::string::npos);
  auto producer = d.producer();
  for (int i = 0; i < 100; ++i) CHECK(producer->publish(kNumbered) == PublishResult::ok);  // it works without
  CHECK(d.drain_for(60s));
}

TEST_CASE_TEMPLATE("sharded Disruptor: a worker that fails ends who comes after the group; the others handle the rest",
                   F, WHORL_TEST_SHARDED_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 8, .shards = 2});
  std::array<std::uint64_t, 2> seen{};
  std::uint64_t after = 0;
  const auto make = [&](std::size_t worker) {
    return [&seen, worker](std::uint64_t&) {
      if (worker == 1) throw std::runtime_error("odd");
      ++seen[worker];
    };
  };
  const whorl::NodeGroup group = d.handle_divided(2, make);
  d.handle([&](std::uint64_t&) { ++after; }, {.after = {*group.begin()}});
  d.start();
  std::uint64_t accepted = 0;
  {
    auto even = producer_of_shard(d, 0), odd = producer_of_shard(d, 1);
    for (int i = 0; i < 4; ++i) accepted += even.publish(kNumbered) == PublishResult::ok;
    CHECK(odd.publish(kNumbered) == PublishResult::ok);
    wait_until([&] { return d.is_closed(); });
  }
  CHECK_THROWS_WITH(d.join(), "odd");
  CHECK(seen[0] == accepted);
  CHECK(after <= accepted);
}

// The sequence of one that was halted has not ended: who comes after another worker of its group would wait for it.
TEST_CASE_TEMPLATE("sharded Disruptor: a worker that is halted ends who comes after any of the group", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 8, .shards = 2});
  std::atomic<bool> go{false};
  std::uint64_t after = 0;
  const auto make = [&](std::size_t worker) {
    return [&go, worker](std::uint64_t&) {
      while (worker == 1 && !go) std::this_thread::yield();
    };
  };
  const whorl::NodeGroup group = d.handle_divided(2, make);
  d.handle([&](std::uint64_t&) { ++after; }, {.after = {*group.begin()}});
  d.start();
  CHECK(producer_of_shard(d, 1).publish_batch(4, kNumbered) == PublishResult::ok);
  d.halt(*std::prev(group.end()));  // after the batch that it is at: one event
  go = true;
  d.join();
  CHECK(after <= 1);
  CHECK(d.error() == nullptr);
}

// ---- pollers, and loops of one's own --------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("sharded Disruptor: a poller is a node, takes turns, and hears of the end", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 16, .shards = 2});
  const whorl::NodeId first = d.handle([](std::uint64_t& e) { e += 100; });
  auto poller = d.poller({.after = {first}, .quota = 1});
  std::array<Numbers, 2> last;
  d.handle([&](std::uint64_t& e, const auto& at) { last[at.shard].push_back(e); }, {.after = {poller.id()}});
  d.start();
  {
    auto zero = producer_of_shard(d, 0), one = producer_of_shard(d, 1);
    CHECK(zero.publish_batch(8, kNumbered) == PublishResult::ok);
    CHECK(one.publish_batch(8, kNumbered) == PublishResult::ok);
    CHECK(zero.try_publish(kNumbered) == PublishResult::full);
  }
  wait_until([&] { return d.stats().nodes[0].lag == 0; });
  std::size_t polled = 0;
  const auto see = [&](std::uint64_t& e) {
    ++e;
    ++polled;
  };
  CHECK(poller.poll(see) == PollState::processing);
  CHECK(polled == 2);  // one of each
  CHECK(poller.sequence().passed(0) == 1);
  CHECK(poller.sequence().passed(1) == 1);
  wait_until([&] { return poller.poll(see), polled == 16; });
  CHECK(d.drain_for(60s));
  d.close();
  CHECK(poller.poll(see) == PollState::closed);
  d.join();
  for (const Numbers& numbers : last) CHECK(numbers == Numbers{101, 102, 103, 104, 105, 106, 107, 108});
}

TEST_CASE_TEMPLATE("sharded Disruptor: a node runs in a thread of yours; a poller that nobody polls holds up no end", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 16, .shards = 2});
  std::thread::id handled_in;
  const whorl::NodeId mine =
      d.handle([&](std::uint64_t&) { handled_in = std::this_thread::get_id(); }, {.own_thread = true});
  d.start();
  CHECK(producer_of_shard(d, 1).publish(kNumbered) == PublishResult::ok);
  d.close();
  CHECK(d.run(mine) == RunEnd::closed);
  CHECK(handled_in == std::this_thread::get_id());
  CHECK_THROWS_AS(d.run(mine), std::invalid_argument);
  d.join();

  typename F::template Of<std::uint64_t> idle({.capacity = 16, .shards = 2});
  idle.handle(kNothing, {.after = {idle.poller().id()}});
  idle.start();
  CHECK(producer_of_shard(idle, 0).publish(kNumbered) == PublishResult::ok);
}

TEST_CASE_TEMPLATE("sharded Disruptor: a loop of one's own is a node", F, WHORL_TEST_SHARDED_FLOWS) {
  using D = typename F::template Of<std::uint64_t>;
  using Ring = typename D::Ring;
  using S = typename Ring::Shard;
  using Progress = typename Ring::Progress;
  struct Sum {
    std::uint64_t* sum;
    void operator()(std::uint64_t& e) { *sum += e; }
  };
  D d({.capacity = 16, .shards = 2});
  std::uint64_t sum = 0, after = 0;
  const whorl::NodeId own = d.process([&](Ring& ring, std::span<Progress* const> upstream) {
    return std::make_unique<whorl::ShardedEventProcessor<S, Sum>>(
        ring, upstream, Sum{&sum}, whorl::ShardedProcessorOptions{.quota = 2}, ring.wait_strategy());
  });
  d.handle([&](std::uint64_t&) { ++after; }, {.after = {own}});
  d.start();
  CHECK(producer_of_shard(d, 0).publish_batch(5, kNumbered) == PublishResult::ok);
  CHECK(producer_of_shard(d, 1).publish_batch(5, kNumbered) == PublishResult::ok);
  d.close();
  d.join();
  CHECK(sum == 20);
  CHECK(after == 10);
}

// ---- nodes that come and go -----------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("sharded Disruptor: nodes come and go under traffic, each sees an unbroken stretch of each shard", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  typename F::template Of<Marked> d({.capacity = 32, .shards = 2, .dynamic = true});
  ShardMarkedGraph graph(d, {{}});
  d.start();
  std::atomic<bool> over{false};
  Numbers published(2);
  std::vector<std::jthread> produce;
  for (std::size_t shard = 0; shard < 2; ++shard) {
    produce.emplace_back([&, shard, producer = producer_of_shard(d, shard)]() mutable {
      while (!over && publish_numbers(producer, published[shard], published[shard] + 1)) ++published[shard];
    });
  }
  for (std::uint64_t round = 0, rounds = scaled(100); round < rounds; ++round) {
    std::uint64_t wrong = 0;
    std::array<SequenceNumber, 2> next{-1, -1};
    const auto see = [&](Marked& event, const auto& at) {
      if (next[at.shard] == -1) next[at.shard] = at.sequence;
      wrong += at.sequence != next[at.shard]++ || event.number != static_cast<std::uint64_t>(at.sequence);
      wrong += event.marks[0] != event.number + 1;  // it comes after the one that stays
    };
    const whorl::NodeId guest = d.handle(see, {.after = {graph.ids[0]}});
    for (std::uint64_t k = 0; k < round % 20; ++k) std::this_thread::yield();
    REQUIRE(d.remove(guest));
    CHECK(wrong == 0);
  }
  over = true;
  produce.clear();
  d.close();
  d.join();
  CHECK(graph.has_seen(published));
  CHECK(d.stats().nodes.size() == 1);
}

namespace {

struct Fails {
  void operator()(std::uint64_t&) {}
  void on_start() { throw std::runtime_error("no disk"); }
};

}  // namespace

TEST_CASE_TEMPLATE("sharded Disruptor: a node that comes late and cannot start was never there; pollers leave at once",
                   F, WHORL_TEST_SHARDED_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 4, .shards = 2, .dynamic = true});
  const whorl::NodeId first = d.handle(kNothing);
  auto poller = d.poller({.after = {first}});
  d.start();
  CHECK_THROWS_WITH(d.handle(Fails{}, {.after = {first}}), "no disk");
  CHECK_THROWS_AS(d.remove(first), std::invalid_argument);  // the poller comes after it
  auto producer = producer_of_shard(d, 1);
  CHECK(producer.publish_batch(2, kNumbered) == PublishResult::ok);
  CHECK_FALSE(d.drain_for(1ms));  // the poller
  CHECK(producer.try_publish(kNumbered) == PublishResult::full);
  CHECK(d.remove(poller.id()));
  for (int i = 0; i < 20; ++i) CHECK(producer.publish(kNumbered) == PublishResult::ok);
  CHECK(d.drain_for(60s));
  CHECK(d.error() == nullptr);
}

// ---- stats ----------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("sharded Disruptor: stats show skew, and who is behind where", F, WHORL_TEST_SHARDED_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 64, .shards = 4, .first_position = ~whorl::Position{0} - 3});
  d.handle(kNothing, {.name = "quick"});
  d.poller({.name = "slow"});
  d.start();
  CHECK(d.stats().largest_share() == 0);
  CHECK(producer_of_shard(d, 1).publish_batch(9, kNumbered) == PublishResult::ok);
  CHECK(producer_of_shard(d, 3).publish_batch(3, kNumbered) == PublishResult::ok);
  wait_until([&] { return d.stats().nodes[0].lag == 0; });
  const whorl::DisruptorStats stats = d.stats();
  CHECK(stats.claimed == 12);
  REQUIRE(stats.shards.size() == 4);
  CHECK(stats.shards[0].claimed == 0);
  CHECK(stats.shards[1].claimed == 9);
  CHECK(stats.shards[3].claimed == 3);
  CHECK(stats.largest_share() == 0.75);
  REQUIRE(stats.nodes.size() == 2);
  CHECK(stats.nodes[0].name == "quick");
  CHECK(stats.nodes[0].lags == Numbers(4));
  CHECK(stats.nodes[1].lag == 12);
  CHECK(stats.nodes[1].lags == Numbers{0, 9, 0, 3});
}

TEST_CASE("Disruptor: one ring has no skew to show") {
  whorl::Disruptor<std::uint64_t> d({.capacity = 4});
  d.handle(kNothing);
  d.start();
  CHECK(d.producer().publish(kNumbered) == PublishResult::ok);
  CHECK(d.stats().shards.empty());
  CHECK(d.stats().largest_share() == 0);
  CHECK(d.stats().nodes[0].lags.empty());
}

// ---- ends -----------------------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("sharded Disruptor: one node is halted, what comes after it ends, its sibling handles the rest", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 16, .shards = 2});
  std::atomic<bool> go{false};
  std::uint64_t one = 0, after = 0, sibling = 0;
  const whorl::NodeId halted = d.handle(
      [&](std::uint64_t&) {
        while (!go) std::this_thread::yield();
        ++one;
      },
      {.max_batch = 2});
  d.handle([&](std::uint64_t&) { ++after; }, {.after = {halted}});
  d.handle([&](std::uint64_t&) { ++sibling; });
  d.start();
  auto zero = producer_of_shard(d, 0), other = producer_of_shard(d, 1);
  REQUIRE(zero.publish_batch(8, kNumbered) == PublishResult::ok);
  REQUIRE(other.publish_batch(8, kNumbered) == PublishResult::ok);
  d.halt(halted);
  go = true;
  CHECK(zero.publish(kNumbered) == PublishResult::closed);
  d.join();
  CHECK(one <= 2);
  CHECK(after <= one);
  CHECK(sibling == 16);
  CHECK(d.error() == nullptr);
}

namespace {

// Lets others go on when it is halted, or, if that is told, when it has come to the end by itself.
template <class D>
struct LetsGo {
  using Ring = typename D::Ring;
  using Processor = whorl::ShardedEventProcessor<typename Ring::Shard, decltype(kNothing)>;

  LetsGo(Ring& ring, std::atomic<bool>& go, bool at_end) : own(ring, {}, kNothing), go(go), at_end(at_end) {}
  whorl::RunEnd run() {
    const whorl::RunEnd end = own.run();
    if (at_end) go = true;
    return end;
  }
  void halt() noexcept {
    own.halt();
    go = true;
  }
  typename Ring::Progress& sequence() noexcept { return own.sequence(); }

  Processor own;
  std::atomic<bool>& go;
  bool at_end;
};

}  // namespace

// The first node is in its first event until the Disruptor, which is being destroyed, has come to the last one: halts it, or
// lets it come to its end.
TEST_CASE_TEMPLATE("sharded Disruptor: its end drains it, or halts it, as it was told", F, WHORL_TEST_SHARDED_FLOWS) {
  using D = typename F::template Of<std::uint64_t>;
  for (const bool drains : {true, false}) {
    std::atomic<std::uint64_t> handled{0};
    std::atomic<bool> go{false};
    {
      D d({.capacity = 16, .shards = 2, .on_destroy = drains ? whorl::OnDestroy::drain : whorl::OnDestroy::halt});
      const auto handle = [&](std::uint64_t&) {
        for (int ms = 0; !go && ms < 60'000; ++ms) std::this_thread::sleep_for(1ms);
        go = true;  // nobody has halted it: it handles too many
        ++handled;
      };
      d.handle(handle, {.max_batch = 1});
      d.process([&](typename D::Ring& ring, auto) { return std::make_unique<LetsGo<D>>(ring, go, drains); });
      d.start();
      auto zero = producer_of_shard(d, 0), one = producer_of_shard(d, 1);
      REQUIRE(zero.publish_batch(8, kNumbered) == PublishResult::ok);
      REQUIRE(one.publish_batch(8, kNumbered) == PublishResult::ok);
    }
    CHECK((drains ? handled == 16 : handled <= 1));
  }
}

// Who publishes, waits for room, or comes too late hears of the end; what was accepted is handled by all, and nothing else.
TEST_CASE_TEMPLATE("sharded Disruptor: closed, halted, destroyed while producers publish", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  Random random(seed());
  for (std::uint64_t round = 0, rounds = scaled(60); round < rounds; ++round) {
    Numbers accepted(4);
    std::uint64_t others = 0;
    const bool is_destroyed = between(random, 0, 1) == 0;  // while it has much to handle, or joined before
    const auto end = between(random, 0, 2);
    {
      using D = typename F::template Of<Marked>;
      std::optional<D> d(std::in_place, whorl::DisruptorOptions{.capacity = 8, .shards = 4});
      ShardMarkedGraph graph(*d, {{}, {}, {0, 1}});
      d->start();
      std::vector<std::jthread> produce;
      std::vector<PublishResult> last(4);
      for (std::size_t shard = 0; shard < 4; ++shard) {
        produce.emplace_back([&, shard, producer = producer_of_shard(*d, shard)]() mutable {
          const auto number = [&](Marked& event) { event.number = accepted[shard]; };
          while ((last[shard] = producer.publish(number)) == PublishResult::ok) ++accepted[shard];
        });
      }
      for (std::uint64_t k = between(random, 0, 50); k != 0; --k) std::this_thread::yield();
      end == 0 ? d->halt() : d->close();
      if (end == 1) d->join();  // with producers still there
      produce.clear();
      for (const PublishResult result : last) others += result != PublishResult::closed;
      is_destroyed ? d.reset() : d->join();
      if (end != 0) REQUIRE(graph.has_seen(accepted));
      for (const ShardMarker& marker : graph.markers) REQUIRE(marker.wrong == 0);
    }
    REQUIRE(others == 0);
  }
}
