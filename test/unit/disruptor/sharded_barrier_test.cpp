#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>
#include <vector>
#include <whorl/disruptor/sharded_barrier.hpp>

#include "sharded_rings.hpp"

using namespace std::chrono_literals;
using namespace whorl_test;
using whorl::BarrierEnd;
using whorl::ShardedBarrier;
using whorl::Until;

namespace {

// How a wait ends that `end` ends: by then it sleeps.
template <class Ring, class Barrier>
BarrierEnd wait_until(Ring& ring, Barrier& barrier, const typename Ring::Progress& progress,
                      const std::function<void()>& end, const Until& until = Until(60s)) {
  BarrierEnd result = BarrierEnd::timed_out;
  const std::uint64_t sleeps = ring.news().sleeps();
  std::thread consumer([&] { result = barrier.wait_for_any(progress, until); });
  while (ring.news().sleeps() == sleeps) std::this_thread::yield();
  end();
  consumer.join();
  return result;
}

}  // namespace

TEST_CASE_TEMPLATE("ShardedBarrier: what is published in a shard is available there, and nowhere else", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(16, 4);
  Producers producers(ring);
  ShardedBarrier<typename decltype(ring)::Shard> barrier(ring);
  REQUIRE(producers.publish(2, 3));
  CHECK(barrier.look(2, 0) == 3);
  CHECK(barrier.look(2, 1, 1) == 1);
  CHECK(barrier.look(2, 3) == 0);
  CHECK(barrier.look(1, 0) == 0);
  CHECK_FALSE(barrier.has_upstream());
}

TEST_CASE_TEMPLATE("ShardedBarrier: in each shard, what all upstream have passed there", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  typename Ring::Progress one(ring), two(ring);
  ShardedBarrier<typename Ring::Shard> barrier(ring, {&one, &two});
  REQUIRE(producers.publish(0, 3));
  REQUIRE(producers.publish(1, 3));
  one.release(0, 3);
  two.release(1, 3);
  CHECK(barrier.look(0, 0) == 0);
  CHECK(barrier.look(1, 0) == 0);
  two.release(0, 2);
  CHECK(barrier.look(0, 0) == 2);
  CHECK(barrier.look(1, 0) == 0);
  CHECK(barrier.has_upstream());
}

TEST_CASE_TEMPLATE("ShardedBarrier: whichever shard has something first wakes who waits", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8, 4);
  using Ring = decltype(ring);
  Producers producers(ring);
  typename Ring::Progress progress(ring);
  ShardedBarrier<typename Ring::Shard> barrier(ring);
  for (const std::size_t shard : {3u, 0u, 2u, 1u}) {
    CHECK(wait_until(ring, barrier, progress, [&] { CHECK(producers.publish(shard)); }) == BarrierEnd::available);
    CHECK(barrier.wait_for_any(progress) == BarrierEnd::available);
    progress.release(shard, 1);
    CHECK(barrier.wait_for_any(progress, Until(0s)) == BarrierEnd::timed_out);
  }
}

TEST_CASE_TEMPLATE("ShardedBarrier: who follows is woken by the last one upstream, in whichever shard", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  typename Ring::Progress one(ring), two(ring), mine(ring);
  ShardedBarrier<typename Ring::Shard> barrier(ring, {&one, &two});
  REQUIRE(producers.publish(0));
  REQUIRE(producers.publish(1));
  // In one shard it waits for the one, in the other for the other.
  one.release(0, 1);
  two.release(1, 1);
  CHECK(wait_until(ring, barrier, mine, [&] { one.release(1, 1); }) == BarrierEnd::available);
  mine.release(1, 1);
  CHECK(wait_until(ring, barrier, mine, [&] { two.release(0, 1); }) == BarrierEnd::available);
}

TEST_CASE_TEMPLATE("ShardedBarrier: closed when every shard has ended, and not before", B, WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  typename Ring::Progress progress(ring);
  ShardedBarrier<typename Ring::Shard> barrier(ring);
  REQUIRE(producers.publish(1, 2));
  CHECK_FALSE(barrier.ends_at(progress));
  producers.end();
  CHECK(barrier.wait_for_any(progress) == BarrierEnd::available);
  CHECK_FALSE(barrier.ends_at(progress));
  progress.release(1, 2);
  CHECK(barrier.ends_at(progress));
  CHECK(barrier.wait_for_any(progress) == BarrierEnd::closed);
}

TEST_CASE_TEMPLATE("ShardedBarrier: who sleeps hears of the end, of the ring and of who is upstream", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  typename Ring::Progress upstream(ring), mine(ring);
  ShardedBarrier<typename Ring::Shard> root(ring), follower(ring, {&upstream});
  REQUIRE(producers.publish(0));
  CHECK(wait_until(ring, follower, mine, [&] { upstream.end(); }) == BarrierEnd::closed);
  upstream.go_on();
  mine.release(0, 1);
  CHECK(wait_until(ring, root, mine, [&] { producers.end(); }) == BarrierEnd::closed);
}

TEST_CASE_TEMPLATE("ShardedBarrier: who sleeps hears of one upstream that joins the gates late", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  typename Ring::Progress upstream(ring), mine(ring);
  ShardedBarrier<typename Ring::Shard> follower(ring, {&upstream});
  REQUIRE(producers.publish(1));
  // It joins at what is claimed: what is there already it passes over, and who follows need not wait for it.
  CHECK(wait_until(ring, follower, mine, [&] { REQUIRE(ring.add_gating(upstream)); }) == BarrierEnd::available);
  CHECK(follower.look(1, 0) == 1);
}

TEST_CASE(
    "ShardedBarrier: who sleeps hears of one upstream that has found no place in some shard, and moved in others") {
  SharedInline::Of<std::uint64_t> ring(8, 2);
  using Ring = decltype(ring);
  Producers producers(ring);
  std::vector<whorl::Sequence> others(whorl::GroupGate::kMostMembers);
  for (auto& other : others) REQUIRE(ring.shard(1).add_gating(other));
  Ring::Progress upstream(ring), mine(ring);
  ShardedBarrier<Ring::Shard> follower(ring, {&upstream});
  REQUIRE(producers.publish(0));
  CHECK(wait_until(ring, follower, mine, [&] { REQUIRE_FALSE(ring.add_gating(upstream)); }) == BarrierEnd::available);
  for (auto& other : others) REQUIRE(ring.shard(1).remove_gating(other));
}

TEST_CASE("ShardedBarrier: a lease that is given back after the close is the end of its shard") {
  ExclusiveInline::Of<std::uint64_t> ring(8, 2);
  using Ring = decltype(ring);
  auto lease = ring.lease();
  Ring::Progress progress(ring);
  ShardedBarrier<Ring::Shard> barrier(ring);
  ring.close();
  CHECK(barrier.wait_for_any(progress, Until(0s)) == BarrierEnd::timed_out);
  CHECK(wait_until(ring, barrier, progress, [&] { lease.reset(); }) == BarrierEnd::closed);
}

TEST_CASE("ShardedBarrier: an alert and a stop end waits, an alert here and nowhere else") {
  SharedInline::Of<std::uint64_t> ring(8, 2);
  using Ring = decltype(ring);
  Ring::Progress progress(ring);
  ShardedBarrier<Ring::Shard> barrier(ring), sibling(ring);
  CHECK(wait_until(ring, barrier, progress, [&] { barrier.alert(); }) == BarrierEnd::stopped);
  CHECK(barrier.is_alerted());
  CHECK_FALSE(sibling.is_alerted());
  REQUIRE(ring.shard_for(0).try_publish_event([](std::uint64_t&) {}));
  CHECK(barrier.wait_for_any(progress) == BarrierEnd::stopped);
  CHECK(sibling.wait_for_any(progress) == BarrierEnd::available);
  barrier.clear_alert();
  CHECK(barrier.wait_for_any(progress) == BarrierEnd::available);
  progress.release(0, 1);
  std::stop_source stop;
  CHECK(wait_until(
            ring, barrier, progress, [&] { stop.request_stop(); }, Until(60s, stop.get_token())) ==
        BarrierEnd::stopped);
}

TEST_CASE("ShardedBarrier: a producer wakes nobody in its own shard's place to sleep, for nobody sleeps there") {
  SharedInline::Of<std::uint64_t> ring(8, 2);
  CHECK(&ring.shard(0).published() == &ring.news());
  CHECK(&ring.shard(1).published() == &ring.news());
}
