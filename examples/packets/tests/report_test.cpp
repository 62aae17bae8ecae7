#include "../report.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <limits>
#include <map>

#include "../text.hpp"
#include "bytes_writer.hpp"

namespace {

using namespace packets;

// A generator's run of 20 packets in two seconds in which everything balances: 22 orders, 4 of them withheld, 2 packets
// sent twice.
struct Run {
  Options options;
  Report report;

  Run() {
    options.from = From::generator;
    options.input = "generated";
    options.producers = 2;
    options.shards = 2;
    options.capacity = 8;
    report.source = "a generator";
    report.orders = 22;
    report.withheld = report.gaps = 4;
    report.repeated = report.duplicate = 2;
    report.read = 20;
    report.delivered = 18;
    report.shards = {{12, 12}, {8, 8}};
    report.ring = {{.accepted = 12, .refused = 3, .delivered = 12, .parks = 2}, {.accepted = 8, .delivered = 8}};
    report.seconds = 2;
    report.cpu_seconds = 3;
    report.packet_bytes = 1'000'000;
    report.payload_bytes = 900'000;
    report.samples = {{.seconds = 1, .length = 1, .read = 12, .delivered = 11, .bytes = 500'000, .fill = {3, 1}},
                      {.seconds = 2, .length = 1, .read = 8, .delivered = 7, .bytes = 400'000, .fill = {0, 0}}};
  }
  std::vector<std::string> problems() const { return unbalanced(report); }
};

// The same, but for packets that never reached the consumer.
void drop(Report& report, std::uint64_t Report::* kind) {
  ++(report.*kind);
  --report.delivered;
  ++report.gaps;
  ++report.samples[0].dropped;
  --report.samples[0].delivered;
}

// With the stages of --graph, which saw everything that was written.
struct GraphRun : Run {
  GraphRun() {
    options.graph = true;
    report.graph.written_digests = {101, 202};
    for (const char* name : {"parse", "count", "flow table", "report"}) {
      StageCounts stage{.name = name, .after = "the one before", .packets = {12, 8}, .digests = {101, 202}};
      stage.batches = 2;
      for (const std::uint64_t size : {4, 16}) {
        stage.batch_size.add(size);
        stage.lag.add(size);
      }
      report.graph.stages.push_back(stage);
    }
    const std::vector<std::byte> packet(50);
    for (int i = 0; i < 20; ++i) {
      report.flows.add(packet, 1);
      report.graph.counted.add(packet.size());
    }
    for (Sample& sample : report.samples) sample.lag = {1, 2, 3, 4};
  }
  StageCounts& stage(std::size_t i) { return report.graph.stages[i]; }
};

// Reads JSON as its grammar has it, and keeps every value that is no object and no array by its path: "ring.parks",
// "samples.0.fill.1". Strings keep their escapes. Anything else than JSON fails the test.
class Json {
 public:
  explicit Json(std::string_view text) : rest_(text) {
    value("");
    skip();
    REQUIRE(rest_.empty());
  }
  const std::string& operator[](const std::string& path) const {
    const auto found = values_.find(path);
    REQUIRE_MESSAGE(found != values_.end(), path);
    return found->second;
  }
  bool has(const std::string& path) const { return values_.count(path) != 0; }
  const std::vector<std::string>& members() const { return members_; }  // of the whole

 private:
  void expect(bool holds) const {
    if (!holds) REQUIRE_MESSAGE(holds, std::string(rest_.substr(0, 40)));
  }
  void skip() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size())); }
  bool eat(char wanted) {
    skip();
    if (rest_.empty() || rest_[0] != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string take(std::size_t length) {
    std::string text(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return text;
  }
  std::string string() {
    expect(eat('"'));
    std::string text;
    while (!rest_.empty() && rest_[0] != '"') {
      expect(static_cast<unsigned char>(rest_[0]) >= 0x20);
      const std::size_t length = rest_[0] != '\\' ? utf8_length(rest_) : rest_[1] == 'u' ? 6 : 2;
      expect(length != 0);
      expect(length <= rest_.size());
      if (length == 2 && rest_[0] == '\\') expect(std::string_view("\"\\/bfnrt").find(rest_[1]) != std::string::npos);
      text += take(length);
    }
    expect(eat('"'));
    return text;
  }
  std::string number() {
    std::size_t at = rest_.starts_with('-') ? 1 : 0;
    const auto digits = [&] {
      const std::size_t begin = at;
      while (at < rest_.size() && std::isdigit(static_cast<unsigned char>(rest_[at])) != 0) ++at;
      expect(at > begin);
    };
    digits();
    if (at < rest_.size() && rest_[at] == '.') {
      ++at;
      digits();
    }
    return take(at);
  }
  void object(const std::string& path) {
    if (eat('}')) return;
    do {
      skip();
      const std::string name = string();
      expect(eat(':'));
      if (path.empty()) members_.push_back(name);
      value(path.empty() ? name : path + '.' + name);
    } while (eat(','));
    expect(eat('}'));
  }
  void array(const std::string& path) {
    if (eat(']')) return;
    std::size_t i = 0;
    do value(path + '.' + std::to_string(i++));
    while (eat(','));
    expect(eat(']'));
  }
  void value(const std::string& path) {
    skip();
    expect(!rest_.empty());
    if (eat('{')) return object(path);
    if (eat('[')) return array(path);
    expect(values_.count(path) == 0);
    values_[path] = rest_[0] == '"'              ? string()
                    : rest_.starts_with("true")  ? take(4)
                    : rest_.starts_with("false") ? take(5)
                                                 : number();
  }

  std::string_view rest_;
  std::map<std::string, std::string> values_;
  std::vector<std::string> members_;
};

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("unbalanced: a run in which everything arrived has no problem") { CHECK(Run().problems().empty()); }

TEST_CASE("unbalanced: every kind of drop is part of the sums") {
  std::uint64_t Report::* const kinds[] = {&Report::dropped_full, &Report::dropped_old, &Report::dropped_pool};
  for (std::uint64_t Report::* kind : kinds) {
    Run run;
    drop(run.report, kind);
    CHECK(run.problems() == std::vector<std::string>{});
    run.report.*kind = 0;  // the equation, the gap that no drop explains, the sample's drop
    CHECK(run.problems().size() == 3);
  }
}

TEST_CASE("unbalanced: what came too late is part of the sums, and no drop") {
  Run run;
  drop(run.report, &Report::late);
  run.report.samples[0].dropped = 0;
  CHECK(run.problems() == std::vector<std::string>{});
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
      [](Report& r) { ++r.orders; },
      [](Report& r) { --r.withheld; },
      [](Report& r) { --r.repeated; },
      [](Report& r) { ++r.damaged; },
      [](Report& r) { ++r.payload_bytes; },
      [](Report& r) { --r.shards[0].written; },
      [](Report& r) { --r.shards[1].delivered; },
      [](Report& r) { ++r.ring[1].accepted; },
      [](Report& r) { --r.ring[0].delivered; },
      [](Report& r) { --r.ring[1].delivered, --r.shards[1].delivered; },  // a packet stuck in the ring
      [](Report& r) { ++r.ring[1].tombstones; },
      [](Report& r) { r.ring.pop_back(); },
      [](Report& r) { ++r.missing_frames; },
      [](Report& r) { ++r.samples[0].read; },
      [](Report& r) { ++r.samples[1].delivered; },
      [](Report& r) { --r.samples[1].bytes; },
      [](Report& r) { ++r.samples[0].dropped; },
  };
  for (const auto& make : mistakes) {
    Run run;
    make(run.report);
    CHECK_FALSE(run.problems().empty());
    // No less among drops, where fewer sums must hold.
    Run lossy;
    drop(lossy.report, &Report::dropped_full);
    make(lossy.report);
    CHECK_FALSE(lossy.problems().empty());
  }
}

TEST_CASE("unbalanced: one packet lost and another delivered twice is found, though the equation holds") {
  Run run;
  --run.report.delivered;
  --run.report.samples[0].delivered;
  ++run.report.duplicate;
  ++run.report.gaps;
  CHECK(run.problems() ==
        std::vector<std::string>{"does not hold: nothing was dropped or late: gaps 5 = withheld 4",
                                 "does not hold: nothing was dropped or late: duplicate 3 = repeated 2"});
}

TEST_CASE("unbalanced: fewer gaps than orders withheld is found among drops") {
  Run run;
  drop(run.report, &Report::dropped_old);
  // Sums that hold, but for that.
  run.report.withheld = 9;
  run.report.orders = run.report.delivered + run.report.gaps;
  run.report.repeated = run.report.read - run.report.orders + 9;
  CHECK(run.problems() == std::vector<std::string>{"does not hold: gaps 5 >= withheld 9"});
}

TEST_CASE("unbalanced: a source whose gaps nobody knows has no orders to account for") {
  Run run;
  run.report.dense = false;
  run.report.orders = run.report.gaps = run.report.withheld = 0;
  CHECK(run.problems().empty());
  ++run.report.duplicate;
  CHECK(run.problems().size() == 2);  // the equation, and one more than were repeated
}

TEST_CASE("unbalanced, to_text: where producers change shards, all shards are accounted for together") {
  Run run;
  run.report.shards = {{20, 20}};
  run.report.ring = {{.accepted = 20, .delivered = 20}};
  CHECK(run.problems().empty());
  CHECK(has(to_text(run.report, run.options), "\nall shards  written 20, delivered 20\n"));
  run.report.ring[0].accepted = 21;
  CHECK(run.problems() == std::vector<std::string>{"does not hold: all shards: written 20 = accepted by the ring 21"});
  run.options.shards = 1;
  CHECK(has(to_text(run.report, run.options), "\nshard 0     written 20, delivered 20\n"));
}

TEST_CASE("unbalanced: a run too short for a sample is no problem") {
  Run run;
  run.report.samples.clear();
  CHECK(run.problems().empty());
}

TEST_CASE("unbalanced: the sentences hold the figures") {
  Run run;
  run.report.samples.clear();
  run.report.read = 1'020;
  run.report.ring[1].accepted = 9;
  CHECK(run.problems() ==
        std::vector<std::string>{
            "does not hold: read 1,020 = delivered 18 + dropped_full 0 + dropped_old 0 + dropped_pool 0 + late 0 + "
            "duplicate 2",
            "does not hold: read 1,020 = orders 22 - withheld 4 + repeated 2",
            "does not hold: shard 1: written 8 = accepted by the ring 9"});
}

TEST_CASE("to_text: the figures") {
  Run run;
  for (std::uint64_t i = 1; i <= 60; ++i) run.report.latency_ns.add(i);
  run.report.shutdown_seconds = 0.25;
  const std::string text = to_text(run.report, run.options);
  CHECK(text ==
        "source      a generator\n"
        "ring        2 producers on 2 shards of 4 slots; when full: block, park\n"
        "delivered   18 packets in the order of the source\n"
        "rate        9 packets/s, 4.0 Mbit/s (payload 3.6 Mbit/s), 2.000 s\n"
        "in the ring p50 30 ns, p99 60 ns, p99.9 60 ns, max 60 ns\n"
        "shard 0     written 12, delivered 12\n"
        "shard 1     written 8, delivered 8\n"
        "flows       0\n"
        "cpu         1.50 CPUs; shutdown took 0.250 s\n"
        "accounts    read 20 = delivered 18 + dropped_full 0 + dropped_old 0 + dropped_pool 0 + late 0 + duplicate 2\n"
        "            orders 22, gaps 4, withheld 4, repeated 2\n");
}

TEST_CASE("to_text: what was not as it should be") {
  Run run;
  run.options.from = From::live;
  run.report.dense = false;
  run.report.stopped = true;
  run.report.trouble = "eth0 went down";
  run.report.kernel_dropped = 1234;
  const std::string text = to_text(run.report, run.options);
  CHECK(has(text, "stopped before its end\n"));
  CHECK(has(text, "trouble: eth0 went down\n"));
  CHECK(has(text, "kernel dropped 1,234 packets"));
  CHECK(has(text, "gaps cannot be known"));
  CHECK_FALSE(has(text, "payload"));
}

TEST_CASE("to_text: one screen, however many shards, and nothing that a terminal obeys") {
  Run run;
  run.report.source =
      "a\x1b[2Jb\xc2\x9b"
      "c\nd\xc3\xa9";
  run.report.stopped = true;
  run.report.trouble = "x";
  run.report.kernel_dropped = 1;
  run.report.shards.resize(256);
  const std::string text = to_text(run.report, run.options);
  CHECK(text.starts_with("source      a?[2Jb?c?d\xc3\xa9\n"));
  CHECK(has(text, "and 248 more\n"));
  CHECK(lines_of(text) <= 24);
}

TEST_CASE("to_json: these members, in this order") {
  const std::string expected =
      "source input loops producers shards capacity full strategy tick_ns window deadline_ns payload bits_per_second "
      "seed duration_ns stopped trouble read delivered dropped_full dropped_old dropped_pool late duplicate gaps "
      "orders "
      "withheld repeated kernel_dropped damaged balanced problems equation seconds shutdown_seconds cpu_seconds cpus "
      "packets_per_second megabits_per_second payload_megabits_per_second latency_ns per_shard ring protocols flows "
      "top_flows samples ";
  std::string names;
  Run run;
  const Json json(to_json(run.report, run.options));
  for (const std::string& name : json.members()) names += name + ' ';
  CHECK(names == expected);
}

TEST_CASE("to_json: the values") {
  Run run;
  run.options.tick = std::chrono::milliseconds(10);
  run.options.full = WhenFull::drop_old;
  run.report.latency_ns.add(40);
  run.report.samples[1].p99_ns = 41;
  const Json json(to_json(run.report, run.options));
  const std::pair<const char*, const char*> expected[] = {
      {"source", "generator"},
      {"full", "drop-old"},
      {"tick_ns", "10000000"},
      {"balanced", "true"},
      {"stopped", "false"},
      {"orders", "22"},
      {"cpus", "1.500"},
      {"packets_per_second", "9.0"},
      {"megabits_per_second", "4.000"},
      {"payload_megabits_per_second", "3.600"},
      {"latency_ns.p50", "40"},
      {"latency_ns.max", "40"},
      {"per_shard.1.written", "8"},
      {"ring.accepted", "20"},
      {"ring.refused", "3"},
      {"ring.parks", "2"},
      {"samples.0.fill.0", "3"},
      {"samples.1.p99_ns", "41"},
      {"samples.1.seconds", "2.000000"},
  };
  for (const auto& member : expected) CHECK_MESSAGE(json[member.first] == member.second, member.first);
  CHECK_FALSE(json.has("samples.2.read"));
}

TEST_CASE("to_json: flows and protocols") {
  Run run;
  const auto packet = BytesWriter().fill(12, 2).u16(0x0806).fill(46, 0).bytes();  // ARP
  run.report.flows.add(packet, 1);
  run.report.flows.add(packet, 1);
  const Json json(to_json(run.report, run.options));
  CHECK(json["protocols.ARP.packets"] == "2");
  CHECK(json["protocols.ARP.bytes"] == "120");
  CHECK(json["flows"] == "1");
  CHECK(json["top_flows.0.protocol"] == "ARP");
  CHECK(json["top_flows.0.bytes"] == "120");
  CHECK_FALSE(json.has("top_flows.1.protocol"));
}

TEST_CASE("to_json: what does not balance") {
  Run run;
  run.report.damaged = 7;
  const Json json(to_json(run.report, run.options));
  CHECK(json["balanced"] == "false");
  CHECK(json["problems.0"] == "does not hold: damaged 7 = 0");
}

TEST_CASE("to_json: a run of no time has rates of 0, and no number is none") {
  Run run;
  run.report.seconds = 0;
  run.report.shutdown_seconds = std::numeric_limits<double>::quiet_NaN();
  run.options.bits_per_second = std::numeric_limits<double>::infinity();
  const Json json(to_json(run.report, run.options));
  CHECK(json["packets_per_second"] == "0.0");
  CHECK(json["cpus"] == "0.000");
  CHECK(json["shutdown_seconds"] == "0.000000");
  CHECK(json["bits_per_second"] == "0.000");
}

TEST_CASE("to_json: a name cannot break out of its string") {
  Run run;
  run.options.input = "a\"b\\c\nd\x7f\xc3\xa9\xff\xc3";
  CHECK(Json(to_json(run.report, run.options))["input"] ==
        "a\\\"b\\\\c\\u000ad\\u007f\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd");
  constexpr unsigned kSeconds[] = {0x00, 0x22, 0x5c, 0x80, 0x9f, 0xa0, 0xbf, 0xff};
  for (unsigned first = 0; first < 256; ++first) {
    for (const unsigned second : kSeconds) {
      run.report.trouble = {static_cast<char>(first), static_cast<char>(second)};
      const Json json(to_json(run.report, run.options));  // is one
      CHECK_FALSE(json["trouble"].empty());
    }
  }
}

TEST_CASE("utf8_length: characters and what only looks like one") {
  const char* const characters[] = {"a",
                                    "\xc2\x80",
                                    "\xdf\xbf",
                                    "\xe0\xa0\x80",
                                    "\xed\x9f\xbf",
                                    "\xee\x80\x80",
                                    "\xf0\x90\x80\x80",
                                    "\xf4\x8f\xbf\xbf"};
  for (const char* good : characters) {
    CHECK(utf8_length(good) == std::string_view(good).size());
  }
  const char* const none[] = {"",
                              "\x80",
                              "\xc1\xbf",
                              "\xc2",
                              "\xc2g",
                              "\xe0\x9f\xbf",
                              "\xed\xa0\x80",
                              "\xe2\x82",
                              "\xf0\x8f\xbf\xbf",
                              "\xf4\x90\x80\x80",
                              "\xf5\x80\x80\x80",
                              "\xff"};
  for (const char* bad : none) {
    CHECK(utf8_length(bad) == 0);
  }
}

TEST_CASE("text: numbers for people") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(3139050) == "3,139,050");
  CHECK(with_prefix(0) == "0");
  CHECK(with_prefix(999) == "999");
  CHECK(with_prefix(999.9) == "1 k");
  CHECK(with_prefix(8741568) == "8.74 M");
  CHECK(with_prefix(5e16) == "50000 T");
  CHECK(readable_bytes(999) == "999 B");
  CHECK(readable_bytes(1'450'000) == "1.45 MB");
  CHECK(readable_ns(999.4) == "999 ns");
  CHECK(readable_ns(352'300) == "352 us");
  CHECK(readable_ns(5e9) == "5 s");
  CHECK(readable_ns(7.2e12) == "7200 s");
  CHECK(format("%s", std::string(2000, 'x').c_str()) == std::string(2000, 'x'));
}

TEST_CASE("unbalanced: each stage of a graph has seen every packet once, in its producer's order, and in its turn") {
  CHECK(GraphRun().problems().empty());
  struct Fault {
    const char* sentence;
    void (*make)(GraphRun&);
  };
  const Fault faults[] = {
      {"does not hold: parse, shard 1: packets 7 = written 8", [](GraphRun& run) { --run.stage(0).packets[1]; }},
      {"does not hold: count, shard 0: the order is that of the producer",
       [](GraphRun& run) { ++run.stage(1).digests[0]; }},
      {"does not hold: flow table: packets out of turn 1 = 0", [](GraphRun& run) { ++run.stage(2).out_of_turn; }},
      {"does not hold: report: packets before the one before was done 3 = 0",
       [](GraphRun& run) { run.stage(3).ahead = 3; }},
      {"does not hold: bytes in the flow table 1,000 = counted 999",
       [](GraphRun& run) { --run.report.graph.counted.bytes; }},
      {"does not hold: report: shards 1 = with producers 2", [](GraphRun& run) { run.stage(3).packets.pop_back(); }},
  };
  for (const Fault& fault : faults) {
    GraphRun run;
    fault.make(run);
    REQUIRE(run.problems().size() == 1);
    CHECK(run.problems()[0] == fault.sentence);
  }
  GraphRun run;
  ++run.report.graph.counted.packets;
  CHECK(run.problems().size() == 2);  // neither the flow table nor the last stage has it
}

TEST_CASE("to_json, to_text: the stages of a graph, only where there is one") {
  const GraphRun run;
  const Json json(to_json(run.report, run.options));
  CHECK(json["graph.stages.2.name"] == "flow table");
  CHECK(json["graph.stages.2.packets"] == "20");
  CHECK(json["graph.stages.2.per_shard.1"] == "8");
  CHECK(json["graph.stages.2.batches"] == "2");
  CHECK(json["graph.stages.2.mean_batch"] == "10.000");
  CHECK(json["graph.stages.2.batch.max"] == "16");
  CHECK(json["graph.stages.2.lag.p50"] == "4");
  CHECK(json["graph.stages.2.ahead"] == "0");
  CHECK(json["graph.skew"] == "1.2000");
  CHECK(json["samples.1.lag.3"] == "4");
  CHECK(json["balanced"] == "true");
  const Json without(to_json(Run().report, Run().options));
  CHECK_FALSE(without.has("graph.skew"));
  CHECK_FALSE(without.has("samples.1.lag.3"));
  const std::string text = to_text(run.report, run.options);
  CHECK(text.find("stage       flow table 20 packets in 2 batches (mean 10.0, max 16), lag p99 16, max 16\n") !=
        text.npos);
  CHECK(text.find("each shard in order") != text.npos);
  CHECK(to_text(Run().report, Run().options).find("stage  ") == text.npos);
}

TEST_CASE("skew_of: how far the fullest shard is above an even share") {
  CHECK(skew_of({}, 4) == 0);
  CHECK(skew_of({0, 0}, 2) == 0);
  CHECK(skew_of({5, 5, 5, 5}, 4) == 1);
  CHECK(skew_of({5, 5, 5, 0}, 3) == 1);  // nobody writes to the last one
  CHECK(skew_of({40, 0, 0, 0}, 4) == 4);
}
