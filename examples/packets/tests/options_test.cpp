#include "../options.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace {

using namespace packets;
using namespace std::chrono_literals;

using Arguments = std::vector<std::string>;

Options of_file(Arguments rest) {
  rest.insert(rest.begin(), {"--in", "a.pcap"});
  return options_of(rest);
}

Options of_generator(Arguments rest) {
  rest.insert(rest.begin(), "--generate");
  return options_of(rest);
}

// What is said about a command line that is wrong; empty when it is not.
std::string complaint(const Arguments& arguments) {
  try {
    options_of(arguments);
  } catch (const std::invalid_argument& problem) {
    return problem.what();
  }
  return {};
}

std::string generator_complaint(Arguments rest) {
  rest.insert(rest.begin(), "--generate");
  return complaint(rest);
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("automatic_capacity: the table of the ring that this one is built after") {
  struct Row {
    std::uint32_t producers;
    double megabits;
    std::chrono::nanoseconds tick;
    std::uint32_t payload;
    double multiplier;
    std::size_t capacity;
  };
  const Row rows[] = {
      {4, 10, 10ms, 1450, 2, 128},    {4, 50, 10ms, 1450, 2, 512},   {8, 50, 10ms, 1450, 2, 1024},
      {16, 100, 10ms, 1450, 2, 4096}, {4, 10, 100ms, 1450, 2, 1024}, {32, 100, 5ms, 1450, 2, 4096},
      {4, 1, 10ms, 1450, 2, 64},      {4, 10, 10ms, 1450, 4, 256},   {4, 10, 10ms, 500, 2, 256},
      {4, 10, 0ms, 1450, 2, 128},
  };
  for (const Row& row : rows) {
    CAPTURE(row.producers);
    CAPTURE(row.megabits);
    CHECK(automatic_capacity(row.producers, row.megabits * 1e6, row.payload, row.tick, row.multiplier) == row.capacity);
  }
}

TEST_CASE("automatic_capacity: without a rate or a payload, and at rates that no ring is made for") {
  CHECK(automatic_capacity(4, 0, 1450, 10ms, 2) == 65536);
  CHECK(automatic_capacity(4, 50e6, 0, 10ms, 2) == 65536);
  CHECK(automatic_capacity(256, 100e9, 16, 10s, 100) == std::size_t{1} << 24);
}

TEST_CASE("options: what the program chooses for a file") {
  const Options options = of_file({});
  CHECK(options.from == From::file);
  CHECK(options.input == "a.pcap");
  CHECK(options.loops == 1);
  CHECK(options.time_scale == 0);
  CHECK(options.packets_per_second == 0);
  CHECK(options.producers == 4);
  CHECK(options.shards == 4);
  CHECK(options.capacity == 4096);
  CHECK(options.full == WhenFull::block);
  CHECK(options.strategy == "park");
  CHECK(options.policy.max_backoffs == 0);
  CHECK(options.tick == 0ns);
  CHECK(options.window == 8192);
  CHECK(options.deadline == 0ns);
  CHECK(options.duration == 0ns);
  CHECK(options.stats_interval == 1s);
  CHECK_FALSE(options.quiet);
  CHECK(options.bits_per_second == 0);
}

TEST_CASE("options: what the program chooses for a generator") {
  const Options options = of_generator({});
  CHECK(options.from == From::generator);
  CHECK(options.input == "generated");
  CHECK(options.bits_per_second == 50e6);
  CHECK(options.payload == 1450);
  CHECK(options.seed == 1);
  CHECK(options.gap_share == 0);
  CHECK(options.duplicate_share == 0);
  CHECK(options.tick == 10ms);
  CHECK(options.capacity == 512);
  CHECK(options.window == 2000);
  CHECK(options.deadline == 0ns);
}

TEST_CASE("options: what the program chooses for an interface") {
  const Options options = options_of({"--live", "eth0"});
  CHECK(options.from == From::live);
  CHECK(options.input == "eth0");
  CHECK(options.filter.empty());
  CHECK(options.snap == 65535);
  CHECK(options.kernel_buffer == 64 << 20);
  CHECK(options.tick == 0ns);
  CHECK(options.capacity == 4096);
  CHECK(options.deadline == 500ms);
}

TEST_CASE("options: every flag of a file and of the run") {
  const Options options =
      of_file({"--loop=3", "--speed", "0.5x", "--duration=90s", "--stats-interval=100ms", "--quiet", "--pcap-out=o",
               "--json", "j", "--report=r.html", "--tick=auto", "--window=5", "--deadline=20ms"});
  CHECK(options.loops == 3);
  CHECK(options.time_scale == 0.5);
  CHECK(options.duration == 90s);
  CHECK(options.stats_interval == 100ms);
  CHECK(options.quiet);
  CHECK(options.pcap_out == "o");
  CHECK(options.json == "j");
  CHECK(options.html == "r.html");
  CHECK(options.tick == 0ns);
  CHECK(options.window == 5);
  CHECK(options.deadline == 20ms);
  CHECK(of_file({"--speed=50kpps"}).packets_per_second == 50'000);
  CHECK(of_file({"--speed=MAX"}).packets_per_second == 0);
}

TEST_CASE("options: every flag of an interface") {
  const Options options = options_of({"--live=lo", "--filter=", "--filter", "-x or y", "--snap=96", "--buffer=1MiB"});
  CHECK(options.filter == "-x or y");
  CHECK(options.snap == 96);
  CHECK(options.kernel_buffer == 1 << 20);
}

TEST_CASE("options: every flag of the generator and of the ring") {
  const Options options =
      of_generator({"--rate=8kb/s", "--payload=64B", "--seed=18446744073709551615", "--gaps=0.1%", "--duplicates=50%",
                    "--producers=3", "--shards=2", "--capacity=8", "--full=drop-new", "--strategy=next",
                    "--backoff=2us", "--retries=7", "--backoffs=9", "--tick=0"});
  CHECK(options.bits_per_second == 8000);
  CHECK(options.payload == 64);
  CHECK(options.seed == UINT64_MAX);
  CHECK(options.gap_share == doctest::Approx(0.001));
  CHECK(options.duplicate_share == 0.5);
  CHECK(options.producers == 3);
  CHECK(options.shards == 2);
  CHECK(options.capacity == 8);
  CHECK(options.full == WhenFull::drop_new);
  CHECK(options.strategy == "next");
  CHECK(options.policy.shards == whorl::ShardChoice::round_robin);
  CHECK(options.policy.wait == whorl::WriteWait::sleep);
  CHECK(options.policy.pause == 2us);
  CHECK(options.policy.max_retries == 7);
  CHECK(options.policy.max_backoffs == 9);
  CHECK(options.tick == 0ns);
}

TEST_CASE("options: a call does not see the flags of the one before") {
  of_file({"--loop=3", "--quiet", "--capacity=64", "--full=drop-old", "--json=j", "--deadline=never"});
  const Options options = of_generator({});
  CHECK(options.from == From::generator);
  CHECK_FALSE(options.quiet);
  CHECK(options.capacity == 512);
  CHECK(options.full == WhenFull::block);
  CHECK(options.json.empty());
}

TEST_CASE("options: the automatic number of shards is the power of two from the producers up") {
  for (const auto& [producers, shards] : {std::pair(1, 1), {2, 2}, {3, 4}, {4, 4}, {5, 8}, {129, 256}, {256, 256}}) {
    CHECK(of_file({"--producers", std::to_string(producers)}).shards == static_cast<std::size_t>(shards));
  }
}

TEST_CASE("options: the automatic capacity comes from the rate and has room for every shard") {
  CHECK(of_generator({"--rate=10Mb"}).capacity == 128);
  CHECK(of_generator({"--rate=10Mb", "--multiplier=4.0"}).capacity == 256);
  CHECK(of_generator({"--rate=10Mb", "--tick=100ms"}).capacity == 1024);
  CHECK(of_generator({"--rate=10Mb", "--tick=0"}).capacity == 128);
  CHECK(of_generator({"--rate=1kb", "--shards=256"}).capacity == 256);
  CHECK(of_generator({"--rate=max"}).capacity == 65536);
  CHECK(of_generator({"--rate=max"}).bits_per_second == 0);
}

TEST_CASE("options: the automatic window is twice the capacity, at least 2000") {
  CHECK(of_file({"--capacity=512"}).window == 2000);
  CHECK(of_file({"--capacity=1024"}).window == 2048);
  CHECK(of_file({"--capacity=16777216"}).window == 33'554'432);
}

TEST_CASE("options: packets are waited for without end where none can be lost") {
  CHECK(of_file({}).deadline == 0ns);
  CHECK(of_generator({}).deadline == 0ns);
  CHECK(of_generator({"--duplicates=1%"}).deadline == 0ns);
  CHECK(of_generator({"--gaps=1%"}).deadline == 500ms);
  CHECK(of_generator({"--full=drop-new"}).deadline == 500ms);
  CHECK(of_file({"--full=drop-new"}).deadline == 500ms);
  CHECK(of_file({"--full=drop-old"}).deadline == 500ms);
  CHECK(of_generator({"--deadline=never"}).deadline == 0ns);
  CHECK(of_file({"--deadline=1s"}).deadline == 1s);
}

TEST_CASE("options: the strategies by every name, in any case") {
  using whorl::ShardChoice;
  using whorl::WriteWait;
  struct Strategy {
    const char* name;
    const char* library_name;
    ShardChoice shards;
    WriteWait wait;
    unsigned retries;
  };
  const Strategy strategies[] = {
      {"park", "PARK", ShardChoice::affinity, WriteWait::park, 1},
      {"sleep", "sleep_backoff", ShardChoice::affinity, WriteWait::sleep, 10},
      {"next", "next_shard", ShardChoice::round_robin, WriteWait::sleep, 10},
      {"random", "Random_Shard", ShardChoice::random, WriteWait::sleep, 10},
      {"adaptive", "adaptive-backoff", ShardChoice::affinity, WriteWait::exponential, 10},
      {"spin", "spin_then_yield", ShardChoice::affinity, WriteWait::yield, 10},
      {"hybrid", "Hybrid", ShardChoice::round_robin, WriteWait::exponential, 10},
      {"auto", "AUTO_ADAPTIVE", ShardChoice::affinity, WriteWait::adaptive, 10},
  };
  for (const Strategy& strategy : strategies) {
    for (const char* name : {strategy.name, strategy.library_name}) {
      CAPTURE(name);
      const Options options = of_file({"--strategy", name});
      CHECK(options.strategy == strategy.name);
      CHECK(options.policy.shards == strategy.shards);
      CHECK(options.policy.wait == strategy.wait);
      CHECK(options.policy.max_retries == strategy.retries);
      CHECK(options.policy.pause == 100us);
      CHECK(of_file({"--strategy", name, "--retries=3"}).policy.max_retries == 3);
    }
  }
}

TEST_CASE("options: a pause that grows never begins beyond its end") {
  CHECK(of_file({"--strategy=adaptive", "--backoff=1s"}).policy.longest_pause == 1s);
  CHECK(of_file({"--strategy=adaptive", "--backoff=1us"}).policy.longest_pause == 10ms);
}

TEST_CASE("options: how often a producer waits depends on what happens then") {
  CHECK(of_file({}).policy.max_backoffs == 0);
  CHECK(of_file({"--full=drop-new"}).policy.max_backoffs == 100);
  CHECK(of_file({"--full=drop-old"}).policy.max_backoffs == 1);
  CHECK(of_file({"--full=drop-old", "--backoffs=3"}).policy.max_backoffs == 3);
  CHECK(of_file({"--backoffs=auto"}).policy.max_backoffs == 0);
  const std::string message = generator_complaint({"--full=block", "--backoffs=100"});
  CHECK(contains(message, "--backoffs 100 is of no use with --full block, where a producer waits as long as it takes"));
}

TEST_CASE("options: one source, neither fewer nor more") {
  CHECK(complaint({}) == "no source: use --in FILE, --live IFACE or --generate");
  CHECK(complaint({"--generate=false", "--quiet"}) == "no source: use --in FILE, --live IFACE or --generate");
  CHECK(complaint({"--in=a", "--live=b"}) == "--in and --live are given: there is one source");
  CHECK(complaint({"--in=a", "--live=b", "--generate"}) ==
        "--in, --live and --generate are given: there is one source");
  CHECK(complaint({"--in=a", "--in=b"}) == "--in is given twice: there is one source");
}

TEST_CASE("options: a flag of another source is refused, even with its default value") {
  const Arguments sources[] = {{"--in=a"}, {"--live=b"}, {"--generate"}};
  const char* const names[] = {"--in", "--live", "--generate"};
  const std::vector<Arguments> owned = {
      {"--loop=1", "--speed=max"},
      {"--filter=", "--snap=65535", "--buffer=64MiB"},
      {"--rate=50Mb", "--payload=1450B", "--seed=1", "--gaps=0%", "--duplicates=0", "--multiplier=2"}};
  for (std::size_t owner = 0; owner < owned.size(); ++owner) {
    for (const std::string& flag : owned[owner]) {
      for (std::size_t source = 0; source < std::size(sources); ++source) {
        const std::string message = complaint({sources[source][0], flag});
        const std::string expected = flag.substr(0, flag.find('=')) + " belongs to " + names[owner] +
                                     ", and the source is " + names[source] + ": leave one of them out";
        CHECK(message == (source == owner ? "" : expected));
      }
    }
  }
}

TEST_CASE("options: a wrong value is told with its flag, what is legal and what is nearest") {
  CHECK(generator_complaint({"--capacity", "1000"}) ==
        "--capacity 1000 is not a power of two: use 512 or 1024 (legal: auto, powers of two from 1 to 16777216)");
  CHECK(generator_complaint({"--rate=50"}) == "--rate 50: say the unit, such as 50Mb (legal: max, 1kb to 100Gb)");
  CHECK(generator_complaint({"--producers=257"}) ==
        "--producers 257 is too great: use 256 (legal: whole numbers from 1 to 256)");
  CHECK(generator_complaint({"--full=drop"}) ==
        "--full drop is not known: did you mean drop-new or drop-old? (legal: block, drop-new or drop-old)");
  CHECK(generator_complaint({"--strategy=adaptve"}) ==
        "--strategy adaptve is not known: did you mean adaptive? (legal: park, sleep, next, random, adaptive, spin, "
        "hybrid or auto)");
  CHECK(generator_complaint({"--strategy=patience"}) ==
        "--strategy patience is not known (legal: park, sleep, next, random, adaptive, spin, hybrid or auto)");
  CHECK(generator_complaint({"--quiet=maybe"}) == "--quiet maybe is neither true nor false");
}

TEST_CASE("options: the ends of every range are legal, and what lies beyond is not") {
  struct Ends {
    const char* flag;
    Arguments legal;
    Arguments illegal;
  };
  const Ends ranges[] = {
      {"--payload=", {"16B", "65000B"}, {"15B", "65001B"}},
      {"--rate=", {"1kb", "100Gb", "max"}, {"0", "0.9kb", "101Gb", "auto"}},
      {"--gaps=", {"0%", "50%"}, {"50.1%", "-1%"}},
      {"--duplicates=", {"0%", "50%"}, {"50.1%"}},
      {"--multiplier=", {"0.1", "100"}, {"0", "101", "2x"}},
      {"--producers=", {"1", "256"}, {"0", "257"}},
      {"--shards=", {"1", "256", "auto"}, {"0", "3", "512", "max"}},
      {"--capacity=", {"4", "16777216", "auto"}, {"0", "33554432"}},
      {"--backoff=", {"1us", "1s"}, {"0", "999ns", "2s"}},
      {"--retries=", {"1", "1000000", "auto"}, {"0", "1000001"}},
      {"--tick=", {"0", "1us", "10s", "auto"}, {"1ns", "11s", "never"}},
      {"--window=", {"1", "67108864", "auto"}, {"0", "67108865"}},
      {"--deadline=", {"1us", "1h", "auto", "never"}, {"0", "2h"}},
      {"--duration=", {"0", "1ms", "10000h"}, {"1us", "10001h"}},
      {"--stats-interval=", {"10ms", "1h"}, {"0", "9ms", "2h"}},
  };
  for (const Ends& range : ranges) {
    for (const std::string& value : range.legal) CHECK(generator_complaint({range.flag + value}) == "");
    for (const std::string& value : range.illegal) {
      CAPTURE(range.flag + value);
      CHECK(contains(generator_complaint({range.flag + value}), "(legal: "));
    }
  }
}

TEST_CASE("options: a ring has a slot for every shard") {
  CHECK(contains(generator_complaint({"--capacity=2", "--shards=4"}), "--capacity 2 is too small for 4 shards: use 4"));
  CHECK(contains(generator_complaint({"--capacity=4", "--producers=5"}), "too small for 8 shards: use 8"));
  CHECK(generator_complaint({"--capacity=4", "--shards=4"}) == "");
}

TEST_CASE("options: a multiplier of nothing is refused") {
  CHECK(generator_complaint({"--capacity=64", "--multiplier=2"}) ==
        "--multiplier is of no use with --capacity 64: leave one of them out");
  CHECK(generator_complaint({"--capacity=auto", "--multiplier=2"}) == "");
}

TEST_CASE("options: what no flag is called is refused with those that are nearly called so") {
  CHECK(complaint({"--producer=3"}) == "there is no flag --producer: did you mean --producers?");
  CHECK(complaint({"--tikc=3"}) == "there is no flag --tikc: did you mean --tick?");
  CHECK(complaint({"--back", "3"}) == "there is no flag --back: did you mean --backoff or --backoffs?");
  CHECK(complaint({"--statsinterval", "1s"}) == "there is no flag --statsinterval: did you mean --stats-interval?");
  CHECK(complaint({"-in", "a"}) == "there is no flag -in: did you mean --in?");
  CHECK(complaint({"--flagfile=a"}) == "there is no flag --flagfile: --help names those there are");
  CHECK(contains(complaint({"--in=a", "b"}), "unexpected 'b'"));
}

TEST_CASE("options: a flag has a value") {
  CHECK(complaint({"--generate", "--rate"}) == "--rate needs a value, as in --rate 50Mb");
  CHECK(complaint({"--in", "--loop", "3"}) == "--in needs a value, as in --in FILE");
  CHECK(complaint({"--in="}) == "--in has an empty value");
  CHECK(complaint({"--in=a", "--json="}) == "--json has an empty value");
}

TEST_CASE("options: underscores are hyphens, and the last value counts") {
  const Options options = of_file({"--pcap_out=o", "--loop=2", "--loop=3", "--quiet", "--quiet=false"});
  CHECK(options.pcap_out == "o");
  CHECK(options.loops == 3);
  CHECK_FALSE(options.quiet);
}

TEST_CASE("options: no file is written twice, and the input never") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("whorl-options-test-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string file = folder / "file";
  const std::string link = folder / "link";
  std::ofstream(file) << "here";
  std::filesystem::remove(link);
  std::filesystem::create_symlink(file, link);
  CHECK(complaint({"--in", file, "--pcap-out", link}) == "--pcap-out " + link + " is the file of --in: name another");
  CHECK(complaint({"--in", link, "--report", file}) == "--report " + file + " is the file of --in: name another");
  CHECK(complaint({"--generate", "--json=none", "--report=./none"}) ==
        "--report ./none is the file of --json: name another");
  CHECK(generator_complaint({"--json", file, "--report", folder / "other"}) == "");
  CHECK(generator_complaint({"--json=/dev/null", "--report=/dev/null"}) == "");
  CHECK(complaint({"--live=none", "--json=none"}) == "");
  std::filesystem::remove_all(folder);
}

TEST_CASE("--graph: producers lease shards, and nothing restores an order") {
  const Options options = of_generator({"--graph", "--producers=3"});
  CHECK(options.graph);
  CHECK(options.shards == 4);
  CHECK(options.tick == 0ns);
  CHECK_FALSE(of_generator({}).graph);
  CHECK(of_generator({}).tick == 10ms);
  CHECK(of_generator({"--graph", "--tick=auto", "--strategy=park", "--window=auto", "--full=drop-new"}).graph);
}

TEST_CASE("--graph: what does not go with it is refused, with the flag, its value and what is legal") {
  struct Wrong {
    Arguments flags;
    std::vector<std::string> parts;
  };
  const Wrong wrongs[] = {
      {{"--tick=5ms"}, {"--tick 5ms is of no use with --graph", "legal: auto"}},
      {{"--window=500"}, {"--window 500 is of no use with --graph", "no order across shards", "legal: auto"}},
      {{"--deadline=1s"}, {"--deadline 1s", "legal: auto"}},
      {{"--strategy=spin"}, {"--strategy spin", "legal: park"}},
      {{"--retries=7"}, {"--retries 7", "legal: auto"}},
      {{"--pcap-out=x.pcap"}, {"--pcap-out x.pcap is of no use with --graph", "leave one of them out"}},
      {{"--full=drop-old"}, {"--full drop-old is of no use with --graph", "legal: block or drop-new", "use drop-new"}},
      {{"--producers=5", "--shards=4"}, {"--shards 4 is too small for --producers 5 with --graph", "use 8"}},
  };
  for (const Wrong& wrong : wrongs) {
    Arguments flags = wrong.flags;
    CHECK(generator_complaint(flags).empty());
    flags.emplace_back("--graph");
    const std::string message = generator_complaint(flags);
    for (const std::string& part : wrong.parts) CHECK_MESSAGE(contains(message, part), message);
  }
}
