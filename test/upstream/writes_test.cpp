// What the Go ring's waiting writes did wrong: the port shows it, whorl must not.

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <limits>
#include <stop_token>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "upstream_ring.hpp"

using namespace std::chrono_literals;
using whorl::ShardChoice;
using whorl::WritePolicy;
using whorl::WriteResult;
using whorl::WriteWait;

namespace {

using Ring = whorl::ShardedRing<std::uint64_t>;

constexpr std::array kWaits = {WriteWait::none,        WriteWait::spin,     WriteWait::yield, WriteWait::sleep,
                               WriteWait::exponential, WriteWait::adaptive, WriteWait::park};
constexpr std::array kChoices = {ShardChoice::affinity, ShardChoice::round_robin, ShardChoice::random};

// Fills the shard of `id`.
template <class R>
void fill(R& ring, std::uint64_t id) {
  while (ring.write(id, 0u, WritePolicy{.wait = WriteWait::none, .max_backoffs = 1}) == WriteResult::ok) {
  }
}

upstream::Ring with_first_shard_full(std::size_t total, std::size_t shards) {
  upstream::Ring ring(total, shards);
  while (ring.write(0, 0)) {
  }
  return ring;
}

}  // namespace

TEST_CASE("D4: upstream, a write of no retries does not even try") {
  upstream::Ring ring(16, 4);
  CHECK_FALSE(ring.write_with_backoff(0, 1, {.max_retries = 0, .max_backoffs = 3}));
  CHECK(ring.tries() == 0);
  CHECK_THROWS_AS(ring.write_with_backoff(0, 1, {.max_retries = 0}), upstream::Endless);
}

TEST_CASE("D4: every write tries at least once, whatever the policy and however little time there is") {
  Ring ring(1024, 4);
  std::stop_source stopped;
  stopped.request_stop();
  const whorl::Until over(-1s, stopped.get_token());
  std::uint64_t written = 0;
  for (const WriteWait wait : kWaits) {
    for (const ShardChoice choice : kChoices) {
      const WritePolicy policy{.shards = choice, .wait = wait, .max_retries = 0, .max_backoffs = written % 2};
      CHECK(ring.write(written, written, policy) == WriteResult::ok);
      ++written;
      CHECK(ring.write(written, written, policy, over) == WriteResult::ok);
      ++written;
    }
  }
  CHECK(ring.write_with_backoff(0, 1u, {.max_retries = 0, .max_backoffs = 3}) == WriteResult::ok);
  CHECK(ring.write_with_backoff(0, 1u, {.max_retries = 0}) == WriteResult::ok);
  CHECK(ring.size_approx() == written + 2);
}

TEST_CASE("D5: upstream, a write without limit sleeps until somebody reads") {
  upstream::Ring ring = with_first_shard_full(4, 1);
  CHECK_THROWS_AS(ring.write_with_backoff(0, 1, {}), upstream::Endless);
}

TEST_CASE("D5: a write without limit ends at its deadline, at a stop and when the ring is closed") {
  for (const WriteWait wait : kWaits) {
    for (const ShardChoice choice : kChoices) {
      CAPTURE(static_cast<int>(wait));
      CAPTURE(static_cast<int>(choice));
      Ring ring(4, 2);
      fill(ring, 0);
      fill(ring, 1);
      const WritePolicy policy{.shards = choice, .wait = wait};
      CHECK(ring.write_for(0, 1u, 1ms, policy) == WriteResult::timed_out);
      CHECK(ring.write_until(0, 1u, std::chrono::steady_clock::now() + 1ms, policy) == WriteResult::timed_out);
      std::stop_source stop;
      {
        const std::jthread stopper([&] { stop.request_stop(); });
        CHECK(ring.write(0, 1u, policy, stop.get_token()) == WriteResult::stopped);
      }
      const std::jthread closer([&] { ring.close(); });
      CHECK(ring.write(0, 1u, policy) == WriteResult::closed);
    }
  }
  Ring ring(4, 1);
  fill(ring, 0);
  CHECK(ring.write_with_backoff(0, 1u, {}, whorl::Until(1ms)) == WriteResult::timed_out);
  const std::jthread closer([&] { ring.close(); });
  CHECK(ring.write_with_backoff(0, 1u) == WriteResult::closed);
}

TEST_CASE("D6: upstream, a writer's backoffs add up over its life until it waits no more") {
  upstream::Ring ring = with_first_shard_full(4, 1);
  upstream::Writer writer(ring, 0, {.max_retries = 1, .max_backoffs = 5});
  CHECK_FALSE(writer.write(1));
  CHECK(ring.sleeps() == 4);
  CHECK_FALSE(writer.write(1));
  CHECK(ring.sleeps() == 4);  // not one more
}

TEST_CASE("D6: each write of a writer has its whole patience") {
  for (const WriteWait wait : kWaits) {
    if (wait == WriteWait::park) continue;  // would sleep until the reader makes room
    CAPTURE(static_cast<int>(wait));
    Ring ring(4, 1);
    fill(ring, 0);
    const std::uint64_t before = ring.stats().backoffs;
    auto writer = ring.writer(
        0, WritePolicy{.wait = wait, .max_backoffs = 5, .pause = 1us, .longest_pause = 10us, .warm = 1, .idle = 1});
    for (std::uint64_t n = 1; n < 50; ++n) {
      CHECK(writer.write(1u) == WriteResult::full);
      CHECK(ring.stats().backoffs - before == 4 * n);
    }
    CHECK(ring.try_read().has_value());
    CHECK(writer.write(1u) == WriteResult::ok);
  }
}

TEST_CASE("D7: upstream, a write by configuration ignores the strategy in it") {
  const upstream::Config next{.max_retries = 1, .max_backoffs = 3, .strategy = upstream::Strategy::next_shard};
  upstream::Ring ring = with_first_shard_full(16, 4);
  CHECK_FALSE(ring.write_with_backoff(0, 1, next));
  CHECK(upstream::Writer(ring, 0, next).write(1));
}

TEST_CASE("D7: the policy that is given is the policy that is used, by the ring and by a writer") {
  struct Row {
    WritePolicy policy;
    bool crosses;
  };
  const std::array rows = {Row{WritePolicy::sleep_backoff(), false},   Row{WritePolicy::next_shard(), true},
                           Row{WritePolicy::random_shard(), true},     Row{WritePolicy::adaptive_backoff(), false},
                           Row{WritePolicy::spin_then_yield(), false}, Row{WritePolicy::hybrid(), true},
                           Row{WritePolicy::auto_adaptive(), false},   Row{WritePolicy::high_throughput(), false},
                           Row{WritePolicy::low_latency(), false},     Row{WritePolicy::cpu_friendly(), false},
                           Row{WritePolicy::bursty_traffic(), false},  Row{WritePolicy::legacy_sleep(), false}};
  for (Row row : rows) {
    row.policy.max_backoffs = 2;
    Ring ring(16, 4);
    fill(ring, 0);
    const std::uint64_t before = ring.stats(0).accepted;
    const WriteResult expected = row.crosses ? WriteResult::ok : WriteResult::full;
    CHECK(ring.write(0, 1u, row.policy) == expected);
    CHECK(ring.writer(0, row.policy).write(1u) == expected);
    CHECK(ring.stats(0).accepted == before);
    CHECK(ring.stats().accepted == before + (row.crosses ? 2 : 0));
  }
}
