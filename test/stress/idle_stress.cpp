// What a consumer costs that has nothing to do.
// Forbidden: a parked reader that uses a hundredth of a CPU.

#include <doctest/doctest.h>
#include <time.h>

#include <chrono>
#include <whorl/ring/sharded_ring.hpp>

namespace {

// CPU time of the calling thread.
std::chrono::nanoseconds cpu_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

TEST_CASE("idle: a parked reader uses next to no CPU") {
  for (const std::size_t shards : {1u, 256u}) {
    CAPTURE(shards);
    whorl::ShardedRing<int> ring(shards, shards);
    const auto begin = std::chrono::steady_clock::now();
    const auto used_before = cpu_time();
    CHECK(ring.wait_readable(whorl::BlockingWait{}, std::chrono::seconds(2)) == whorl::ReadResult::timed_out);
    const auto used = cpu_time() - used_before;
    const auto passed = std::chrono::steady_clock::now() - begin;
    CHECK(passed >= std::chrono::seconds(2));
    CHECK(used < passed / 100);
  }
}

TEST_CASE("idle: a producer parked before a full shard uses next to no CPU") {
  whorl::ShardedRing<int> ring(1, 1);
  REQUIRE(ring.try_write(0, 1));
  const auto begin = std::chrono::steady_clock::now();
  const auto used_before = cpu_time();
  CHECK(ring.write_for(0, 2, std::chrono::seconds(2)) == whorl::WriteResult::timed_out);
  const auto used = cpu_time() - used_before;
  CHECK(used < (std::chrono::steady_clock::now() - begin) / 100);
}
