#include <doctest/doctest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <whorl/disruptor/sharded_event_poller.hpp>

#include "../../support/death.hpp"
#include "sharded_rings.hpp"

using namespace whorl_test;
using whorl::PollState;
using whorl::ShardedEventPoller;

namespace {

// What a poll has shown: the events, ',' where a run ends and '.' where the batch does.
struct Seen {
  std::string text;
  std::uint64_t last = ~std::uint64_t{0};  // the poll ends after this one

  template <class Context>
  bool operator()(std::uint64_t& e, const Context& context) {
    CHECK(context.shard == e / 100);
    text += ' ' + std::to_string(e) + (context.end_of_run ? "," : "") + (context.end_of_batch ? "." : "");
    return e != last;
  }
};

}  // namespace

TEST_CASE_TEMPLATE("ShardedEventPoller: shows what is there, shard by shard, and says what it has found", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(16, 4);
  Producers producers(ring);
  ShardedEventPoller poller(ring);
  REQUIRE(ring.add_gating(poller.sequence()));
  Seen seen;
  CHECK(poller.poll(seen) == PollState::idle);
  REQUIRE(producers.publish(3, 2));
  REQUIRE(producers.publish(1, 1));
  CHECK(poller.poll(seen, 0) == PollState::idle);
  CHECK(poller.poll(seen) == PollState::processing);
  CHECK(seen.text == " 100, 300 301,.");
  CHECK(poller.sequence().get(3) == 1);
  CHECK(poller.poll(seen) == PollState::idle);
  producers.end();
  CHECK(poller.poll(seen) == PollState::closed);
}

TEST_CASE_TEMPLATE("ShardedEventPoller: says that it would go on if others had", B, WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(16, 4);
  using Ring = decltype(ring);
  Producers producers(ring);
  typename Ring::Progress upstream(ring);
  ShardedEventPoller poller(ring, {&upstream});
  Seen seen;
  CHECK(poller.poll(seen) == PollState::idle);
  REQUIRE(producers.publish(1, 2));
  CHECK(poller.poll(seen) == PollState::gating);
  upstream.release(1, 1);
  CHECK(poller.poll(seen) == PollState::processing);
  CHECK(poller.poll(seen) == PollState::gating);
  CHECK(seen.text == " 100,.");
  upstream.end();
  CHECK(poller.poll(seen) == PollState::closed);
}

TEST_CASE_TEMPLATE("ShardedEventPoller: a handler that has enough keeps no other shard waiting", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(16, 2);
  Producers producers(ring);
  ShardedEventPoller poller(ring);
  REQUIRE(ring.add_gating(poller.sequence()));
  for (const std::size_t shard : {0u, 1u}) REQUIRE(producers.publish(shard, 3));
  Seen seen{.text = "", .last = 1};
  CHECK(poller.poll(seen) == PollState::processing);
  CHECK(seen.text == " 0 1");
  CHECK(poller.sequence().get(0) == 1);
  CHECK(poller.sequence().get(1) == -1);
  CHECK(poller.poll(seen, 2) == PollState::processing);
  CHECK(poller.poll(seen) == PollState::processing);
  CHECK(seen.text == " 0 1 100 101,. 2, 102,.");
}

TEST_CASE_TEMPLATE("ShardedEventPoller: what its handler has failed on it shows again, and nothing before it", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(16, 2);
  Producers producers(ring);
  ShardedEventPoller poller(ring, {}, 2);
  for (const std::size_t shard : {0u, 1u}) REQUIRE(producers.publish(shard, 3));
  Seen seen;
  const auto fails = [&](std::uint64_t& e, const auto& context) {
    seen(e, context);
    if (e == 101) throw 7;
  };
  CHECK_THROWS_AS((void)poller.poll(fails), int);
  CHECK(seen.text == " 0 1, 100 101,.");
  CHECK(poller.sequence().get(1) == 0);
  CHECK(poller.poll(seen) == PollState::processing);
  CHECK(seen.text == " 0 1, 100 101,. 101 102, 2,.");
}

TEST_CASE("ShardedEventPoller: passes over what was given up, and finds nothing in it") {
  SharedInline::Of<std::uint64_t> ring(16, 2);
  ShardedEventPoller poller(ring);
  REQUIRE(ring.add_gating(poller.sequence()));
  REQUIRE(ring.shard_for(1).try_next(2) == 1);
  ring.shard_for(1).abandon(0, 1);
  Seen seen;
  CHECK(poller.poll(seen) == PollState::idle);
  CHECK(poller.sequence().get(1) == 1);
  CHECK(ring.shard(1).remaining_capacity() == 8);
}

TEST_CASE("ShardedEventPoller: refuses a quota of nothing, and to be polled by its handler") {
  SharedInline::Of<std::uint64_t> ring(8, 2);
  CHECK_THROWS_WITH_AS(ShardedEventPoller(ring, {}, 0), "ShardedEventPoller: quota 0 would read nothing: use 1 or more",
                       std::invalid_argument);
#if WHORL_CHECKED
  ShardedEventPoller poller(ring);
  REQUIRE(ring.shard_for(1).try_publish_event([](std::uint64_t&) {}));
  const std::string words =
      dying_words([&] { (void)poller.poll([&](std::uint64_t&) { (void)poller.poll([](std::uint64_t&) {}); }); });
  CHECK(words.find("not inside its handler") != std::string::npos);
#endif
}
