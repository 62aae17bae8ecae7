// The seven strategies and the five configurations of go-lock-free-ring, as its documentation gives them.

#include <doctest/doctest.h>

#include <chrono>
#include <tuple>
#include <whorl/ring/write_policy.hpp>

using namespace std::chrono_literals;
using whorl::BackoffConfig;
using whorl::ShardChoice;
using whorl::WritePolicy;
using whorl::WriteWait;

namespace {

bool is(const WritePolicy& policy, ShardChoice shards, WriteWait wait) {
  return policy.shards == shards && policy.wait == wait && policy.max_retries == 10 && policy.max_backoffs == 0;
}

bool adapts(const WritePolicy& policy, unsigned idle, unsigned warm, std::chrono::nanoseconds pause) {
  return is(policy, ShardChoice::affinity, WriteWait::adaptive) && policy.idle == idle && policy.warm == warm &&
         policy.pause == pause;
}

bool grows(const WritePolicy& policy) {
  return policy.pause == 100us && policy.longest_pause == 10ms && policy.growth == 2.0 && policy.jitter == 0.25;
}

bool same(const WritePolicy& a, const WritePolicy& b) {
  const auto fields = [](const WritePolicy& p) {
    return std::tuple(p.shards, p.wait, p.max_retries, p.max_backoffs, p.pause, p.longest_pause, p.growth, p.jitter,
                      p.warm, p.idle);
  };
  return fields(a) == fields(b);
}

}  // namespace

TEST_CASE("WritePolicy: the seven strategies") {
  CHECK(is(WritePolicy::sleep_backoff(), ShardChoice::affinity, WriteWait::sleep));
  CHECK(WritePolicy::sleep_backoff().pause == 100us);
  CHECK(is(WritePolicy::next_shard(), ShardChoice::round_robin, WriteWait::sleep));
  CHECK(WritePolicy::next_shard().pause == 100us);
  CHECK(is(WritePolicy::random_shard(), ShardChoice::random, WriteWait::sleep));
  CHECK(WritePolicy::random_shard().pause == 100us);
  CHECK(is(WritePolicy::adaptive_backoff(), ShardChoice::affinity, WriteWait::exponential));
  CHECK(grows(WritePolicy::adaptive_backoff()));
  CHECK(is(WritePolicy::spin_then_yield(), ShardChoice::affinity, WriteWait::yield));
  CHECK(is(WritePolicy::hybrid(), ShardChoice::round_robin, WriteWait::exponential));
  CHECK(grows(WritePolicy::hybrid()));
  CHECK(adapts(WritePolicy::auto_adaptive(), 100'000, 1000, 100us));
}

TEST_CASE("WritePolicy: the five configurations") {
  CHECK(adapts(WritePolicy::high_throughput(), 500'000, 5000, 50us));
  CHECK(same(WritePolicy::low_latency(), WritePolicy::spin_then_yield()));
  CHECK(adapts(WritePolicy::cpu_friendly(), 10'000, 100, 500us));
  CHECK(adapts(WritePolicy::bursty_traffic(), 200'000, 10'000, 100us));
  CHECK(same(WritePolicy::legacy_sleep(), WritePolicy::sleep_backoff()));
}

TEST_CASE(
    "WritePolicy: unless told otherwise a write stays on its shard, for as long as it takes, and sleeps meanwhile") {
  const WritePolicy policy;
  CHECK(policy.shards == ShardChoice::affinity);
  CHECK(policy.wait == WriteWait::park);
  CHECK(policy.max_retries == 1);
  CHECK(policy.max_backoffs == 0);
}

TEST_CASE("BackoffConfig: is rounds of tries on one shard with the same sleep between them") {
  CHECK(same(BackoffConfig{}.policy(), WritePolicy::sleep_backoff()));
  const WritePolicy policy = BackoffConfig{.max_retries = 3, .backoff = 7us, .max_backoffs = 5}.policy();
  CHECK(policy.shards == ShardChoice::affinity);
  CHECK(policy.wait == WriteWait::sleep);
  CHECK(policy.max_retries == 3);
  CHECK(policy.max_backoffs == 5);
  CHECK(policy.pause == 7us);
}
