#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>
#include <whorl/disruptor/sharded_barrier.hpp>
#include <whorl/disruptor/sharded_sequencer.hpp>

#include "../../support/allocations.hpp"
#include "../../support/death.hpp"
#include "sharded_rings.hpp"

using namespace whorl_test;
using whorl::SequenceNumber;
using whorl::WriteResult;

namespace {

template <class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

using Leased = whorl::ShardedSequencer<whorl::Exclusive, SleepAtOnce>;
using ById = whorl::ShardedSequencer<whorl::Shared, SleepAtOnce>;

}  // namespace

TEST_CASE("ShardedSequencer: refuses what cannot be divided, before it allocates a shard, with the nearest that can") {
  const std::uint64_t before = allocations().aligned;
  CHECK(refusal([] { Leased(12, 4); }) ==
        "ShardedSequencer: total_capacity 12 over 4 shards is not a power of two for each: use 8 or 16");
  CHECK(refusal([] { ById(12, 3); }) == "ShardedSequencer: shards 3 is not a power of two: use 2 or 4");
  CHECK(refusal([] { ById(2, 4); }) ==
        "ShardedSequencer: total_capacity 2 over 4 shards is not a power of two for each: use 4 or more");
  CHECK(refusal([] { whorl::ShardedRingBuffer<int>(8, 0); }) ==
        "ShardedRingBuffer: shards 0 is not a power of two: use 1 or more");
  CHECK(allocations().aligned == before);
  CHECK(refusal([] { Leased(4, 4); }) == "none");
  CHECK((allocations().aligned != before) == kCountsAllocations);
}

TEST_CASE("ShardedSequencer: has its capacity divided evenly, and chooses by the low bits of an id") {
  ById sequencer(32, 4);
  CHECK(sequencer.capacity() == 32);
  CHECK(sequencer.shard_count() == 4);
  CHECK(sequencer.shard(3).capacity() == 8);
  CHECK(sequencer.shard_of(6) == 2);
  CHECK(&sequencer.shard_for(6) == &sequencer.shard(2));
  CHECK(&sequencer.shard_for(~std::uint64_t{0}) == &sequencer.shard(3));
}

TEST_CASE("ShardedSequencer: a full shard refuses its own producers, and no others") {
  ById sequencer(4, 2);
  CHECK(sequencer.shard_for(0).try_next(2) == 1);
  CHECK(sequencer.shard_for(0).try_next() == std::nullopt);
  CHECK(sequencer.shard_for(2).try_next() == std::nullopt);
  CHECK(sequencer.shard_for(1).try_next() == 0);
}

TEST_CASE("ShardedSequencer: each shard has one lease at a time, and the next goes on where the last one stopped") {
  Leased sequencer(4, 2);
  auto first = sequencer.lease();
  auto second = sequencer.lease();
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  CHECK(first->shard_index() == 0);
  CHECK(second->shard_index() == 1);
  CHECK_FALSE(sequencer.lease().has_value());
  REQUIRE(second->try_next() == 0);
  second->publish(0);
  second.reset();
  auto third = sequencer.lease();
  REQUIRE(third.has_value());
  CHECK(third->shard_index() == 1);
  CHECK(third->try_next() == 1);
  third->publish(1);
}

TEST_CASE("ShardedSequencer: leases that come and go take turns with the shards that are free") {
  Leased sequencer(4, 4);
  for (std::size_t i = 0; i < 8; ++i) CHECK(sequencer.lease()->shard_index() == i % 4);
  const auto first = sequencer.lease();
  REQUIRE(first->shard_index() == 0);
  for (std::size_t i = 0; i < 6; ++i) CHECK(sequencer.lease()->shard_index() == 1 + i % 3);
}

TEST_CASE("ShardedSequencer: a lease that moves takes the right along, to another thread if need be") {
  Leased sequencer(2, 1);
  auto lease = sequencer.lease();
  REQUIRE(lease->try_next() == 0);
  lease->publish(0);
  std::thread([moved = std::move(*lease)]() mutable {
    CHECK(moved.try_next() == 1);
    moved.publish(1);
  }).join();
  CHECK(lease->is_closed());  // it can publish nothing any more
  CHECK(sequencer.lease().has_value());
}

TEST_CASE("ShardedSequencer: closed, no shard can be claimed or leased, and one that is leased ends with its lease") {
  Leased sequencer(4, 2);
  auto lease = sequencer.lease();
  CHECK_FALSE(lease->is_closed());
  CHECK_FALSE(sequencer.is_closed());
  REQUIRE(lease->try_next() == 0);
  sequencer.close();
  sequencer.close();
  CHECK(sequencer.is_closed());
  CHECK(lease->is_closed());
  CHECK_FALSE(sequencer.lease().has_value());
  CHECK(sequencer.shard(1).ends_before(0));
  CHECK_FALSE(sequencer.shard(0).ends_before(1));  // who holds the lease may be about to claim
  lease->publish(0);
  CHECK(lease->next().result == WriteResult::closed);
  CHECK(sequencer.shard(0).ends_before(1));
  CHECK_FALSE(sequencer.shard(0).ends_before(0));
}

TEST_CASE("ShardedSequencer: is closed when every shard is") {
  for (const std::size_t open : {0u, 1u}) {
    ById sequencer(4, 2);
    sequencer.shard(1 - open).close();
    CHECK_FALSE(sequencer.is_closed());
    sequencer.close();
    CHECK(sequencer.is_closed());
  }
}

TEST_CASE_TEMPLATE("ShardedRingBuffer: many laps of every shard, from any first position", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  for (const whorl::Position first : kFirstPositions) {
    CAPTURE(first);
    typename B::template Of<std::uint64_t> ring(4, 2, {}, {.first_position = first});
    using Ring = decltype(ring);
    Producers producers(ring);
    typename Ring::Progress progress(ring);
    whorl::ShardedBarrier<typename Ring::Shard> barrier(ring);
    REQUIRE(ring.add_gating(progress));
    for (std::uint64_t n = 0; n != 8; n += 2) {
      for (const std::size_t shard : {0u, 1u}) {
        const whorl::Position p = progress.passed(shard);
        CHECK(p == first + n);
        CHECK(barrier.look(shard, p) == 0);
        REQUIRE(producers.publish(shard, 2));
        CHECK_FALSE(producers.publish(shard));
        CHECK(ring.shard(shard).cursor() == whorl::last_before(p + 2));
        REQUIRE(barrier.look(shard, p) == 2);
        CHECK(ring.get(shard, whorl::last_before(p + 1)) == 100 * shard + n);
        CHECK(ring.get(shard, whorl::last_before(p + 2)) == 100 * shard + n + 1);
        progress.release(shard, p + 2);
      }
    }
    CHECK(ring.shard(0).remaining_capacity() + ring.shard(1).remaining_capacity() == 4);
  }
}

TEST_CASE_TEMPLATE("ShardedRingBuffer: may overwrite what nobody reads, until somebody does", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(4, 2, {}, {.without_consumers = whorl::EmptyGate::open});
  Producers producers(ring);
  for (int lap = 0; lap < 3; ++lap) REQUIRE(producers.publish(1, 2));
  CHECK(ring.get(1, 4) == 104);
  CHECK(ring.get(1, 5) == 105);
  typename decltype(ring)::Progress progress(ring);
  REQUIRE(ring.add_gating(progress));
  for (const std::size_t shard : {0u, 1u}) {
    CHECK(producers.publish(shard, 2));
    CHECK_FALSE(producers.publish(shard));
  }
}

TEST_CASE_TEMPLATE("ShardedSequence: begins where each shard is claimed, and gates each shard by itself", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(4, 2);
  Producers producers(ring);
  REQUIRE(producers.publish(1));
  typename decltype(ring)::Progress progress(ring);
  CHECK(progress.shard_count() == 2);
  CHECK(progress.get(0) == -1);
  CHECK(progress.get(1) == 0);
  REQUIRE(producers.publish(1));
  REQUIRE(ring.add_gating(progress));
  CHECK_FALSE(ring.add_gating(progress));
  CHECK(progress.passed(1) == 2);  // where it has joined
  REQUIRE(producers.publish(0, 2));
  REQUIRE(producers.publish(1, 2));
  CHECK_FALSE(producers.publish(0));
  CHECK_FALSE(producers.publish(1));
  progress.release(1, 3);
  CHECK(producers.publish(1));
  CHECK_FALSE(producers.publish(0));
  CHECK(ring.remove_gating(progress));
  CHECK_FALSE(ring.remove_gating(progress));
}

TEST_CASE("ShardedSequence: one that finds no place in some shard joins none") {
  ById sequencer(4, 2);
  std::vector<whorl::Sequence> others(whorl::GroupGate::kMostMembers);
  for (auto& other : others) REQUIRE(sequencer.shard(1).add_gating(other));
  ById::Progress progress(sequencer);
  CHECK_FALSE(sequencer.add_gating(progress));
  CHECK(sequencer.shard(0).gate().size() == 0);
  CHECK(sequencer.shard(1).gate().size() == whorl::GroupGate::kMostMembers);
  for (auto& other : others) REQUIRE(sequencer.shard(1).remove_gating(other));
  CHECK(sequencer.add_gating(progress));
}

TEST_CASE("ShardedSequence: leaves the gates when it ends, and gives its sequences back") {
  ById sequencer(4, 2);
  const whorl::Sequence* lent = nullptr;
  {
    ById::Progress progress(sequencer);
    lent = &progress.in(1);
    REQUIRE(sequencer.add_gating(progress));
  }
  CHECK(sequencer.shard(0).gate().size() == 0);
  ById::Progress next(sequencer);
  CHECK(&next.in(1) == lent);
}

TEST_CASE_TEMPLATE("ShardedRingBuffer: an event that fails to be filled is published nowhere", B,
                   WHORL_TEST_SHARDED_BUFFERS) {
  typename B::template Of<std::uint64_t> ring(8, 2);
  typename decltype(ring)::Progress progress(ring);
  REQUIRE(ring.add_gating(progress));
  const auto publish = [&](auto& shard) {
    CHECK_THROWS_AS((void)shard.publish_event([](std::uint64_t&) { throw 7; }), int);
    CHECK(shard.publish_event([](std::uint64_t& e) { e = 5; }) == WriteResult::ok);
  };
  if constexpr (B::kShared) {
    publish(ring.shard_for(0));
    CHECK(ring.shard(0).is_buried(0));
    CHECK(ring.get(0, 1) == 5);
  } else {
    auto lease = ring.lease();
    publish(*lease);
    CHECK(ring.get(0, 0) == 5);
  }
  CHECK_FALSE(ring.shard(1).is_available(0));
}

TEST_CASE("ShardedRingBuffer: events are what each shard's make(i) makes") {
  whorl::ShardedRingBuffer<std::size_t> ring(8, 2, [](std::size_t i) { return i + 10; });
  for (SequenceNumber s = 0; s < 4; ++s) {
    CHECK(ring.get(0, s) == static_cast<std::size_t>(s) + 10);
    CHECK(ring.get(1, s) == static_cast<std::size_t>(s) + 10);
  }
  CHECK(&ring.get(0, 0) != &ring.get(1, 0));
}

TEST_CASE("ShardLease: claimed events that lie side by side are a span, up to the end of its shard") {
  whorl::ShardedRingBuffer<std::uint64_t, whorl::Exclusive, whorl::Dense> ring(16, 2);
  typename decltype(ring)::Progress progress(ring);
  REQUIRE(ring.add_gating(progress));
  auto first = ring.lease();
  auto lease = ring.lease();
  REQUIRE(lease->shard_index() == 1);
  REQUIRE(lease->try_next(6) == 5);
  CHECK(lease->span(0, 6).data() == &ring.get(1, 0));
  CHECK(lease->span(0, 6).size() == 6);
  lease->publish(0, 5);
  progress.release(1, 6);
  REQUIRE(lease->try_next(5) == 10);
  CHECK(lease->span(6, 5).size() == 2);
  CHECK(&lease->span(6, 5)[1] == &ring.get(1, 7));
  CHECK(lease->span(8, 3).data() == &ring.get(1, 0));
  lease->publish(6, 10);
}

#if WHORL_CHECKED
TEST_CASE("ShardLease: one that ends with an open claim says what to do first, also where the shard is closed") {
  for (const bool is_closed : {false, true}) {
    Leased sequencer(2, 1);
    auto lease = sequencer.lease();
    REQUIRE(lease->try_next() == 0);
    if (is_closed) sequencer.close();
    const std::string words = dying_words([&] { lease.reset(); });
    CHECK(words.find("publish or abandon what is claimed before the lease ends") != std::string::npos);
    lease->abandon(0, 0);
  }
}

TEST_CASE("ShardLease: one that was moved from, or that another thread uses, says what to do instead") {
  const auto is_said = [](const std::string& words, const char* advice) {
    return words.find(advice) != std::string::npos;
  };
  Leased sequencer(2, 1);
  auto lease = sequencer.lease();
  Leased::Lease other(std::move(*lease));
  CHECK(is_said(dying_words([&] { (void)lease->try_next(); }), "publish with the one it was moved to"));
  (void)other.try_next();
  other.publish(0);
  CHECK(is_said(dying_words([&] { std::thread([&] { (void)other.try_next(); }).join(); }),
                "a lease belongs to one thread: take one for each, or move it"));
  *lease = std::move(other);  // and now it is this one's
  CHECK(lease->try_next() == 1);
  lease->publish(1);
}
#endif
