#include "../graph.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <thread>

#include "../generator.hpp"
#include "../graph_packet.hpp"

namespace {

using namespace packets;
using std::chrono::milliseconds;

// A generator without a limit, and a ring far too small for it.
Options flood(std::uint32_t producers = 3) {
  Options options;
  options.from = From::generator;
  options.graph = true;
  options.payload = 100;
  options.producers = producers;
  options.shards = 4;
  options.capacity = 64;
  options.duration = milliseconds(100);
  options.quiet = true;
  return options;
}

Report run(const Options& options, const std::stop_token& stop = {}) {
  Generator source(options);
  return run_graph(source, options, stop);
}

void check_accounts(const Report& report) {
  for (const std::string& problem : unbalanced(report)) FAIL_CHECK(problem);
  CHECK(report.read > 0);
  CHECK(report.delivered > 0);
  CHECK(report.damaged == 0);
  REQUIRE(report.graph.stages.size() == 4);
  for (const StageCounts& stage : report.graph.stages) {
    CHECK(packets_of(stage) == report.delivered + report.late + report.duplicate);
    CHECK(stage.batches == stage.batch_size.count());
    CHECK(stage.batches == stage.lag.count());
    CHECK(stage.lag.max() >= stage.batch_size.max());
    CHECK(stage.lag.max() <= 64);
  }
}

// A source that fails after some packets.
class Breaking : public Generator {
 public:
  using Generator::Generator;
  bool intact(const Frame& frame) const override {
    if (frame.order == 100) throw std::runtime_error("the stage that counts breaks");
    return true;
  }
};

}  // namespace

TEST_CASE("run_graph: a full ring makes producers wait, and every stage sees every packet once, in its turn") {
  const Report report = run(flood());
  check_accounts(report);
  CHECK(report.dropped_full == 0);
  CHECK(report.delivered == report.orders);
  CHECK(report.shards[3].written == 0);  // three producers on four shards
  CHECK_FALSE(report.stopped);
}

TEST_CASE("run_graph: drop-new refuses what finds no room, and accounts for it") {
  Options options = flood();
  options.full = WhenFull::drop_new;
  options.policy.pause = std::chrono::microseconds(1);
  options.policy.max_backoffs = 1;
  const Report report = run(options);
  check_accounts(report);
  CHECK(report.dropped_full > 0);
  CHECK(report.gaps == report.dropped_full);
}

TEST_CASE("run_graph: gaps and duplicates that were planned are found, all of them") {
  Options options = flood(4);
  options.gap_share = 0.05;
  options.duplicate_share = 0.05;
  const Report report = run(options);
  check_accounts(report);
  CHECK(report.withheld > 0);
  CHECK(report.gaps == report.withheld);
  CHECK(report.duplicate == report.repeated);
}

TEST_CASE("run_graph: a stop ends it, and every stage has seen what was published") {
  Options options = flood();
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

TEST_CASE("run_graph: a stage that fails ends the run, with its error, though producers wait for room") {
  Options options = flood();
  options.duration = std::chrono::nanoseconds(0);
  Breaking source(options);
  CHECK_THROWS_WITH_AS(run_graph(source, options, {}), "the stage that counts breaks", std::runtime_error);
}

TEST_CASE("run_graph: one that was stopped before it began ends") {
  std::stop_source stop;
  stop.request_stop();
  const Report report = run(flood(), stop.get_token());
  CHECK(unbalanced(report).empty());
  CHECK(report.stopped);
}

TEST_CASE("next_digest: a packet left out, doubled or swapped makes another") {
  const auto digest_of = [](std::initializer_list<std::uint64_t> orders) {
    std::uint64_t digest = 0;
    for (const std::uint64_t order : orders) digest = next_digest(digest, order);
    return digest;
  };
  const std::uint64_t right = digest_of({0, 1, 2, 5});
  CHECK(right == digest_of({0, 1, 2, 5}));
  CHECK(right != digest_of({1, 2, 5}));
  CHECK(right != digest_of({0, 1, 5}));
  CHECK(right != digest_of({0, 1, 1, 2, 5}));
  CHECK(right != digest_of({0, 2, 1, 5}));
}
