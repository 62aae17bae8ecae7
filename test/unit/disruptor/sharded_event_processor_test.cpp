#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <whorl/disruptor/sharded_event_processor.hpp>

#include "sharded_diary.hpp"
#include "sharded_rings.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::ErrorAction;
using whorl::RunEnd;
using whorl::ShardedEventProcessor;
using whorl::ShardPlace;

namespace {

template <class Ring>
using Processor = ShardedEventProcessor<typename Ring::Shard, EventDiary&>;

}  // namespace

TEST_CASE_TEMPLATE("ShardedEventProcessor: a batch is a sweep, and ends once, its runs shard by shard", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(32, 4);
  Producers producers(ring);
  EventDiary diary;
  Processor<decltype(ring)> processor(ring, {}, diary);
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(producers.publish(2, 2));
  REQUIRE(producers.publish(0, 1));
  REQUIRE(producers.publish(3, 3));
  producers.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B6/6 0, 200 201, 300 301 302,. s");
  CHECK(processor.sequence().get(3) == 2);
  CHECK(processor.error() == nullptr);
  CHECK_FALSE(processor.is_running());
}

TEST_CASE_TEMPLATE("ShardedEventProcessor: one shard is what one ring is", B, WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8, 1);
  Producers producers(ring);
  EventDiary diary;
  Processor<decltype(ring)> processor(ring, {}, diary, {.max_batch = 3});
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(producers.publish(0, 5));
  producers.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B3/5 0 1 2,. B2/2 3 4,. s");
}

TEST_CASE_TEMPLATE("ShardedEventProcessor: no shard gives more than its quota before the others have had their turn", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(16, 2);
  Producers producers(ring);
  EventDiary diary;
  Processor<decltype(ring)> processor(ring, {}, diary, {.quota = 2});
  REQUIRE(producers.publish(0, 5));
  REQUIRE(producers.publish(1, 1));
  producers.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B3/6 0 1, 100,. B2/3 2 3,. B1/1 4,. s");
}

TEST_CASE_TEMPLATE("ShardedEventProcessor: batches that are full begin after the shard that came last", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(16, 4);
  Producers producers(ring);
  EventDiary diary;
  Processor<decltype(ring)> processor(ring, {}, diary, {.max_batch = 2});
  for (const std::size_t shard : {0u, 1u, 3u}) REQUIRE(producers.publish(shard, 3));
  producers.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B2/9 0 1,. B2/7 100 101,. B2/5 300 301,. B2/3 2, 102,. B1/1 302,. s");
}

TEST_CASE_TEMPLATE("ShardedEventProcessor: room goes back when the batch ends, or early, shard by shard", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(4, 2);
  Producers producers(ring);
  std::string text;
  const auto handle = [&](std::uint64_t& e, const auto& context) {
    if (e == 100) context.release(0);
    text +=
        ' ' + std::to_string(ring.shard(0).remaining_capacity()) + std::to_string(ring.shard(1).remaining_capacity());
  };
  ShardedEventProcessor processor(ring, {}, handle);
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(producers.publish(0, 2));
  REQUIRE(producers.publish(1, 2));
  producers.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(text == " 00 00 01 01");
  CHECK(ring.shard(0).remaining_capacity() + ring.shard(1).remaining_capacity() == 4);
}

TEST_CASE_TEMPLATE("ShardedEventProcessor: halt: what was handled is released, and those that follow it end there", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(16, 2);
  Producers producers(ring);
  EventDiary diary, after;
  Processor<decltype(ring)> processor(ring, {}, diary);
  Processor<decltype(ring)> follower(ring, {&processor.sequence()}, after);
  REQUIRE(ring.add_gating(follower.sequence()));
  diary.on_event = [](std::uint64_t e) {
    if (e == 101) throw 7;
  };
  for (const std::size_t shard : {0u, 1u}) REQUIRE(producers.publish(shard, 3));
  CHECK(processor.run() == RunEnd::failed);
  CHECK(diary.text == "S B6/6 0 1 2, 100 101 E@101/1:1 s");
  CHECK_THROWS_AS(std::rethrow_exception(processor.error()), int);
  CHECK(ring.is_closed());
  CHECK(follower.run() == RunEnd::closed);
  CHECK(after.text == "S B4/4 0 1 2, 100,. s");
}

TEST_CASE_TEMPLATE("ShardedEventProcessor: retry: that event again, and nothing else twice", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(16, 4);
  Producers producers(ring);
  EventDiary diary;
  Processor<decltype(ring)> processor(ring, {}, diary);
  int failures = 2;
  diary.on_event = [&](std::uint64_t e) {
    if (e == 101 && failures-- > 0) throw 7;
  };
  diary.verdict = [] { return ErrorAction::retry; };
  for (const std::size_t shard : {0u, 1u, 2u}) REQUIRE(producers.publish(shard, 2));
  producers.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B6/6 0 1, 100 101, E@101/1:1 B3/3 101, E@101/1:1 B3/3 101, 200 201,. s");
}

TEST_CASE_TEMPLATE("ShardedEventProcessor: skip: that event counts as handled, and the next shard has its turn", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(16, 2);
  Producers producers(ring);
  EventDiary diary;
  Processor<decltype(ring)> processor(ring, {}, diary);
  diary.on_event = [&](std::uint64_t e) {
    if (e < 2) throw 7;
  };
  diary.verdict = [] { return ErrorAction::skip; };
  for (const std::size_t shard : {0u, 1u}) REQUIRE(producers.publish(shard, 3));
  producers.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B6/6 0 E@0/0:0 B5/5 100 101 102, 1 E@1/0:1 B1/1 2,. s");
}

TEST_CASE_TEMPLATE("ShardedEventProcessor: passes over what was given up, which ends no batch", B, SharedInline,
                   SharedDense) {
  typename B::template Of<std::uint64_t> ring(16, 2);
  Producers producers(ring);
  EventDiary diary;
  Processor<decltype(ring)> processor(ring, {}, diary);
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(producers.publish(0, 1));
  REQUIRE(ring.shard_for(0).try_next() == 1);
  ring.shard_for(0).abandon(1, 1);
  REQUIRE(ring.shard_for(1).try_next(2) == 1);
  ring.shard_for(1).abandon(0, 1);
  producers.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(diary.text == "S B4/4 0,. s");
  CHECK(processor.sequence().get(1) == 1);
  CHECK(ring.shard(1).remaining_capacity() == 8);
}

TEST_CASE_TEMPLATE("ShardedEventProcessor: where events lie side by side, a handler may take them as runs", B,
                   ExclusiveDense, SharedDense) {
  typename B::template Of<std::uint64_t> ring(8, 2);
  Producers producers(ring);
  std::string text;
  const auto handle = [&](std::span<std::uint64_t> events, const auto& context) {
    for (const std::uint64_t e : events) text += ' ' + std::to_string(e);
    text += std::string("/") + std::to_string(context.shard) + (context.end_of_run ? "," : "") +
            (context.end_of_batch ? "." : "");
  };
  ShardedEventProcessor processor(ring, {}, handle);
  REQUIRE(ring.add_gating(processor.sequence()));
  REQUIRE(producers.publish(1, 3));
  ring.close();
  processor.halt();
  CHECK(processor.run() == RunEnd::halted);  // nothing: it was halted before it ran
  CHECK(text == "");
  producers.end();
  CHECK(processor.run() == RunEnd::closed);
  CHECK(text == " 100 101 102/1,.");
}

TEST_CASE("ShardedEventProcessor: says when nothing has come for so long, and that a hook has failed") {
  SharedInline::Of<std::uint64_t> ring(8, 2);
  using Ring = decltype(ring);
  struct Impatient : EventDiary {
    void on_timeout() {
      Diary::on_timeout();
      throw 7;
    }
  } diary;
  ShardedEventProcessor<Ring::Shard, Impatient&> processor(ring, {}, diary, {.timeout = 1ms});
  CHECK(processor.run() == RunEnd::failed);
  CHECK(diary.text == "S T E-/0:-1 s");
}

TEST_CASE("ShardedEventProcessor: refuses a quota of nothing") {
  SharedInline::Of<std::uint64_t> ring(8, 2);
  EventDiary diary;
  CHECK_THROWS_WITH_AS((Processor<decltype(ring)>(ring, {}, diary, {.quota = 0})),
                       "ShardedEventProcessor: quota 0 would read nothing: use 1 or more", std::invalid_argument);
}

TEST_CASE_TEMPLATE("ShardedEventProcessor: a graph in threads sees every event once, in order per shard", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  constexpr std::size_t kShards = 4;
  constexpr std::uint64_t kEach = 200;
  typename B::template Of<std::uint64_t> ring(8 * kShards, kShards);
  using Ring = decltype(ring);
  struct Checker {
    std::vector<std::uint64_t> next = std::vector<std::uint64_t>(kShards);
    std::uint64_t wrong = 0;
    void operator()(std::uint64_t& e, const whorl::ShardedEventContext<typename Ring::Shard>& context) {
      wrong += e != next[context.shard]++;
    }
  } one, two, last;
  ShardedEventProcessor<typename Ring::Shard, Checker&> a(ring, {}, one), b(ring, {}, two),
      c(ring, {&a.sequence(), &b.sequence()}, last);
  REQUIRE(ring.add_gating(c.sequence()));
  {
    std::vector<std::jthread> threads;
    for (auto* processor : {&a, &b, &c}) threads.emplace_back([processor] { processor->run(); });
    Flood flood(ring, kEach);
    flood.join();
    ring.close();
    flood.give_leases_back();
  }
  for (const Checker* checker : {&one, &two, &last}) {
    CHECK(checker->wrong == 0);
    CHECK(checker->next == std::vector<std::uint64_t>(kShards, kEach));
  }
}

TEST_CASE_TEMPLATE("ShardedEventProcessor: workers of a group divide the shards, and who follows them sees all", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(32, 4);
  using Ring = decltype(ring);
  Producers producers(ring);
  typename Ring::Progress group(ring);
  EventDiary even, odd, after;
  ShardedEventProcessor<typename Ring::Shard, EventDiary&> zero(ring, group, {}, even, {.stripe = {0, 2}}),
      one(ring, group, {}, odd, {.quota = 1, .stripe = {1, 2}});
  Processor<Ring> follower(ring, {&group}, after);
  REQUIRE(ring.add_gating(follower.sequence()));
  for (std::size_t shard = 0; shard < 4; ++shard) REQUIRE(producers.publish(shard, 2));
  producers.end();
  CHECK(one.run() == RunEnd::closed);
  CHECK(odd.text == "S B2/4 100, 300,. B2/2 101, 301,. s");
  CHECK(zero.run() == RunEnd::closed);
  CHECK(even.text == "S B4/4 0 1, 200 201,. s");
  CHECK(follower.run() == RunEnd::closed);
  CHECK(after.text == "S B8/8 0 1, 100 101, 200 201, 300 301,. s");
}

// How a group gets another number of workers: none of the old ones is at work any more when the new ones share the shards out
// anew, from where the old ones have come to. The group's sequence stays where it is, a member of the gates and followed, so
// that producers, and whoever follows, notice nothing.
TEST_CASE_TEMPLATE("ShardedEventProcessor: a group is drained and dealt anew, under traffic: once each, in order", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  constexpr std::size_t kShards = 4;
  constexpr std::uint64_t kEach = 500;
  typename B::template Of<std::uint64_t> ring(4 * kShards, kShards);
  using Ring = decltype(ring);
  using Group = typename Ring::Progress;
  struct Worker {
    std::vector<std::uint64_t>& next;  // of each shard: one worker's at a time
    std::atomic<std::uint64_t>& wrong;
    std::size_t shards = 0;  // one bit each: those it has seen
    void operator()(std::uint64_t& e, const whorl::ShardedEventContext<typename Ring::Shard>& context) {
      if (e != next[context.shard]++) wrong.fetch_add(1);
      shards |= std::size_t{1} << context.shard;
    }
  };
  std::vector<std::uint64_t> next(kShards), last(kShards);
  std::atomic<std::uint64_t> wrong{0};
  Group group(ring);
  Worker after{last, wrong};
  ShardedEventProcessor<typename Ring::Shard, Worker&> follower(ring, {&group}, after);
  REQUIRE(ring.add_gating(follower.sequence()));
  std::jthread follows([&] { follower.run(); });

  const auto work = [&](std::size_t workers, std::uint64_t until) {
    struct At {
      Worker worker;
      ShardedEventProcessor<typename Ring::Shard, Worker&> processor;
      At(Ring& r, Group& g, Worker w, whorl::ShardStripe stripe)
          : worker(w), processor(r, g, {}, worker, {.max_batch = 3, .stripe = stripe}) {}
    };
    std::vector<std::unique_ptr<At>> crew;
    for (std::size_t i = 0; i < workers; ++i) {
      crew.push_back(std::make_unique<At>(ring, group, Worker{next, wrong}, whorl::ShardStripe{i, workers}));
    }
    std::vector<std::jthread> threads;
    for (auto& at : crew) threads.emplace_back([&at] { at->processor.run(); });
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      while (group.passed(shard) < until) std::this_thread::yield();
    }
    if (until != kEach) {
      for (auto& at : crew) at->processor.halt();  // each ends after its batch, which is released then
    } else {
      ring.close();
    }
    return [=, crew = std::move(crew), threads = std::move(threads)]() mutable {
      threads.clear();
      for (std::size_t i = 0; i < workers; ++i) {
        for (std::size_t shard = 0; shard < kShards; ++shard) {
          if (shard % workers != i) CHECK((crew[i]->worker.shards >> shard & 1) == 0);
        }
      }
    };
  };
  Flood flood(ring, kEach);
  work(2, 100)();
  work(4, 250)();
  work(3, 400)();
  auto done = work(1, kEach);
  flood.join();
  flood.give_leases_back();
  done();
  follows.join();
  CHECK(wrong.load() == 0);
  CHECK(next == std::vector<std::uint64_t>(kShards, kEach));
  CHECK(last == next);
}

TEST_CASE("ShardedEventProcessor: where one worker of a group has failed, who follows handles what the others have") {
  SharedInline::Of<std::uint64_t> ring(32, 4);
  using Ring = decltype(ring);
  Producers producers(ring);
  Ring::Progress group(ring);
  EventDiary bad, good, after;
  bad.on_event = [](std::uint64_t e) {
    if (e == 201) throw 7;
  };
  ShardedEventProcessor<Ring::Shard, EventDiary&> zero(ring, group, {}, bad, {.stripe = {0, 2}}),
      one(ring, group, {}, good, {.stripe = {1, 2}});
  Processor<Ring> follower(ring, {&group}, after);
  for (std::size_t shard = 0; shard < 4; ++shard) REQUIRE(producers.publish(shard, 2));
  CHECK(zero.run() == RunEnd::failed);
  CHECK(one.run() == RunEnd::closed);
  CHECK(follower.run() == RunEnd::closed);
  CHECK(after.text == "S B7/7 0 1, 100 101, 200, 300 301,. s");
}

TEST_CASE("ShardedEventProcessor: refuses a worker that has no group") {
  SharedInline::Of<std::uint64_t> ring(8, 2);
  EventDiary diary;
  CHECK_THROWS_WITH_AS(
      (Processor<decltype(ring)>(ring, {}, diary, {.stripe = {1, 2}})),
      "ShardStripe: worker 1 of 2 has no group: construct it with the sequence that all workers have in common",
      std::invalid_argument);
}

TEST_CASE("ShardedEventProcessor: refuses a worker that has no shard") {
  SharedInline::Of<std::uint64_t> ring(8, 2);
  using Ring = decltype(ring);
  Ring::Progress group(ring);
  EventDiary diary;
  const auto make = [&](whorl::ShardStripe stripe) {
    ShardedEventProcessor<Ring::Shard, EventDiary&>(ring, group, {}, diary, {.stripe = stripe});
  };
  CHECK_THROWS_WITH_AS(
      make({2, 3}),
      "ShardStripe: worker 2 of 3 has no part of 2 shards: workers are numbered from 0, and no more than shards",
      std::invalid_argument);
  CHECK_THROWS_AS(make({2, 2}), std::invalid_argument);
  CHECK_THROWS_AS(make({0, 0}), std::invalid_argument);
  make({1, 2});
}
