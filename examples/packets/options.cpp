#include "options.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include "absl/flags/flag.h"
#include "flags.hpp"
#include "graph_flags.hpp"

namespace packets {
namespace {

constexpr std::size_t kSlots = 4096;  // without a rate there is nothing to reckon with
constexpr std::size_t kSlotsAtAnyRate = 65536;
constexpr std::size_t kLeastWindow = 2000;

constexpr const char* kSources[] = {"--in", "--live", "--generate"};  // as in From

From source_of(const Given& given) {
  const bool named[] = {!absl::GetFlag(FLAGS_in).empty(), !absl::GetFlag(FLAGS_live).empty(),
                        absl::GetFlag(FLAGS_generate)};
  const auto count = std::ranges::count(named, true);
  if (count == 0) refuse("no source: use --in FILE, --live IFACE or --generate");
  if (count > 1) {
    std::vector<std::string_view> sources;
    for (std::size_t i = 0; i < std::size(kSources); ++i) {
      if (named[i]) sources.emplace_back(kSources[i]);
    }
    refuse(joined(sources, " and ") + " are given: there is one source");
  }
  const auto from = static_cast<From>(std::ranges::find(named, true) - std::begin(named));
  for (const Flag* flag : given) {
    if (flag->group > Group::generator || static_cast<From>(flag->group) == from) continue;
    refuse(spelled(*flag) + " belongs to " + kSources[static_cast<std::size_t>(flag->group)] + ", and the source is " +
           kSources[static_cast<std::size_t>(from)] + ": leave one of them out");
  }
  return from;
}

// Of a flag that is never left to the program.
template <class AbseilFlag>
auto value_of(const AbseilFlag& flag) {
  return absl::GetFlag(flag).value.value();
}

std::chrono::nanoseconds duration_of(double nanoseconds) { return std::chrono::nanoseconds(std::llround(nanoseconds)); }

void read_file_source(Options& options) {
  options.input = absl::GetFlag(FLAGS_in);
  options.loops = value_of(FLAGS_loop);
  const Speed speed = value_of(FLAGS_speed);
  options.time_scale = speed.time_scale;
  options.packets_per_second = speed.packets_per_second;
}

void read_live_source(Options& options) {
  options.input = absl::GetFlag(FLAGS_live);
  options.filter = absl::GetFlag(FLAGS_filter);
  options.snap = static_cast<std::uint32_t>(value_of(FLAGS_snap));
  options.kernel_buffer = static_cast<std::uint64_t>(value_of(FLAGS_buffer));
}

void read_generator(Options& options) {
  options.input = "generated";
  options.bits_per_second = value_of(FLAGS_rate);
  options.payload = static_cast<std::uint32_t>(value_of(FLAGS_payload));
  options.seed = value_of(FLAGS_seed);
  options.gap_share = value_of(FLAGS_gaps);
  options.duplicate_share = value_of(FLAGS_duplicates);
}

// What belongs to another source keeps the defaults of the structure.
void read_source(Options& options) {
  constexpr void (*kReaders[])(Options&) = {read_file_source, read_live_source, read_generator};  // as in From
  kReaders[static_cast<std::size_t>(options.from)](options);
}

void check_capacity(std::uint64_t capacity, std::size_t shards, const Given& given) {
  const std::string least = std::to_string(shards);
  if (capacity < shards) {
    refuse("--capacity " + std::to_string(capacity) + " is too small for " + least + " shards: use " + least +
           " or a greater power of two");
  }
  if (std::ranges::find(given, "multiplier", &Flag::name) != given.end()) {
    refuse("--multiplier is of no use with --capacity " + std::to_string(capacity) + ": leave one of them out");
  }
}

// After the source and the tick, which --capacity auto needs.
void read_ring(Options& options, const Given& given) {
  options.producers = static_cast<std::uint32_t>(value_of(FLAGS_producers));
  options.shards = absl::GetFlag(FLAGS_shards).value.value_or(std::bit_ceil(options.producers));
  if (const auto capacity = absl::GetFlag(FLAGS_capacity).value) {
    check_capacity(*capacity, options.shards, given);
    options.capacity = *capacity;
    return;
  }
  const bool has_rate = options.from == From::generator;
  const std::size_t slots = has_rate ? automatic_capacity(options.producers, options.bits_per_second, options.payload,
                                                          options.tick, value_of(FLAGS_multiplier))
                                     : kSlots;
  options.capacity = std::max(slots, options.shards);
}

void read_policy(Options& options) {
  const Full& full = kFulls[value_of(FLAGS_full)];
  const Strategy& strategy = kStrategies[value_of(FLAGS_strategy)];
  const auto backoffs = absl::GetFlag(FLAGS_backoffs).value;
  if (backoffs && full.when == WhenFull::block) {
    refuse("--backoffs " + std::to_string(*backoffs) +
           " is of no use with --full block, where a producer waits as long as it takes: leave it out, or use --full "
           "drop-new or drop-old");
  }
  options.full = full.when;
  options.strategy = strategy.name;
  options.policy = strategy.policy;
  options.policy.pause = duration_of(value_of(FLAGS_backoff));
  options.policy.longest_pause = std::max(options.policy.longest_pause, options.policy.pause);
  options.policy.max_backoffs = backoffs.value_or(full.backoffs);
  if (const auto retries = absl::GetFlag(FLAGS_retries).value) {
    options.policy.max_retries = static_cast<unsigned>(*retries);
  }
}

void read_consumer(Options& options) {
  options.window = absl::GetFlag(FLAGS_window).value.value_or(std::max(kLeastWindow, 2 * options.capacity));
  const bool comes_for_sure = options.from != From::live && options.full == WhenFull::block && options.gap_share == 0;
  options.deadline = duration_of(absl::GetFlag(FLAGS_deadline).value.value_or(comes_for_sure ? 0 : 500 * kMillisecond));
}

void read_run(Options& options) {
  options.duration = duration_of(value_of(FLAGS_duration));
  options.stats_interval = duration_of(value_of(FLAGS_stats_interval));
  options.quiet = absl::GetFlag(FLAGS_quiet);
  options.pcap_out = absl::GetFlag(FLAGS_pcap_out);
  options.json = absl::GetFlag(FLAGS_json);
  options.html = absl::GetFlag(FLAGS_report);
}

// Whatever they are called. What is no regular file, such as /dev/null, may be named as often as one likes.
bool is_same_file(const std::string& a, const std::string& b) {
  namespace fs = std::filesystem;
  std::error_code ignored;  // a file that does not exist yet is another matter
  if (fs::exists(a, ignored) && !fs::is_regular_file(a, ignored)) return false;
  const auto place = [&](const std::string& path) {
    return fs::weakly_canonical(fs::absolute(path, ignored), ignored);
  };
  return fs::equivalent(a, b, ignored) || (!place(a).empty() && place(a) == place(b));  // empty: it cannot be told
}

// Opening a file for writing empties it, and the input is still to be read.
void check_files(const Options& options) {
  struct File {
    const char* flag;
    const std::string& path;
  };
  const std::string none;
  const File files[] = {{"--in", options.from == From::file ? options.input : none},
                        {"--pcap-out", options.pcap_out},
                        {"--json", options.json},
                        {"--report", options.html}};
  for (const File& file : files) {
    for (const File* other = files; other != &file; ++other) {
      if (file.path.empty() || other->path.empty() || !is_same_file(file.path, other->path)) continue;
      refuse(std::string(file.flag) + ' ' + file.path + " is the file of " + other->flag + ": name another");
    }
  }
}

}  // namespace

std::size_t automatic_capacity(std::uint32_t producers, double bits_per_second, std::uint32_t payload,
                               std::chrono::nanoseconds tick, double multiplier) {
  if (payload == 0 || bits_per_second <= 0) return kSlotsAtAnyRate;
  const double seconds = (tick.count() == 0 ? 10 * kMillisecond : static_cast<double>(tick.count())) / kSecond;
  const double packets = bits_per_second / 8 / payload * producers * seconds * multiplier;
  return std::bit_ceil(static_cast<std::size_t>(std::clamp(std::ceil(packets), 64.0, double{kMostSlots})));
}

Options options_of(const std::vector<std::string>& arguments) {
  const Given given = set_flags(arguments);
  Options options;
  options.from = source_of(given);
  read_source(options);
  options.graph = absl::GetFlag(FLAGS_graph);
  const bool has_tick = options.from == From::generator && !options.graph;
  options.tick = duration_of(absl::GetFlag(FLAGS_tick).value.value_or(has_tick ? 10 * kMillisecond : 0));
  read_ring(options, given);
  read_policy(options);
  read_consumer(options);
  read_run(options);
  check_graph_flags(options, given);
  check_files(options);
  return options;
}

Options parse_options(int argc, char** argv) {
  try {
    return options_of({argv + std::min(argc, 1), argv + argc});
  } catch (const std::invalid_argument& problem) {
    std::fprintf(stderr, "whorl-packets: %s\n(--help tells more)\n", problem.what());
    std::exit(1);
  }
}

}  // namespace packets
