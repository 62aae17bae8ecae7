#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <thread>
#include <vector>
#include <whorl/disruptor/ordered_event_processor.hpp>
#include <whorl/disruptor/sharded_event_processor.hpp>

#include "ticket_merges.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::OrderedEventProcessor;
using whorl::RunEnd;
using whorl::TicketMerge;

namespace {

template <class Ring>
using MergeOf = TicketMerge<typename Ring::Shard>;
template <class Ring>
using Ordered = OrderedEventProcessor<MergeOf<Ring>, EventDiary&>;

// Has these shards publish so many, one shard after the other, each merged before the next; so the order is known.
template <class Ring>
struct InTurn {
  struct Part {
    std::size_t shard;
    std::size_t n;
  };
  void operator()(std::initializer_list<Part> parts) {
    Merging merging(merge);
    for (const auto [shard, n] : parts) {
      REQUIRE(producers.publish(shard, n));
      while (merge.sequence().passed(shard) != ring.shard(shard).claimed()) std::this_thread::yield();
    }
  }
  // No more events; the merge comes to its end.
  void end() {
    producers.end();
    CHECK(merge.run() == RunEnd::closed);
  }

  Ring& ring;
  MergeOf<Ring>& merge;
  Producers<Ring>& producers;
};

}  // namespace

TEST_CASE_TEMPLATE("OrderedEventProcessor: sees the shards in the order of the tickets, not in its own", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(32, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  MergeOf<Ring> merge(ring);
  EventDiary one, two, any;
  Ordered<Ring> a(merge, {}, one), b(merge, {}, two);
  whorl::ShardedEventProcessor<typename Ring::Shard, EventDiary&> unordered(ring, {}, any);
  REQUIRE(ring.add_gating(unordered.sequence()));
  InTurn<Ring> publish{ring, merge, producers};
  publish({{1, 2}, {0, 1}, {1, 1}});
  publish.end();
  for (auto* processor : {&a, &b}) CHECK(processor->run() == RunEnd::closed);
  CHECK(one.text == "S B4/4 100 101, 0, 102,. s");
  CHECK(two.text == one.text);
  CHECK(unordered.run() == RunEnd::closed);
  CHECK(any.text == "S B4/4 0, 100 101 102,. s");
  for (std::size_t shard = 0; shard < 2; ++shard) CHECK(ring.shard(shard).remaining_capacity() == 16);
  CHECK(a.ticket_sequence().get() == 2);
}

TEST_CASE(
    "OrderedEventProcessor: a batch that is full ends in the middle of a ticket, and the next one goes on there") {
  SharedInline::Of<std::uint64_t> ring(32, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  MergeOf<Ring> merge(ring);
  EventDiary diary;
  std::string tickets;
  Ordered<Ring> processor(merge, {}, diary, {.max_batch = 2});
  diary.on_event = [&](std::uint64_t) { tickets += ' ' + std::to_string(processor.ticket_sequence().get()); };
  InTurn<Ring> publish{ring, merge, producers};
  publish({{0, 3}, {1, 3}});
  publish.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B2/6 0 1,. B2/4 2, 100,. B2/2 101 102,. s");
  CHECK(tickets == " -1 -1 -1 -1 0 0");
}

TEST_CASE_TEMPLATE(
    "OrderedEventProcessor: where one has failed, the merge and its siblings go on, who follows it does not", B,
    WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(32, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  MergeOf<Ring> merge(ring, {}, {.tickets = 2, .quota = 2});
  EventDiary one, two, three;
  Ordered<Ring> bad(merge, {}, one), sibling(merge, {}, two), follower(merge, {&bad.ticket_sequence()}, three);
  one.on_event = [](std::uint64_t e) {
    if (e == 101) throw 7;
  };
  InTurn<Ring> publish{ring, merge, producers};
  publish({{0, 2}, {1, 2}});
  CHECK(producers.publish(0, 3));
  CHECK(bad.run() == RunEnd::failed);
  CHECK(ring.is_closed());
  producers.end();
  CHECK_THROWS_AS(std::rethrow_exception(bad.error()), int);
  CHECK(one.text == "S B4/4 0 1, 100 101,. E@101/1:1 s");
  CHECK(bad.sequence().get(1) == 0);
  CHECK(bad.ticket_sequence().get() == 0);
  Merging merging(merge);
  CHECK(follower.run() == RunEnd::closed);
  CHECK(three.text == "S B2/2 0 1,. s");
  // What it has not handled may be overwritten by now: it does not begin again.
  CHECK(bad.run() == RunEnd::closed);
  CHECK(one.text == "S B4/4 0 1, 100 101,. E@101/1:1 sS s");
  sibling.run();
  CHECK(merging.join() == RunEnd::closed);
  CHECK(sibling.sequence().get(0) == 4);
  CHECK(sibling.sequence().get(1) == 1);
}

TEST_CASE("OrderedEventProcessor: retry: that event again; skip: what follows it; the order stays one") {
  for (const bool retries : {true, false}) {
    SharedInline::Of<std::uint64_t> ring(32, 2);
    using Ring = decltype(ring);
    Producers producers(ring);
    MergeOf<Ring> merge(ring);
    EventDiary diary;
    Ordered<Ring> processor(merge, {}, diary);
    int failures = 1;
    diary.on_event = [&](std::uint64_t e) {
      if (e == 101 && failures-- > 0) throw 7;
    };
    diary.verdict = [&] { return retries ? ErrorAction::retry : ErrorAction::skip; };
    InTurn<Ring> publish{ring, merge, producers};
    publish({{0, 1}, {1, 3}, {0, 1}});
    publish.end();
    CHECK(processor.run() == RunEnd::closed);
    CHECK(diary.text == (retries ? "S B5/5 0, 100 101 E@101/1:1 B3/3 101 102, 1,. s"
                                 : "S B5/5 0, 100 101 E@101/1:1 B2/2 102, 1,. s"));
    CHECK(processor.ticket_sequence().get() == 2);
  }
}

TEST_CASE("OrderedEventProcessor: skip over the last event of a ticket ends the ticket") {
  SharedInline::Of<std::uint64_t> ring(32, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  MergeOf<Ring> merge(ring);
  EventDiary diary;
  Ordered<Ring> processor(merge, {}, diary);
  diary.on_event = [&](std::uint64_t e) {
    if (e == 1) throw 7;
  };
  diary.verdict = [] { return ErrorAction::skip; };
  InTurn<Ring> publish{ring, merge, producers};
  publish({{0, 2}});
  publish.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B2/2 0 1,. E@1/0:1 s");
  CHECK(processor.ticket_sequence().get() == 0);
}

TEST_CASE("OrderedEventProcessor: rewind: the batch again, but for what was released early") {
  SharedInline::Of<std::uint64_t> ring(32, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  MergeOf<Ring> merge(ring);
  struct Releasing : EventDiary {
    void operator()(std::uint64_t& e, const whorl::ShardedEventContext<Ring::Shard>& context) {
      if (e == 0) context.release(0);
      EventDiary::operator()(e, context);
    }
  } diary;
  OrderedEventProcessor<MergeOf<Ring>, Releasing&> processor(merge, {}, diary);
  int failures = 1;
  diary.on_event = [&](std::uint64_t e) {
    if (e == 0) CHECK(ring.shard(0).remaining_capacity() == 14);
    if (e == 101 && failures-- > 0) throw 7;
  };
  diary.verdict = [] { return ErrorAction::rewind; };
  InTurn<Ring> publish{ring, merge, producers};
  publish({{1, 1}, {0, 1}, {0, 2}, {1, 1}});
  publish.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B5/5 100, 0, 1 2, 101,. E@101/1:1 B4/4 100, 1 2, 101,. s");
}

TEST_CASE_TEMPLATE("OrderedEventProcessor: passes over what was given up, in each run of a shard", B, SharedInline,
                   SharedDense) {
  typename B::template Of<std::uint64_t> ring(32, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  MergeOf<Ring> merge(ring);
  EventDiary diary;
  Ordered<Ring> processor(merge, {}, diary);
  InTurn<Ring> publish{ring, merge, producers};
  const auto give_up = [&](std::size_t shard) {
    const auto s = ring.shard_for(shard).try_next();
    REQUIRE(s.has_value());
    ring.shard_for(shard).abandon(*s, *s);
  };
  give_up(0);
  publish({{0, 1}, {1, 1}});
  REQUIRE(producers.publish(0, 1));
  give_up(0);
  publish({{0, 1}});
  give_up(1);
  publish.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B7/7 0, 100, 1 2,. s");
  CHECK(processor.sequence().get(0) == 4);
  CHECK(processor.sequence().get(1) == 1);
}

TEST_CASE("OrderedEventProcessor: of a shard's runs, one that has what was given up, and a later one without") {
  SharedInline::Of<std::uint64_t> ring(32, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  MergeOf<Ring> merge(ring);
  EventDiary diary;
  Ordered<Ring> processor(merge, {}, diary);
  InTurn<Ring> publish{ring, merge, producers};
  REQUIRE(producers.publish(0, 1));
  const auto s = ring.shard_for(0).try_next();
  ring.shard_for(0).abandon(*s, *s);
  publish({{0, 1}});
  Merging(merge).wait_until({3, 0});
  // Asks how many were given up while nothing later is claimed, so that it knows where the last of them can be.
  diary.on_event = [&](std::uint64_t e) {
    if (e == 0) {
      diary.on_event = {};
      throw 7;
    }
  };
  diary.verdict = [&] {
    publish({{1, 1}, {0, 2}});
    return ErrorAction::retry;
  };
  std::jthread ends([&] {
    while (processor.sequence().passed(0) != 5) std::this_thread::yield();
    producers.end();
    merge.run();
  });
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B3/3 0 E@0/0:0 B6/6 0 1, 100, 2 3,. s");
}

TEST_CASE_TEMPLATE("OrderedEventProcessor: where events lie side by side, a handler may take them as runs", B,
                   ExclusiveDense, SharedDense) {
  typename B::template Of<std::uint64_t> ring(32, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  MergeOf<Ring> merge(ring);
  std::string text;
  const auto handle = [&](std::span<std::uint64_t> events, const auto& context) {
    for (const std::uint64_t e : events) text += ' ' + std::to_string(e);
    text += std::string("/") + std::to_string(context.shard) + (context.end_of_run ? "," : "") +
            (context.end_of_batch ? "." : "");
  };
  OrderedEventProcessor processor(merge, {}, handle);
  InTurn<Ring> publish{ring, merge, producers};
  publish({{1, 3}, {0, 2}});
  publish.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(text == " 100 101 102/1, 0 1/0,.");
}

TEST_CASE("OrderedEventProcessor: one that comes late reads from there on, in the same order") {
  SharedInline::Of<std::uint64_t> ring(16, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  MergeOf<Ring> merge(ring);
  EventDiary early, late;
  Ordered<Ring> first(merge, {}, early);
  InTurn<Ring> publish{ring, merge, producers};
  publish({{0, 1}});
  REQUIRE(producers.publish(1, 1));  // has no ticket when the other one comes: that will be of more than it is to read
  Ordered<Ring> second(merge, {}, late);
  publish({{1, 2}, {0, 1}, {1, 1}});
  publish.end();
  for (auto* processor : {&first, &second}) CHECK(processor->run() == RunEnd::closed);
  CHECK(late.text.find("101") != std::string::npos);
  CHECK(late.text.find("100") == std::string::npos);
  CHECK(early.text.find("0, 100") != std::string::npos);
  CHECK(early.text.ends_with("102, 1, 103,. s"));
  CHECK(late.text.ends_with("102, 1, 103,. s"));
}

TEST_CASE_TEMPLATE("OrderedEventProcessor: a chain that comes while events are published: producers wait for all of it",
                   B, WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(16, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  MergeOf<Ring> merge(ring);
  EventDiary one, two;
  Ordered<Ring> first(merge, {}, one);
  REQUIRE(producers.publish(0, 4));
  Ordered<Ring> follower(merge, {&first.ticket_sequence()}, two);
  REQUIRE(producers.publish(0, 4));
  Merging(merge).wait_until({8, 0});
  CHECK_FALSE(producers.publish(0));  // the first one has read nothing yet
  producers.end();
  for (auto* processor : {&first, &follower}) {
    Merging merging(merge);
    CHECK(processor->run() == RunEnd::closed);
  }
  CHECK(one.text == "S B8/8 0 1 2 3 4 5 6 7,. s");
  CHECK(two.text == "S B4/4 4 5 6 7,. s");
}

TEST_CASE("OrderedEventProcessor: who follows it without an order reads what it has passed, shard by shard") {
  SharedInline::Of<std::uint64_t> ring(16, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  MergeOf<Ring> merge(ring);
  EventDiary one, two;
  Ordered<Ring> first(merge, {}, one);
  whorl::ShardedEventProcessor<Ring::Shard, EventDiary&> follower(ring, {&first.sequence()}, two);
  REQUIRE(ring.add_gating(follower.sequence()));
  one.on_event = [&](std::uint64_t e) {
    if (e == 1) throw 7;
  };
  InTurn<Ring> publish{ring, merge, producers};
  publish({{1, 1}, {0, 2}});
  CHECK(first.run() == RunEnd::failed);
  producers.end();
  CHECK(follower.run() == RunEnd::closed);
  CHECK(two.text == "S B2/2 0, 100,. s");
}

TEST_CASE("OrderedEventProcessor: a halted one keeps its place: the merge waits for it, and it goes on") {
  SharedInline::Of<std::uint64_t> ring(16, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  MergeOf<Ring> merge(ring, {}, {.tickets = 1});
  EventDiary diary;
  Ordered<Ring> processor(merge, {}, diary);
  diary.on_event = [&](std::uint64_t e) {
    if (e == 0) processor.halt();
  };
  REQUIRE(producers.publish(0, 1));
  Merging merging(merge);
  merging.wait_until({1, 0});
  REQUIRE(producers.publish(0, 2));
  CHECK(processor.run() == RunEnd::halted);
  merging.wait_until({3, 0});
  REQUIRE(producers.publish(1, 1));
  producers.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B1/1 0,. sS B2/2 1 2,. B1/1 100,. s");
  CHECK(merging.join() == RunEnd::closed);
}

TEST_CASE("OrderedEventProcessor: says when nothing has come for so long, and that a hook has failed") {
  SharedInline::Of<std::uint64_t> ring(8, 2);
  using Ring = decltype(ring);
  MergeOf<Ring> merge(ring);
  struct Impatient : EventDiary {
    void on_timeout() {
      Diary::on_timeout();
      throw 7;
    }
  } diary;
  OrderedEventProcessor<MergeOf<Ring>, Impatient&> processor(merge, {}, diary, {.timeout = 1ms});
  CHECK(processor.run() == RunEnd::failed);
  CHECK(diary.text == "S T E-/0:-1 s");
}

TEST_CASE("OrderedEventProcessor: a batch's start that fails begins again, or ends the run with nothing handled") {
  for (const bool rewinds : {true, false}) {
    SharedInline::Of<std::uint64_t> ring(8, 2);
    using Ring = decltype(ring);
    Producers producers(ring);
    MergeOf<Ring> merge(ring);
    struct Starting : EventDiary {
      int failures = 1;
      void on_batch_start(std::size_t events, std::size_t behind) {
        Diary::on_batch_start(events, behind);
        if (failures-- > 0) throw 7;
      }
    } diary;
    OrderedEventProcessor<MergeOf<Ring>, Starting&> processor(merge, {}, diary);
    diary.verdict = [&] { return rewinds ? ErrorAction::rewind : ErrorAction::halt; };
    InTurn<Ring> publish{ring, merge, producers};
    publish({{1, 1}, {0, 1}});
    publish.end();
    CHECK(processor.run() == (rewinds ? RunEnd::closed : RunEnd::failed));
    CHECK(diary.text == (rewinds ? "S B2/2 E-/0:-1 B2/2 100, 0,. s" : "S B2/2 E-/0:-1 s"));
    CHECK(processor.sequence().get(1) == (rewinds ? 0 : -1));
    CHECK(processor.ticket_sequence().get() == (rewinds ? 1 : -1));
  }
}

TEST_CASE_TEMPLATE("OrderedEventProcessor: a graph in threads sees every event once, in one order, from any position",
                   B, WHORL_TEST_SHARDED_BUFFERS) {
  constexpr std::size_t kShards = 4;
  constexpr std::uint64_t kEach = 200;
  for (const whorl::Position from : kFirstPositions) {
    typename B::template Of<std::uint64_t> ring(2 * kShards, kShards, SleepAtOnce(), {.first_position = from});
    using Ring = decltype(ring);
    struct Writer {
      std::vector<std::uint64_t> seen;
      void operator()(std::uint64_t& e) { seen.push_back(e); }
    } one, two, last;
    MergeOf<Ring> merge(ring, {}, {.tickets = 4, .quota = 3, .first_position = from});
    OrderedEventProcessor<MergeOf<Ring>, Writer&> a(merge, {}, one), b(merge, {}, two, {.max_batch = 3}),
        c(merge, {&a.ticket_sequence(), &b.ticket_sequence()}, last);
    {
      std::vector<std::jthread> threads;
      threads.emplace_back([&] { merge.run(); });
      for (auto* processor : {&a, &b, &c}) threads.emplace_back([processor] { processor->run(); });
      Flood flood(ring, kEach, 1000);
      flood.join();
      ring.close();
      flood.give_leases_back();
    }
    CHECK(two.seen == one.seen);
    CHECK(last.seen == one.seen);
    std::vector<std::uint64_t> next(kShards);
    for (const std::uint64_t e : one.seen) CHECK(e % 1000 == next[e / 1000]++);
    CHECK(next == std::vector<std::uint64_t>(kShards, kEach));
  }
}
