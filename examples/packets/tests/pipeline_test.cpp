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
  options.deadline = full == WhenFull::block ? std::chrono::nanoseconds(0) : milliseconds(1000);
  options.duration = milliseconds(200);
  options.quiet = true;
  return options;
}

Report run(const Options& options, const std::stop_token& stop = {}) {
  Generator source(options);
  return run_pipeline(source, options, nullptr, stop);
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
  }
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
