#include "../pipeline.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "../generator.hpp"

namespace {

using namespace packets;
using std::chrono::milliseconds;

// A generator without a limit, a ring far too small for it, and a consumer that sleeps most of the time.
Options flood(WhenFull full) {
  Options options;
  options.from = From::generator;
  options.payload = 100;
  options.producers = 3;
  options.shards = 4;
  options.capacity = 64;
  options.full = full;
  options.policy.max_backoffs = full == WhenFull::block ? 0 : 1;
  options.tick = milliseconds(5);
  options.window = 2000;
  options.deadline = milliseconds(1000);
  options.duration = milliseconds(200);
  options.quiet = true;
  return options;
}

Report run(const Options& options, std::stop_token stop = {}) {
  Generator source(options);
  return run_pipeline(source, options, nullptr, std::move(stop));
}

void check_accounts(const Report& report) {
  for (const std::string& problem : unbalanced(report)) FAIL_CHECK(problem);
  CHECK(report.read > 0);
  CHECK(report.delivered > 0);
  CHECK(report.missing_frames == 0);
  CHECK(report.damaged == 0);
  CHECK(report.latency_ns.max() < 1'000'000'000'000);
}

}  // namespace

TEST_CASE(
    "run_pipeline: a full ring makes producers wait, drops what is new, or drops what is old; all is accounted for") {
  SUBCASE("block") {
    const Report report = run(flood(WhenFull::block));
    check_accounts(report);
    CHECK(report.dropped_full + report.dropped_old + report.dropped_pool == 0);
    CHECK(report.delivered == report.orders);
  }
  SUBCASE("drop-new") {
    const Report report = run(flood(WhenFull::drop_new));
    check_accounts(report);
    CHECK(report.dropped_full > 0);
    CHECK(report.dropped_old == 0);
  }
  SUBCASE("drop-old") {
    const Report report = run(flood(WhenFull::drop_old));
    check_accounts(report);
    CHECK(report.dropped_old > 0);
    CHECK(report.dropped_full == 0);
  }
}

TEST_CASE("run_pipeline: drop-old keeps the newest, drop-new the oldest") {
  // The consumer wakes once, when all has been sent: it finds what the policy has kept.
  Options options = flood(WhenFull::drop_old);
  options.producers = 1;
  options.shards = 1;
  options.capacity = 8;
  options.bits_per_second = 8e6;  // 10,000 packets a second
  options.duration = milliseconds(100);
  options.tick = std::chrono::seconds(3600);
  options.deadline = std::chrono::nanoseconds(0);
  const Report old = run(options);
  check_accounts(old);
  options.full = WhenFull::drop_new;
  const Report fresh = run(options);
  check_accounts(fresh);
  CHECK(old.orders == 1000);
  // The consumer may have looked before the first packet came, or after some.
  CHECK(old.delivered >= 8);
  CHECK(old.delivered < 500);
  CHECK(fresh.delivered >= 8);
  CHECK(fresh.delivered < 500);
  // What came last lay in the ring for no time at all, or for the whole run.
  CHECK(old.latency_ns.percentile(0.5) < 50'000'000);
  CHECK(fresh.latency_ns.percentile(0.5) > 50'000'000);
}

TEST_CASE("run_pipeline: every strategy and every choice of shards keeps the accounts") {
  using Policy = whorl::WritePolicy;
  for (const Policy& policy : {Policy::sleep_backoff(), Policy::next_shard(), Policy::random_shard(),
                               Policy::adaptive_backoff(), Policy::spin_then_yield(), Policy::hybrid()}) {
    for (const WhenFull full : {WhenFull::block, WhenFull::drop_new, WhenFull::drop_old}) {
      Options options = flood(full);
      options.policy = policy;
      options.policy.max_backoffs = full == WhenFull::block ? 0 : 2;
      options.duration = milliseconds(30);
      check_accounts(run(options));
    }
  }
}

TEST_CASE("run_pipeline: gaps and duplicates that were planned are found, all of them") {
  Options options = flood(WhenFull::block);
  options.tick = std::chrono::nanoseconds(0);
  options.capacity = 1024;
  options.gap_share = 0.05;
  options.duplicate_share = 0.05;
  options.window = 20'000;
  options.deadline = std::chrono::seconds(60);
  const Report report = run(options);
  check_accounts(report);
  CHECK(report.withheld > 0);
  CHECK(report.gaps == report.withheld + report.late);
  CHECK(report.duplicate + report.late >= report.repeated);
}

TEST_CASE("run_pipeline: a stop ends it, and what is in the ring comes out") {
  Options options = flood(WhenFull::block);
  options.duration = std::chrono::nanoseconds(0);
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(50));
    stop.request_stop();
  });
  const Report report = run(options, stop.get_token());
  check_accounts(report);
  CHECK(report.stopped);
  CHECK(report.delivered == report.orders);
}
