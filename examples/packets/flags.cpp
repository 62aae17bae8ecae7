#include "flags.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <whorl/version.hpp>

#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"

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
          "pauses before a packet is dropped, with park as long as those would take; auto: 100 with drop-new, 1 with "
          "drop-old; not with --full block");

ABSL_FLAG(bool, graph, false,
          "several consumers that each see every packet, parse || count -> flow table -> report, a thread each; "
          "producers lease a shard each, and no order across shards is restored; not with --full drop-old, --pcap-out "
          "and what belongs to one consumer");
ABSL_FLAG(Setting<packets::kTick>, tick, {},
          "the consumer reads so often, 0: whenever there is something; auto: 10ms with --generate, else 0");
ABSL_FLAG(Setting<packets::kWindow>, window, {},
          "packets that may wait for one before them; auto: twice --capacity, at least 2000");
ABSL_FLAG(Setting<packets::kDeadline>, deadline, {},
          "how long a packet waits for those before it; auto: never gives up where nothing can be lost, which is with "
          "--full block, but not with --live or --gaps; else 500ms");

ABSL_FLAG(Setting<packets::kRunTime>, duration, {0.0},
          "ends the run; 0: the source's end does, or SIGINT; what --generate is late with may take 250ms more");
ABSL_FLAG(Setting<packets::kInterval>, stats_interval, {packets::kSecond}, "from one line of figures to the next");
ABSL_FLAG(bool, quiet, false, "nothing on standard output and no figures meanwhile; errors are told");
ABSL_FLAG(std::string, pcap_out, "",
          "write the packets here, in order; after one loop it equals the input byte for byte");
ABSL_FLAG(std::string, json, "", "write the report here, for programs");
ABSL_FLAG(std::string, report, "", "write the report here, for a browser");

namespace packets {
namespace {

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
    {"graph", Group::consumer, nullptr},
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
    {Group::consumer, "Consumers"},
    {Group::run, "The run and its outputs"},
};

constexpr char kHelp[] =
    "whorl-packets (--in FILE | --live IFACE | --generate) [flags]\n\n"
    "Packets of a capture, of a network interface or of a generator go through a whorl::ShardedRing and come out in\n"
    "order. Producer threads, each with the flows that a network card's hash would give it, write them into the ring;\n"
    "one consumer reads them, restores the order and writes them out. At the end every packet is accounted for.\n"
    "With --graph they go through the shards of a whorl::ShardedRingBuffer instead, where several consumers see all.\n";
constexpr char kMoreHelp[] =
    "\nDurations have a unit: ns, us, ms, s, m, h. Sizes: B, kB, KiB, MB, MiB; B may be left out. Rates: kb, Mb, Gb,\n"
    "which are bits per second. SIGINT or SIGTERM ends a run in good order.\n\n"
    "Exit status: 0 every packet is accounted for; 1 wrong flags; 2 the source is cut, corrupt or cannot be read "
    "(what\n"
    "lies before that place is carried all the same), or a file cannot be written; 3 the accounts do not balance.\n";
constexpr std::size_t kColumns = 110;
constexpr std::size_t kHelpColumn = 26;

absl::CommandLineFlag& abseil_flag(const Flag& flag) {
  return *absl::FindCommandLineFlag(absl::string_view(flag.name.data(), flag.name.size()));
}

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

}  // namespace

std::string spelled(const Flag& flag) { return "--" + with('-', flag.name); }

std::string value_of(const Flag& flag) { return abseil_flag(flag).CurrentValue(); }
std::string default_of(const Flag& flag) { return abseil_flag(flag).DefaultValue(); }

void refuse(const std::string& message) { throw std::invalid_argument(message); }

Given set_flags(const std::vector<std::string>& arguments) {
  set_defaults();
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

}  // namespace packets
