#include "options.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <whorl/version.hpp>

#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "units.hpp"

namespace packets {
namespace {

constexpr std::uint64_t kMostSlots = std::uint64_t{1} << 24;
constexpr std::size_t kSlots = 4096;  // without a rate there is nothing to reckon with
constexpr std::size_t kSlotsAtAnyRate = 65536;
constexpr std::size_t kLeastWindow = 2000;

// Flags are identifiers to Abseil, and words with hyphens to everybody else.
std::string with(char separator, std::string_view name) {
  std::string text(name);
  std::ranges::replace_if(text, [](char c) { return c == '-' || c == '_'; }, separator);
  return text;
}

// How many letters to add, to leave out or to change make `b` of `a`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }
  return row[b.size()];
}

// Those of `names` that somebody who wrote `word` may have meant: it begins them, or nearly is one.
std::vector<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& names) {
  std::vector<std::string_view> found;
  if (word.empty()) return found;
  std::ranges::copy_if(names, std::back_inserter(found), [&](std::string_view name) { return name.starts_with(word); });
  if (!found.empty()) return found;
  std::size_t least = 1 + word.size() / 4;  // more letters leave more room for mistakes
  for (const std::string_view name : names) {
    const std::size_t letters = distance(word, name);
    if (letters > least || letters >= name.size()) continue;
    if (letters < least) found.clear();
    least = letters;
    found.push_back(name);
  }
  return found;
}

std::string joined(const std::vector<std::string_view>& words, std::string_view last, std::string_view before = "") {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text.append(i == 0 ? "" : i + 1 == words.size() ? last : ", ").append(before).append(words[i]);
  }
  return text;
}

// A word that stands for a value, or, without one, leaves it to the program.
template <class Value>
struct Word {
  std::string_view name;
  std::optional<Value> value = {};
};

constexpr Word<std::uint64_t> kAutoCount[] = {{"auto"}};
constexpr Word<double> kAuto[] = {{"auto"}};
constexpr Word<double> kAutoOrNever[] = {{"auto"}, {"never", 0.0}};
constexpr Word<double> kMaxRate[] = {{"max", 0.0}};
constexpr Word<Speed> kMaxSpeed[] = {{"max", Speed{}}};

// Rules know the legal values of a flag, say them, and read and write them. See units.hpp for `error`.
struct QuantityRule {
  using Value = double;
  Kind kind;
  Range range;
  std::span<const Word<double>> words = {};

  std::optional<double> parse(std::string_view text, std::string& error) const {
    return parse_quantity(text, kind, range, error);
  }
  std::string legal() const { return legal_text(kind, range); }
  std::string text(double value) const { return with_unit(value, kind); }
};

struct CountRule {
  using Value = std::uint64_t;
  CountRange range;
  std::span<const Word<std::uint64_t>> words = {};

  std::optional<std::uint64_t> parse(std::string_view text, std::string& error) const {
    return parse_count(text, range, error);
  }
  std::string legal() const { return legal_text(range); }
  std::string text(std::uint64_t value) const { return std::to_string(value); }
};

struct SpeedRule {
  using Value = Speed;
  std::span<const Word<Speed>> words = kMaxSpeed;

  std::optional<Speed> parse(std::string_view text, std::string& error) const { return parse_speed(text, error); }
  std::string legal() const { return legal_speeds(); }
  std::string text(Speed speed) const {
    return speed.time_scale > 0 ? with_unit(speed.time_scale, kTimes)
                                : with_unit(speed.packets_per_second, kPacketRate);
  }
};

// One of several names; the value is its index.
template <class Choice>
struct ChoiceRule {
  using Value = std::size_t;
  std::span<const Choice> choices;
  std::span<const Word<std::size_t>> words = {};

  std::vector<std::string_view> names() const {
    std::vector<std::string_view> found;
    for (const Choice& choice : choices) found.push_back(choice.name);
    return found;
  }
  std::optional<std::size_t> parse(std::string_view text, std::string& error) const {
    const std::string word = with('-', text);
    for (std::size_t i = 0; i < choices.size(); ++i) {
      if (same_letters(word, choices[i].name) || same_letters(word, choices[i].long_name)) return i;
    }
    const auto near = nearest(word, names());
    error = near.empty() ? " is not known" : " is not known: did you mean " + joined(near, " or ") + "?";
    return {};
  }
  std::string legal() const { return joined(names(), " or "); }
  std::string text(std::size_t index) const { return std::string(choices[index].name); }
};

struct Full {
  std::string_view name;
  std::string_view long_name;
  WhenFull when;
  std::uint64_t backoffs;  // unless --backoffs says how many
};
constexpr Full kFulls[] = {
    {"block", "block", WhenFull::block, 0},
    {"drop-new", "drop-newest", WhenFull::drop_new, 100},
    {"drop-old", "drop-oldest", WhenFull::drop_old, 1},
};

struct Strategy {
  std::string_view name;
  std::string_view long_name;
  whorl::WritePolicy policy;
};
constexpr Strategy kStrategies[] = {
    {"park", "park", {}},
    {"sleep", "sleep-backoff", whorl::WritePolicy::sleep_backoff()},
    {"next", "next-shard", whorl::WritePolicy::next_shard()},
    {"random", "random-shard", whorl::WritePolicy::random_shard()},
    {"adaptive", "adaptive-backoff", whorl::WritePolicy::adaptive_backoff()},
    {"spin", "spin-then-yield", whorl::WritePolicy::spin_then_yield()},
    {"hybrid", "hybrid", whorl::WritePolicy::hybrid()},
    {"auto", "auto-adaptive", whorl::WritePolicy::auto_adaptive()},
};

constexpr double kMicrosecond = 1e3, kMillisecond = 1e6, kSecond = 1e9, kHour = 3600e9;

constexpr CountRule kLoops{{1, 1'000'000}};
constexpr SpeedRule kSpeed{};
constexpr QuantityRule kSnap{kSize, {16, 262'144}};
constexpr QuantityRule kBuffer{kSize, {65'536, 1 << 30}};
constexpr QuantityRule kBitRate{kRate, {1e3, 100e9}, kMaxRate};
constexpr QuantityRule kPayload{kSize, {16, 65'000}};
constexpr CountRule kSeed{{0, UINT64_MAX}};
constexpr QuantityRule kFault{kShare, {0, 0.5}};
constexpr QuantityRule kMultiplier{kNumber, {0.1, 100}};
constexpr CountRule kProducers{{1, 256}};
constexpr CountRule kShards{{1, 256, true}, kAutoCount};
constexpr CountRule kCapacity{{1, kMostSlots, true}, kAutoCount};
constexpr ChoiceRule<Full> kFull{kFulls};
constexpr ChoiceRule<Strategy> kStrategy{kStrategies};
constexpr QuantityRule kBackoff{kDuration, {kMicrosecond, kSecond}};
constexpr CountRule kRetries{{1, 1'000'000}, kAutoCount};
constexpr CountRule kBackoffs{{1, 1'000'000'000}, kAutoCount};
constexpr QuantityRule kTick{kDuration, {kMicrosecond, 10 * kSecond, true}, kAuto};
constexpr CountRule kWindow{{1, 4 * kMostSlots}, kAutoCount};
constexpr QuantityRule kDeadline{kDuration, {kMicrosecond, kHour}, kAutoOrNever};
constexpr QuantityRule kRunTime{kDuration, {kMillisecond, 10'000 * kHour, true}};
constexpr QuantityRule kInterval{kDuration, {10 * kMillisecond, kHour}};

template <const auto& kRule>
std::string legal_values() {
  std::string text;
  for (const auto& word : kRule.words) text.append(word.name).append(", ");
  return text + kRule.legal();
}

// The value of a flag that obeys a rule; none: left to the program.
template <const auto& kRule>
struct Setting {
  std::optional<typename std::remove_cvref_t<decltype(kRule)>::Value> value;

  friend bool AbslParseFlag(absl::string_view characters, Setting* setting, std::string* error) {
    const std::string_view text(characters.data(), characters.size());
    for (const auto& word : kRule.words) {
      if (!same_letters(text, word.name)) continue;
      setting->value = word.value;
      return true;
    }
    setting->value = kRule.parse(text, *error);
    if (!setting->value) *error += " (legal: " + legal_values<kRule>() + ")";
    return setting->value.has_value();
  }
  friend std::string AbslUnparseFlag(const Setting& setting) {
    for (const auto& word : kRule.words) {
      if (setting.value == word.value) return std::string(word.name);
    }
    return setting.value ? kRule.text(*setting.value) : "";
  }
};

}  // namespace
}  // namespace packets

using packets::Setting;

ABSL_FLAG(std::string, in, "", "packets of a capture, pcap or pcapng");
ABSL_FLAG(std::string, live, "", "packets of a network interface");
ABSL_FLAG(bool, generate, false, "packets made up here");

ABSL_FLAG(Setting<packets::kLoops>, loop, {1}, "how often its packets go through the ring");
ABSL_FLAG(Setting<packets::kSpeed>, speed, {packets::Speed{}},
          "so many times as fast as it was captured, or so many packets per second, all producers together");

ABSL_FLAG(std::string, filter, "", "only the packets that this expression selects, as tcpdump has it");
ABSL_FLAG(Setting<packets::kSnap>, snap, {65'535}, "what is captured of each packet");
ABSL_FLAG(Setting<packets::kBuffer>, buffer, {64 << 20}, "what the kernel keeps for each producer");

ABSL_FLAG(Setting<packets::kBitRate>, rate, {50e6}, "payload of each producer per second, in bits");
ABSL_FLAG(Setting<packets::kPayload>, payload, {1450}, "of each packet");
ABSL_FLAG(Setting<packets::kSeed>, seed, {1}, "another one puts the gaps and the duplicates elsewhere");
ABSL_FLAG(Setting<packets::kFault>, gaps, {0.0}, "of the packets, those that are never sent");
ABSL_FLAG(Setting<packets::kFault>, duplicates, {0.0}, "of the packets, those that are sent twice");
ABSL_FLAG(Setting<packets::kMultiplier>, multiplier, {2.0},
          "--capacity auto holds so many times the packets of a tick");

ABSL_FLAG(Setting<packets::kProducers>, producers, {4}, "threads that write into the ring");
ABSL_FLAG(Setting<packets::kShards>, shards, {},
          "producer p writes to shard p & (shards - 1); auto: the power of two from --producers up");
ABSL_FLAG(Setting<packets::kCapacity>, capacity, {},
          "slots of all shards together; auto: with --generate what --multiplier says (65536 with --rate max), else "
          "4096, and at least one for each shard");
ABSL_FLAG(Setting<packets::kFull>, full, {0},
          "where there is no room, a producer waits as long as it takes, drops its packet, or drops its oldest one "
          "that has not been read yet");
ABSL_FLAG(
    Setting<packets::kStrategy>, strategy, {0},
    "how a producer waits for room; upper case and the library's names, such as sleep_backoff, are legal as well");
ABSL_FLAG(Setting<packets::kBackoff>, backoff, {100 * packets::kMicrosecond}, "a pause of a producer that waits");
ABSL_FLAG(Setting<packets::kRetries>, retries, {}, "tries of each shard before each pause; auto: 10, or 1 with park");
ABSL_FLAG(Setting<packets::kBackoffs>, backoffs, {},
          "pauses before a packet is dropped; auto: 100 with drop-new, 1 with drop-old; not with --full block");

ABSL_FLAG(Setting<packets::kTick>, tick, {},
          "the consumer reads so often, 0: whenever there is something; auto: 10ms with --generate, else 0");
ABSL_FLAG(Setting<packets::kWindow>, window, {},
          "packets that may wait for one before them; auto: twice --capacity, at least 2000");
ABSL_FLAG(Setting<packets::kDeadline>, deadline, {},
          "how long a packet waits for those before it; auto: never gives up with --in and --full block, else 500ms");

ABSL_FLAG(Setting<packets::kRunTime>, duration, {0.0}, "ends the run; 0: the source's end does, or SIGINT");
ABSL_FLAG(Setting<packets::kInterval>, stats_interval, {packets::kSecond}, "from one line of figures to the next");
ABSL_FLAG(bool, quiet, false, "nothing on standard output and no figures meanwhile; errors are told");
ABSL_FLAG(std::string, pcap_out, "",
          "write the packets here, in order; after one loop it equals the input byte for byte");
ABSL_FLAG(std::string, json, "", "write the report here, for programs");
ABSL_FLAG(std::string, report, "", "write the report here, for a browser");

namespace packets {
namespace {

enum class Group : std::uint8_t { file, live, generator, source, ring, consumer, run };  // the first three as in From

struct Flag {
  std::string_view name;  // Abseil's
  Group group;
  const char* values;  // an example or a placeholder; null for a switch
  std::string (*legal)() = nullptr;
};

constexpr Flag kFlags[] = {
    {"in", Group::source, "FILE"},
    {"live", Group::source, "IFACE"},
    {"generate", Group::source, nullptr},
    {"loop", Group::file, "N", legal_values<kLoops>},
    {"speed", Group::file, "2x|50kpps", legal_values<kSpeed>},
    {"filter", Group::live, "EXPR"},
    {"snap", Group::live, "1500B", legal_values<kSnap>},
    {"buffer", Group::live, "64MiB", legal_values<kBuffer>},
    {"rate", Group::generator, "50Mb", legal_values<kBitRate>},
    {"payload", Group::generator, "1450B", legal_values<kPayload>},
    {"seed", Group::generator, "N", legal_values<kSeed>},
    {"gaps", Group::generator, "0.1%", legal_values<kFault>},
    {"duplicates", Group::generator, "0.1%", legal_values<kFault>},
    {"multiplier", Group::generator, "2.0", legal_values<kMultiplier>},
    {"producers", Group::ring, "N", legal_values<kProducers>},
    {"shards", Group::ring, "N", legal_values<kShards>},
    {"capacity", Group::ring, "N", legal_values<kCapacity>},
    {"full", Group::ring, "HOW", legal_values<kFull>},
    {"strategy", Group::ring, "HOW", legal_values<kStrategy>},
    {"backoff", Group::ring, "100us", legal_values<kBackoff>},
    {"retries", Group::ring, "N", legal_values<kRetries>},
    {"backoffs", Group::ring, "N", legal_values<kBackoffs>},
    {"tick", Group::consumer, "10ms", legal_values<kTick>},
    {"window", Group::consumer, "N", legal_values<kWindow>},
    {"deadline", Group::consumer, "500ms", legal_values<kDeadline>},
    {"duration", Group::run, "10s", legal_values<kRunTime>},
    {"stats_interval", Group::run, "1s", legal_values<kInterval>},
    {"quiet", Group::run, nullptr},
    {"pcap_out", Group::run, "FILE"},
    {"json", Group::run, "FILE"},
    {"report", Group::run, "FILE.html"},
};

struct Heading {
  Group group;
  const char* text;
};
constexpr Heading kHeadings[] = {
    {Group::source, "Source, one of these"},
    {Group::file, "With --in"},
    {Group::live, "With --live"},
    {Group::generator, "With --generate"},
    {Group::ring, "Producers and the ring"},
    {Group::consumer, "Consumer"},
    {Group::run, "The run and its outputs"},
};

constexpr const char* kSources[] = {"--in", "--live", "--generate"};  // as in From

constexpr char kHelp[] =
    "whorl-packets (--in FILE | --live IFACE | --generate) [flags]\n\n"
    "Packets of a capture, of a network interface or of a generator go through a whorl::ShardedRing and come out in\n"
    "order. Producer threads, each with the flows that a network card's hash would give it, write them into the ring;\n"
    "one consumer reads them, restores the order and writes them out. At the end every packet is accounted for.\n";
constexpr char kMoreHelp[] =
    "\nDurations have a unit: ns, us, ms, s, m, h. Sizes: B, kB, KiB, MB, MiB; B may be left out. Rates: kb, Mb, Gb,\n"
    "which are bits per second. SIGINT or SIGTERM ends a run in good order.\n\n"
    "Exit status: 0 every packet is accounted for; 1 wrong flags; 2 the source is cut, corrupt or cannot be read "
    "(what\n"
    "lies before that place is carried all the same), or a file cannot be written; 3 the accounts do not balance.\n";
constexpr std::size_t kColumns = 110;
constexpr std::size_t kHelpColumn = 26;

[[noreturn]] void refuse(const std::string& message) { throw std::invalid_argument(message); }

absl::CommandLineFlag& abseil_flag(const Flag& flag) {
  return *absl::FindCommandLineFlag(absl::string_view(flag.name.data(), flag.name.size()));
}

std::string spelled(const Flag& flag) { return "--" + with('-', flag.name); }

[[noreturn]] void print_version() {
  std::printf("whorl-packets %s\n", whorl::library_version());
  std::exit(0);
}

// `text` from kHelpColumn on, in lines that are broken between words.
std::string wrapped(const std::string& start, std::string text) {
  std::string lines = start;
  lines.resize(std::max(kHelpColumn, start.size() + 1), ' ');
  for (std::size_t room = kColumns - kHelpColumn; text.size() > room;) {
    const std::size_t space = text.rfind(' ', room);
    if (space == text.npos) break;
    lines += text.substr(0, space) + '\n' + std::string(kHelpColumn, ' ');
    text.erase(0, space + 1);
  }
  return lines + text + '\n';
}

std::string help_of(const Flag& info) {
  const absl::CommandLineFlag& flag = abseil_flag(info);
  std::string text = flag.Help();
  if (info.legal != nullptr) text += " [" + info.legal() + "; default " + flag.DefaultValue() + "]";
  return wrapped("  " + spelled(info) + (info.values == nullptr ? "" : std::string(" ") + info.values), text);
}

[[noreturn]] void print_help() {
  std::string text = kHelp;
  for (const Heading& heading : kHeadings) {
    text.append("\n").append(heading.text).append(":\n");
    for (const Flag& flag : kFlags) text += flag.group == heading.group ? help_of(flag) : "";
  }
  text += "\nOthers:\n" + wrapped("  --help", "this text") + wrapped("  --version", "of the library");
  std::fputs(text.append(kMoreHelp).c_str(), stdout);
  std::exit(0);
}

const Flag& find_flag(const std::string& argument) {
  const std::string name = argument.substr(std::min(argument.find_first_not_of('-'), argument.size()));
  const auto flag = std::ranges::find(kFlags, with('_', name), &Flag::name);
  if (flag != std::end(kFlags) && argument.starts_with("--")) return *flag;
  std::vector<std::string> spellings{"help", "version"};
  for (const Flag& known : kFlags) spellings.push_back(with('-', known.name));
  const auto near = nearest(with('-', name), {spellings.begin(), spellings.end()});
  refuse("there is no flag " + argument + ": " +
         (near.empty() ? "--help names those there are" : "did you mean " + joined(near, " or ", "--") + '?'));
}

// Abseil's message begins with the flag and its value; ours does as well, but as the user writes them.
void set_flag(const Flag& info, const std::string& value) {
  if (value.empty() && info.name != "filter") refuse(spelled(info) + " has an empty value");
  std::string error;
  if (abseil_flag(info).ParseFrom(value, &error)) return;
  const std::string start = "Illegal value '" + value + "' specified for flag '" + std::string(info.name) + "'";
  if (error == start) refuse(spelled(info) + ' ' + value + " is neither true nor false");
  const std::string rest = start + "; ";
  refuse(spelled(info) + ' ' + value + (error.starts_with(rest) ? error.substr(rest.size()) : ": " + error));
}

// Abseil's flags are there once for the whole program: an earlier call has left its values.
void set_defaults() {
  std::string ignored;  // what Abseil writes, it reads
  for (const Flag& flag : kFlags) abseil_flag(flag).ParseFrom(abseil_flag(flag).DefaultValue(), &ignored);
}

using Given = std::vector<const Flag*>;

// Sets the flags and tells which ones were given, which a value that equals the default does not.
Given set_flags(const std::vector<std::string>& arguments) {
  Given given;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument.size() < 2 || argument[0] != '-') {
      refuse("unexpected '" + argument + "': a capture is named by --in FILE, an interface by --live IFACE");
    }
    const std::size_t end = std::min(argument.find('='), argument.size());
    const std::string name = argument.substr(0, end);
    if (name == "--help") print_help();
    if (name == "--version") print_version();
    const Flag& flag = find_flag(name);
    if (flag.group == Group::source && std::ranges::find(given, &flag) != given.end()) {
      refuse(name + " is given twice: there is one source");
    }
    given.push_back(&flag);
    if (end < argument.size() || flag.values == nullptr) {
      set_flag(flag, end < argument.size() ? argument.substr(end + 1) : "true");
    } else if (i + 1 == arguments.size() || arguments[i + 1].starts_with("--")) {
      refuse(name + " needs a value, as in " + name + ' ' + flag.values);
    } else {
      set_flag(flag, arguments[++i]);
    }
  }
  return given;
}

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
  const bool comes_for_sure = options.from == From::file && options.full == WhenFull::block;
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
  set_defaults();
  const Given given = set_flags(arguments);
  Options options;
  options.from = source_of(given);
  read_source(options);
  options.tick =
      duration_of(absl::GetFlag(FLAGS_tick).value.value_or(options.from == From::generator ? 10 * kMillisecond : 0));
  read_ring(options, given);
  read_policy(options);
  read_consumer(options);
  read_run(options);
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
