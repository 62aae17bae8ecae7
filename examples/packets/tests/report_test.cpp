#include "../report.hpp"

#include <doctest/doctest.h>

#include <functional>

namespace {

using namespace packets;

struct Run {
  Capture capture;
  Options options{.in = "a.pcap", .pcap_out = {}, .json = {}, .loops = 2, .producers = 2, .shards = 2, .capacity = 8};
  Report report;

  // Ten packets, twice; everything balances.
  Run() {
    capture.records.resize(10);
    report.read = report.delivered = 20;
    report.shards = {{12, 12}, {8, 8}};
    report.ring = {{.accepted = 12, .refused = 3, .delivered = 12}, {.accepted = 8, .refused = 0, .delivered = 8}};
    report.seconds = 2;
    report.packet_bytes = 1'000'000;
  }
  std::vector<std::string> problems() const { return unbalanced(report, capture, options); }
};

}  // namespace

TEST_CASE("unbalanced: a run in which everything arrived has no problem") { CHECK(Run().problems().empty()); }

TEST_CASE("unbalanced: every kind of drop is part of the equation") {
  for (std::uint64_t Report::* drop :
       {&Report::dropped_full, &Report::dropped_old, &Report::dropped_pool, &Report::late}) {
    Run run;
    --run.report.delivered;
    ++run.report.gaps;
    CHECK(run.problems().size() == 2);  // the equation, and the gap that no drop explains
    ++(run.report.*drop);
    CHECK(run.problems().empty());
  }
}

TEST_CASE("unbalanced: any single wrong count is found") {
  const std::function<void(Report&)> mistakes[] = {
      [](Report& r) { ++r.read; },
      [](Report& r) { --r.delivered; },
      [](Report& r) { ++r.dropped_full; },
      [](Report& r) { ++r.dropped_old; },
      [](Report& r) { ++r.dropped_pool; },
      [](Report& r) { ++r.late; },
      [](Report& r) { ++r.duplicate; },
      [](Report& r) { ++r.gaps; },
      [](Report& r) { --r.shards[0].written; },
      [](Report& r) { --r.shards[1].delivered; },
      [](Report& r) { ++r.ring[1].accepted; },
      [](Report& r) { --r.ring[0].delivered; },
  };
  for (const auto& make : mistakes) {
    Run run;
    make(run.report);
    CHECK_FALSE(run.problems().empty());
  }
}

TEST_CASE("unbalanced: one packet lost and another delivered twice is found, though the equation holds") {
  Run run;
  --run.report.delivered;
  ++run.report.duplicate;
  ++run.report.gaps;
  CHECK(run.problems() == std::vector<std::string>{"does not hold: gaps 1 = dropped 0 + late 0"});
}

TEST_CASE("unbalanced: the sentence holds the whole equation") {
  Run run;
  run.report.delivered = 19;
  CHECK(run.problems()[0] ==
        "does not hold: read 20 = delivered 19 + dropped_full 0 + dropped_old 0 + dropped_pool 0 + late 0 + duplicate "
        "0");
}

TEST_CASE("to_json: rates come from the consumer's counts, and a run of no time has none") {
  Run run;
  const std::string json = to_json(run.report, run.options);
  CHECK(json.find("\"packets_per_second\": 10.0,") != std::string::npos);
  CHECK(json.find("\"megabits_per_second\": 4.000,") != std::string::npos);
  run.report.seconds = 0;
  CHECK(to_json(run.report, run.options).find("\"packets_per_second\": 0.0,") != std::string::npos);
}

TEST_CASE("to_json: a file name cannot break out of its string") {
  Run run;
  run.options.in = "a\"b\\c\nd";
  CHECK(to_json(run.report, run.options).find(R"("input": "a\"b\\c\u000ad",)") != std::string::npos);
}
