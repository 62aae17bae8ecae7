#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>

#include "../../support/message.hpp"
#include "../../support/scale.hpp"
#include "../../support/sharded_disruptors.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::ErrorAction;
using whorl::PollState;
using whorl::PublishResult;
using whorl::RunEnd;
using whorl::SequenceNumber;
using whorl::ShardPlace;
using Edges = std::vector<std::vector<std::size_t>>;
using Numbers = std::vector<std::uint64_t>;

namespace {

const auto kNothing = [](std::uint64_t&) {};
const auto kNumbered = [](std::uint64_t& e, SequenceNumber s) { e = static_cast<std::uint64_t>(s); };

void wait_until(const std::function<bool()>& is_so) {
  while (!is_so()) std::this_thread::sleep_for(1ms);
}

// A thread for each shard, and one graph.
template <class F>
void run_graph(const Edges& edges, std::size_t shards, std::size_t capacity, std::uint64_t events,
               whorl::Position first = 0) {
  typename F::template Of<Marked> d({.capacity = capacity * shards, .shards = shards, .first_position = first});
  ShardMarkedGraph graph(d, edges);
  d.start();
  std::atomic<std::size_t> refused{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t shard = 0; shard < shards; ++shard) {
      threads.emplace_back(
          [&, producer = producer_of_shard(d, shard)]() mutable { refused += !publish_numbers(producer, 0, events); });
    }
  }
  d.close();
  d.join();
  CHECK(refused == 0);
  CHECK(graph.has_seen(Numbers(shards, events)));
}

}  // namespace

TEST_CASE_TEMPLATE("sharded Disruptor: unicast, pipeline, diamond, multicast, of one shard and of four", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  for (const std::size_t shards : {1u, 4u}) {
    for (const std::size_t capacity : {1u, 4u, 64u}) {
      CAPTURE(shards);
      CAPTURE(capacity);
      const std::uint64_t events = scaled(500);
      run_graph<F>({{}}, shards, capacity, events);
      run_graph<F>({{}, {0}, {1}}, shards, capacity, events);
      run_graph<F>({{}, {}, {0, 1}}, shards, capacity, events);
      run_graph<F>({{}, {}, {}}, shards, capacity, events);
    }
  }
  run_graph<F>({{}, {}, {0, 1}}, 2, 4, 100, ~whorl::Position{0} - 10);  // over the wrap
}

TEST_CASE("sharded Disruptor: says what to do instead") {
  using D = ExclusiveFlow::Of<std::uint64_t>;
  const auto refusal = [](const std::function<void()>& call) { return refusal_of(call); };
  CHECK(refusal([] { D d({.capacity = 8}); }).find("shards is 0: say how many, a power of two") != std::string::npos);
  CHECK(refusal([] { D d({.capacity = 8, .shards = 3}); }).find("shards 3 is not a power of two: use 2 or 4") !=
        std::string::npos);
  CHECK(refusal([] { D d({.capacity = 1000, .shards = 4}); }).find("total_capacity 1000 over 4 shards") !=
        std::string::npos);
  CHECK(refusal([] { whorl::Disruptor<int> d({.capacity = 8, .shards = 4}); }).find("shards 4 of one ring") !=
        std::string::npos);
  whorl::Disruptor<std::uint64_t> single({.capacity = 8});
  CHECK(refusal([&] { single.handle(kNothing, {.quota = 7}); }).find("quota 7 is what one shard gives") !=
        std::string::npos);
  CHECK(refusal([&] { single.poller({.quota = 7}); }).find("quota 7 is what one shard gives") != std::string::npos);

  D d({.capacity = 8, .shards = 4, .name = "market"});
  CHECK(refusal([&] { d.handle(kNothing, {.quota = 0}); }).find("quota 0 would read nothing") != std::string::npos);
  CHECK(refusal([&] { d.start(); }).find("Disruptor 'market': nobody would handle an event") == 0);
  CHECK(refusal([&] { static_cast<void>(d.producer()); }).find("Disruptor 'market': start() it before") == 0);
  const whorl::NodeId one = d.handle(kNothing, {.name = "one"});
  CHECK(refusal([&] { d.remove(one); }).find("DisruptorOptions::dynamic") != std::string::npos);
  D other({.capacity = 8, .shards = 4});
  CHECK(refusal([&] { other.handle(kNothing, {.after = {one}}); }).find("another Disruptor's") != std::string::npos);
  d.start();
  CHECK(refusal([&] { d.handle(kNothing); }).find("handle() before start()") != std::string::npos);

  D many({.capacity = 8, .shards = 2});
  for (int i = 0; i < 65; ++i) many.handle(kNothing);
  CHECK(refusal([&] { many.start(); }).find("more than 64 nodes that producers wait for") != std::string::npos);
}

// ---- producers ------------------------------------------------------------------------------------------------------

TEST_CASE("sharded Disruptor: a lease for each shard and no more; who comes later goes on behind") {
  ExclusiveFlow::Of<std::uint64_t> d({.capacity = 64, .shards = 4});
  std::array<Numbers, 4> seen;
  d.handle([&](std::uint64_t& e, const auto& at) { seen[at.shard].push_back(e); });
  d.start();
  CHECK(d.shard_count() == 4);
  CHECK(d.capacity() == 64);
  {
    auto zero = d.producer(), one = d.producer(), two = d.producer(), three = d.producer();
    REQUIRE(three.has_value());
    CHECK(zero->shard() + one->shard() + two->shard() + three->shard() == 6);
    CHECK_FALSE(d.producer().has_value());
    const std::size_t shard = two->shard();
    CHECK(two->publish([](std::uint64_t& e) { e = 1; }) == PublishResult::ok);
    std::jthread([moved = std::move(*two)]() mutable {
      CHECK(moved.publish([](std::uint64_t& e) { e = 2; }) == PublishResult::ok);
    });
    auto next = d.producer();
    REQUIRE(next.has_value());
    CHECK(next->shard() == shard);
    CHECK(next->publish([](std::uint64_t& e) { e = 3; }) == PublishResult::ok);
    d.close();
    CHECK(next->publish(kNumbered) == PublishResult::closed);
    CHECK(zero->try_publish(kNumbered) == PublishResult::closed);
    d.join();  // with producers still there
    CHECK(seen[shard] == Numbers{1, 2, 3});
  }
  CHECK_FALSE(d.producer().has_value());
}

TEST_CASE("sharded Disruptor: the low bits of an id choose its shard; copies share it") {
  SharedFlow::Of<std::uint64_t> d({.capacity = 16, .shards = 4});
  std::array<std::uint64_t, 4> seen{};
  d.handle([&](std::uint64_t&, const auto& at) { ++seen[at.shard]; });
  d.start();
  for (std::uint64_t id = 0; id < 10; ++id) {
    auto producer = d.producer(id);
    auto copy = producer;
    CHECK(producer.shard() == id % 4);
    CHECK(copy.shard() == id % 4);
    CHECK(producer.publish(kNumbered) == PublishResult::ok);
    CHECK(copy.publish(kNumbered) == PublishResult::ok);
  }
  d.close();
  d.join();
  CHECK(seen == std::array<std::uint64_t, 4>{6, 6, 4, 4});
}

TEST_CASE_TEMPLATE("sharded Disruptor: batches, ranges, claims; what throws or is dropped is never seen", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 16, .shards = 2});
  std::array<Numbers, 2> seen;
  d.handle([&](std::uint64_t& e, const auto& at) { seen[at.shard].push_back(e); });
  d.start();
  {
    auto producer = producer_of_shard(d, 1);
    std::uint64_t n = 0;
    const auto number = [&](std::uint64_t& e) { e = n++; };
    CHECK(producer.publish_batch(8, number) == PublishResult::ok);
    CHECK(d.drain_for(60s));
    CHECK(producer.publish_batch(9, number) == PublishResult::full);  // more than a shard has
    CHECK(producer.try_publish_batch(2, number) == PublishResult::ok);
    CHECK(producer.publish_range(std::span<const std::uint64_t>(Numbers{10, 11, 12, 13, 14})).published == 5);
    n = 15;
    CHECK_THROWS_AS((void)producer.publish([](std::uint64_t&) { throw 7; }), int);
    {
      auto dropped = producer.claim(2);
    }
    if (auto claim = producer.claim(3)) {
      for (std::uint64_t& e : claim) number(e);
      claim.commit();
    }
    CHECK(d.drain_for(60s));
    CHECK(d.remaining_capacity() == 16);
  }
  d.close();
  d.join();
  CHECK(seen[0].empty());
  CHECK(seen[1] == Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17});
}

TEST_CASE_TEMPLATE("sharded Disruptor: a full shard holds up its own producer only; a close frees who waits", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 4, .shards = 2});
  std::atomic<bool> go{false};
  std::array<std::uint64_t, 2> seen{};
  d.handle([&](std::uint64_t&, const auto& at) {
    while (!go) std::this_thread::yield();
    ++seen[at.shard];
  });
  d.start();
  auto busy = producer_of_shard(d, 0), idle = producer_of_shard(d, 1);
  CHECK(busy.publish_batch(2, kNumbered) == PublishResult::ok);
  CHECK(busy.try_publish(kNumbered) == PublishResult::full);
  CHECK(busy.publish(kNumbered, 1ms) == PublishResult::timed_out);
  CHECK(idle.try_publish(kNumbered) == PublishResult::ok);
  CHECK(d.remaining_capacity() == 1);
  PublishResult result = PublishResult::ok;
  {
    std::jthread waits([&] { result = busy.publish(kNumbered); });
    wait_until([&] { return d.stats().full_waits == 2; });
    const whorl::DisruptorStats stats = d.stats();
    REQUIRE(stats.shards.size() == 2);
    CHECK(stats.shards[0].full_waits == 2);
    CHECK(stats.shards[1].full_waits == 0);
    d.close();
  }
  CHECK(result == PublishResult::closed);
  CHECK(d.is_closed());
  go = true;
  d.join();
  CHECK(seen == std::array<std::uint64_t, 2>{2, 1});
}

TEST_CASE_TEMPLATE("sharded Disruptor: without a consumer events are lost if that is wished", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 8, .shards = 2, .without_consumers = whorl::EmptyGate::open});
  d.start();
  auto producer = producer_of_shard(d, 0);
  for (int i = 0; i < 20; ++i) CHECK(producer.try_publish(kNumbered) == PublishResult::ok);
}

TEST_CASE("sharded Disruptor: in a handler a publication that finds no room would wait for itself, and does not") {
  using D = SharedFlow::Of<std::uint64_t>;
  D d({.capacity = 4, .shards = 2});
  std::vector<PublishResult> results;
  std::string refusal;
  d.handle(
      [&](std::uint64_t& e) {
        if (e != 0 || !results.empty()) return;
        auto same = d.producer(0), other = d.producer(1);
        for (int i = 0; i < 2; ++i) results.push_back(same.publish([](std::uint64_t& more) { more = 7; }));
        for (int i = 0; i < 3; ++i) results.push_back(other.publish([](std::uint64_t& more) { more = 7; }));
        refusal = refusal_of([&] { d.join(); });
      },
      {.max_batch = 1});
  d.start();
  CHECK(d.producer(0).publish(kNumbered) == PublishResult::ok);
  CHECK(d.drain_for(60s));
  d.close();
  d.join();
  using enum PublishResult;
  CHECK(results == std::vector<PublishResult>{ok, would_deadlock, ok, ok, would_deadlock});
  CHECK(refusal.find("a handler cannot join") != std::string::npos);
}

TEST_CASE("sharded Disruptor: events are made as they are told, in each shard alike") {
  whorl::Disruptor<std::uint64_t, whorl::Sharded<whorl::Exclusive>> d({.capacity = 8, .shards = 2},
                                                                      [](std::size_t i) { return i * 10; });
  std::array<Numbers, 2> seen;
  d.handle([&](std::uint64_t& e, const auto& at) { seen[at.shard].push_back(e); });
  d.start();
  {
    auto one = d.producer(), two = d.producer();
    CHECK(one->publish_batch(4, kNothing) == PublishResult::ok);
    CHECK(two->publish_batch(4, kNothing) == PublishResult::ok);
  }
  d.close();
  d.join();
  CHECK(seen == std::array<Numbers, 2>{Numbers{0, 10, 20, 30}, Numbers{0, 10, 20, 30}});
}

// ---- errors and hooks -----------------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("sharded Disruptor: a handler that fails closes every shard, dependents end, siblings do not", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 8, .shards = 2});
  Numbers sibling, dependent;
  const whorl::NodeId bad = d.handle([](std::uint64_t& e, const auto& at) {
    if (at.shard == 1 && e == 2) throw std::runtime_error("two");
  });
  d.handle([&](std::uint64_t& e) { sibling.push_back(e); });
  d.handle([&](std::uint64_t& e) { dependent.push_back(e); }, {.after = {bad}});
  d.start();
  auto quiet = producer_of_shard(d, 0), producer = producer_of_shard(d, 1);
  std::uint64_t accepted = 0;
  PublishResult result = PublishResult::ok;
  while ((result = producer.publish(kNumbered)) == PublishResult::ok) ++accepted;
  CHECK(result == PublishResult::closed);
  wait_until([&] { return quiet.is_closed(); });
  CHECK(quiet.try_publish(kNumbered) == PublishResult::closed);
  CHECK_THROWS_WITH(d.join(), "two");
  CHECK(d.error() != nullptr);
  CHECK(sibling.size() == accepted);
  CHECK(dependent.size() <= 2);
  CHECK_FALSE(d.drain_for(60s));
}

namespace {

// Fails once, or each time, at the event 2 of shard 1, and says what then.
struct Judge {
  explicit Judge(ErrorAction action, int failures) : action(action), failures(failures) {}

  void operator()(std::uint64_t& e, const auto& at) {
    if (at.shard == 1 && e == 2 && failures-- > 0) throw 7;
    seen[at.shard].push_back(e);
  }
  ErrorAction on_error(const std::exception_ptr&, std::uint64_t* event, ShardPlace place) noexcept {
    told = event != nullptr && *event == 2 && place == ShardPlace{1, 2};
    return action;
  }

  const ErrorAction action;
  int failures;
  bool told = false;
  std::array<Numbers, 2> seen{};
};

}  // namespace

TEST_CASE_TEMPLATE("sharded Disruptor: what on_error says is done, for that event, in that shard", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  for (const ErrorAction action : {ErrorAction::skip, ErrorAction::retry, ErrorAction::rewind}) {
    Judge judge(action, 1);
    typename F::template Of<std::uint64_t> d({.capacity = 16, .shards = 2});
    d.handle(std::ref(judge));
    d.start();
    {
      auto zero = producer_of_shard(d, 0), one = producer_of_shard(d, 1);
      CHECK(one.publish_batch(5, kNumbered) == PublishResult::ok);
      CHECK(zero.publish_batch(3, kNumbered) == PublishResult::ok);
      CHECK(d.drain_for(60s));
    }
    d.close();
    d.join();
    CHECK(judge.told);
    if (action != ErrorAction::rewind) CHECK(judge.seen[0] == Numbers{0, 1, 2});  // who rewinds sees some twice
    if (action == ErrorAction::skip) CHECK(judge.seen[1] == Numbers{0, 1, 3, 4});
    if (action == ErrorAction::retry) CHECK(judge.seen[1] == Numbers{0, 1, 2, 3, 4});
    if (action == ErrorAction::rewind) {
      CHECK(judge.seen[1].size() >= 5);
      CHECK(judge.seen[1].back() == 4);
    }
  }
}

namespace {

struct Life {
  std::atomic<int> starts{0}, stops{0}, timeouts{0};
  std::size_t in_batches = 0, batches = 0;
  std::string why = {};
  void operator()(std::uint64_t&) {}
  void on_start() {
    if (!why.empty()) throw std::runtime_error(why);
    ++starts;
  }
  void on_stop() { ++stops; }
  void on_batch_start(std::size_t events, std::size_t behind) {
    in_batches += events;
    batches += events <= behind;
  }
  void on_timeout() { ++timeouts; }
};

}  // namespace

TEST_CASE_TEMPLATE("sharded Disruptor: start returns when all have started, or throws and nothing runs", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  for (const bool fails : {false, true}) {
    Life one, two;
    if (fails) two.why = "no journal";
    typename F::template Of<std::uint64_t> d({.capacity = 8, .shards = 2});
    const whorl::NodeId first = d.handle(std::ref(one), {.timeout = 1ms});
    d.handle(std::ref(two), {.after = {first}});
    if (fails) {
      CHECK_THROWS_WITH(d.start(), "no journal");
      CHECK(d.is_closed());
      CHECK(one.starts == one.stops.load());
      CHECK(two.stops == 1);
      continue;
    }
    d.start();
    CHECK(one.starts + two.starts == 2);
    wait_until([&] { return one.timeouts != 0; });
    auto producer = producer_of_shard(d, 1);
    CHECK(producer.publish_batch(4, kNumbered) == PublishResult::ok);
    d.close();
    d.join();
    CHECK(one.stops + two.stops == 2);
    CHECK(one.in_batches == 4);
    CHECK(one.batches != 0);
  }
}

TEST_CASE("sharded Disruptor: a batch has at most the quota of each shard; runs lie side by side") {
  whorl::Disruptor<std::uint64_t, whorl::Sharded<whorl::Exclusive>, SleepAtOnce, whorl::Dense> d(
      {.capacity = 32, .shards = 2});
  std::array<std::uint64_t, 2> seen{};
  std::size_t longest = 0;
  std::size_t batch = 0, largest = 0;
  const whorl::NodeId node = d.handle(
      [&](std::span<std::uint64_t> run, const auto& at) {
        longest = std::max(longest, run.size());
        batch += run.size();
        largest = std::max(largest, batch);
        if (at.end_of_batch) batch = 0;
        for (const std::uint64_t e : run) CHECK(e == seen[at.shard]++);
      },
      {.quota = 3, .own_thread = true});
  d.start();
  {
    auto one = d.producer(), two = d.producer();
    CHECK(one->publish_batch(16, kNumbered) == PublishResult::ok);
    CHECK(two->publish_batch(16, kNumbered) == PublishResult::ok);
  }
  d.close();
  const whorl::DisruptorStats before = d.stats();
  CHECK(before.nodes[0].lags == std::vector<std::uint64_t>{16, 16});
  CHECK(d.run(node) == RunEnd::closed);
  d.join();
  CHECK(seen == std::array<std::uint64_t, 2>{16, 16});
  CHECK(longest == 3);
  CHECK(largest == 6);
  CHECK(d.stats().nodes[0].largest_batch == 6);
}

// ---- handlers of several, handlers that rewind ----------------------------------------------------------------------

namespace {

struct Busy {};

// Fails as often as told at the last event of shard 1, and undoes what it did with a batch when it comes again.
struct Booking {
  int failures;
  std::array<Numbers, 2>& booked;
  std::array<Numbers, 2> batch{};
  int starts = 0;
  std::atomic<int> timeouts{0};

  void on_batch_start(std::size_t, std::size_t) {
    ++starts;
    for (Numbers& numbers : batch) numbers.clear();
  }
  void operator()(std::uint64_t& e, const auto& at) {
    if (at.shard == 1 && e == 3 && failures-- > 0) throw Busy{};
    batch[at.shard].push_back(e);
    if (!at.end_of_batch) return;
    for (std::size_t shard = 0; shard < 2; ++shard)
      booked[shard].insert(booked[shard].end(), batch[shard].begin(), batch[shard].end());
  }
  void on_timeout() { ++timeouts; }
};

}  // namespace

TEST_CASE_TEMPLATE("sharded Disruptor: a batch that is rewound comes again, of every shard, and counts once", F,
                   WHORL_TEST_SHARDED_FLOWS) {
  for (const int failures : {0, 1, 4}) {
    CAPTURE(failures);
    std::array<Numbers, 2> booked;
    Booking booking{failures, booked};
    std::atomic<std::uint64_t> after{0};
    typename F::template Of<std::uint64_t> d({.capacity = 16, .shards = 2});
    const whorl::NodeId books = d.handle(whorl::rewinding<Busy>(std::ref(booking), whorl::RewindUpTo{5}),
                                         {.quota = 8, .timeout = 1ms, .own_thread = true});
    d.handle([&](std::uint64_t&) { ++after; }, {.after = {books}});
    d.start();
    CHECK(producer_of_shard(d, 0).publish_batch(2, kNumbered) == PublishResult::ok);
    CHECK(producer_of_shard(d, 1).publish_batch(4, kNumbered) == PublishResult::ok);
    std::jthread closes([&] {
      CHECK(d.drain_for(60s));
      wait_until([&] { return booking.timeouts != 0 || failures != 0; });
      d.close();
    });
    CHECK(d.run(books) == RunEnd::closed);
    closes.join();
    d.join();
    CHECK(booked == std::array<Numbers, 2>{Numbers{0, 1}, Numbers{0, 1, 2, 3}});
    CHECK(booking.starts == failures + 1);
    CHECK(after == 6);
    CHECK(d.stats().nodes[0].events == 6);
  }
}

TEST_CASE_TEMPLATE("sharded Disruptor: a rewinding handler that gives up ends it; what it did not release is nobody's",
                   F, WHORL_TEST_SHARDED_FLOWS) {
  std::array<Numbers, 2> booked;
  Booking booking{100, booked};
  std::uint64_t after = 0;
  typename F::template Of<std::uint64_t> d({.capacity = 16, .shards = 2});
  const whorl::NodeId books =
      d.handle(whorl::rewinding(std::ref(booking), whorl::RewindUpTo{3}), {.quota = 8, .own_thread = true});
  d.handle([&](std::uint64_t&) { ++after; }, {.after = {books}});
  d.start();
  CHECK(producer_of_shard(d, 0).publish_batch(2, kNumbered) == PublishResult::ok);
  CHECK(producer_of_shard(d, 1).publish_batch(4, kNumbered) == PublishResult::ok);
  CHECK(d.run(books) == RunEnd::failed);
  CHECK_THROWS_AS(d.join(), Busy);
  CHECK(booking.starts == 3);
  CHECK(booked == std::array<Numbers, 2>{});
  CHECK(after <= 5);  // what came before the event that it failed on
}

TEST_CASE_TEMPLATE("sharded Disruptor: several handlers as one, with their hooks", F, WHORL_TEST_SHARDED_FLOWS) {
  Life life;
  Judge judge(ErrorAction::skip, 1);
  std::array<std::uint64_t, 2> seen{};
  typename F::template Of<std::uint64_t> d({.capacity = 16, .shards = 2});
  d.handle(whorl::aggregate(std::ref(life), std::ref(judge), [&](std::uint64_t&, const auto& at) { ++seen[at.shard]; }),
           {.timeout = 1ms});
  d.start();
  CHECK(producer_of_shard(d, 0).publish_batch(4, kNumbered) == PublishResult::ok);
  CHECK(producer_of_shard(d, 1).publish_batch(4, kNumbered) == PublishResult::ok);
  CHECK(d.drain_for(60s));
  wait_until([&] { return life.timeouts != 0; });
  d.close();
  d.join();
  CHECK(judge.told);
  CHECK(judge.seen == std::array<Numbers, 2>{Numbers{0, 1, 2, 3}, Numbers{0, 1, 3}});
  CHECK(seen == std::array<std::uint64_t, 2>{4, 3});
  CHECK(life.in_batches >= 8);
  CHECK(life.starts == 1);
  CHECK(life.stops == 1);
}
