// What a consumer costs that has nothing to do.
// Forbidden: a parked reader, or a whole Disruptor, that uses a hundredth of a CPU.

#include <doctest/doctest.h>
#include <time.h>

#include <chrono>
#include <thread>
#include <whorl/disruptor/disruptor.hpp>
#include <whorl/ring/sharded_ring.hpp>

namespace {

// CPU time of the calling thread, or of all.
std::chrono::nanoseconds cpu_time(clockid_t whose = CLOCK_THREAD_CPUTIME_ID) {
  timespec now{};
  clock_gettime(whose, &now);
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

TEST_CASE("idle: a diamond without traffic uses next to no CPU") {
  const auto handler = [](int&) {};
  whorl::Disruptor<int> disruptor({.capacity = 64});
  const whorl::NodeId journal = disruptor.handle(handler);
  const whorl::NodeId replicate = disruptor.handle(handler);
  disruptor.handle(handler, {.after = {journal, replicate}});
  disruptor.start();
  auto producer = disruptor.producer();
  REQUIRE(producer.publish([](int& event) { event = 1; }) == whorl::PublishResult::ok);
  REQUIRE(disruptor.drain_for({}));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the patience before sleep is not what is looked for

  const auto begin = std::chrono::steady_clock::now();
  const auto used_before = cpu_time(CLOCK_PROCESS_CPUTIME_ID);
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const auto used = cpu_time(CLOCK_PROCESS_CPUTIME_ID) - used_before;
  CHECK(used < (std::chrono::steady_clock::now() - begin) / 100);
  disruptor.close();
  disruptor.join();
}
