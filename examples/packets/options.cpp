#include "options.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>
#include <whorl/version.hpp>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/reflection.h"
#include "absl/strings/numbers.h"

namespace packets {
namespace {

enum class Which { kAny, kPowerOfTwo };

// A flag that knows its legal values, and says them when it is given another.
template <std::uint64_t kLeast, std::uint64_t kMost, Which kWhich = Which::kAny>
struct Count {
  std::uint64_t value;

  friend bool AbslParseFlag(absl::string_view text, Count* count, std::string* error) {
    if (absl::SimpleAtoi(text, &count->value) && count->value >= kLeast && count->value <= kMost &&
        (kWhich == Which::kAny || std::has_single_bit(count->value))) {
      return true;
    }
    *error = std::string("use a ") + (kWhich == Which::kAny ? "whole number" : "power of two") + " from " +
             std::to_string(kLeast) + " to " + std::to_string(kMost);
    return false;
  }
  friend std::string AbslUnparseFlag(Count count) { return std::to_string(count.value); }
};

using Loops = Count<1, 1'000'000>;
using Producers = Count<1, 256>;
using Shards = Count<1, 256, Which::kPowerOfTwo>;
using Capacity = Count<1, 1 << 24, Which::kPowerOfTwo>;

}  // namespace
}  // namespace packets

ABSL_FLAG(std::string, in, "", "the capture to read, pcap or pcapng; required");
ABSL_FLAG(packets::Loops, loop, {1}, "how often its packets go through the ring: 1 to 1000000");
ABSL_FLAG(packets::Producers, producers, {4}, "threads that write into the ring: 1 to 256");
ABSL_FLAG(packets::Shards, shards, {4},
          "shards of the ring, a power of two from 1 to 256; producer p has p & (shards - 1)");
ABSL_FLAG(packets::Capacity, capacity, {4096}, "slots of the ring in all, a power of two from --shards to 16777216");
ABSL_FLAG(std::string, pcap_out, "",
          "write the packets here, in order; after one loop it equals the input byte for byte");
ABSL_FLAG(std::string, json, "", "write the report here as JSON");

namespace packets {
namespace {

constexpr const char* kFlags[] = {"in", "loop", "producers", "shards", "capacity", "pcap_out", "json"};

constexpr char kHelp[] =
    "whorl-packets carries a packet capture through a whorl::ShardedRing and puts it in order again.\n\n"
    "Producer threads, each with the flows that a network card's hash would give it, write frames into the ring; one\n"
    "consumer reads them, restores the order of the capture and writes it out. At the end every packet is accounted\n"
    "for.\n\n";
constexpr char kExitStatus[] =
    "\nExit status: 0 every packet is accounted for; 1 wrong flags; 2 the capture is cut or corrupt (what lies before\n"
    "that place is carried all the same), or a file cannot be read or written; 3 the accounts do not balance.\n";

[[noreturn]] void refuse(const std::string& message) {
  std::fprintf(stderr, "whorl-packets: %s (--help tells more)\n", message.c_str());
  std::exit(1);
}

// Flags are identifiers to Abseil, and words with hyphens to everybody else.
std::string with(char separator, std::string name) {
  std::ranges::replace_if(name, [](char c) { return c == '-' || c == '_'; }, separator);
  return name;
}

[[noreturn]] void print_version() {
  std::printf("whorl-packets %s\n", whorl::library_version());
  std::exit(0);
}

[[noreturn]] void print_help() {
  std::fputs(kHelp, stdout);
  for (const char* name : kFlags) {
    const absl::CommandLineFlag& flag = *absl::FindCommandLineFlag(name);
    const std::string value = flag.DefaultValue();
    const std::string otherwise = value == "\"\"" || value.empty() ? "" : " (default " + value + ")";
    std::printf("  --%-10s %s%s\n", with('-', name).c_str(), flag.Help().c_str(), otherwise.c_str());
  }
  std::fputs(kExitStatus, stdout);
  std::exit(0);
}

// "--pcap-out=x" becomes "--pcap_out=x"; what no flag is called is refused with the names there are.
std::string spelled_for_abseil(const std::string& argument) {
  if (!argument.starts_with("--") || argument == "--") return argument;
  const std::size_t end = std::min(argument.find('='), argument.size());
  const std::string name = with('_', argument.substr(2, end - 2));
  if (name == "help") print_help();
  if (name == "version") print_version();
  if (absl::FindCommandLineFlag(name) == nullptr) {
    std::string known;
    for (const char* flag : kFlags) known += (known.empty() ? "--" : ", --") + with('-', flag);
    refuse("there is no flag " + argument.substr(0, end) + ": use one of " + known);
  }
  return "--" + name + argument.substr(end);
}

void parse_flags(int argc, char** argv) {
  std::vector<std::string> spelled(argv, argv + argc);
  std::vector<char*> arguments;
  for (std::string& argument : spelled) arguments.push_back((argument = spelled_for_abseil(argument)).data());
  const std::vector<char*> rest = absl::ParseCommandLine(argc, arguments.data());
  if (rest.size() > 1) refuse(std::string("unexpected '") + rest[1] + "': a capture is named by --in FILE");
}

// Opening a file for writing empties it, and the input is still to be read.
void refuse_overwriting(const Options& options, const char* flag, const std::string& path) {
  std::error_code ignored;  // a file that does not exist yet is not the same
  if (!path.empty() && std::filesystem::equivalent(options.in, path, ignored)) {
    refuse(std::string(flag) + ' ' + path + " is the file that --in reads: name another");
  }
}

}  // namespace

Options parse_options(int argc, char** argv) {
  parse_flags(argc, argv);
  const Options options{
      .in = absl::GetFlag(FLAGS_in),
      .pcap_out = absl::GetFlag(FLAGS_pcap_out),
      .json = absl::GetFlag(FLAGS_json),
      .loops = absl::GetFlag(FLAGS_loop).value,
      .producers = static_cast<std::uint32_t>(absl::GetFlag(FLAGS_producers).value),
      .shards = absl::GetFlag(FLAGS_shards).value,
      .capacity = absl::GetFlag(FLAGS_capacity).value,
  };
  if (options.in.empty()) refuse("--in is missing: name a pcap or pcapng file");
  if (options.capacity < options.shards) {
    refuse("--capacity " + std::to_string(options.capacity) + " is too small for --shards " +
           std::to_string(options.shards) + ": use " + std::to_string(options.shards) + " or a greater power of two");
  }
  refuse_overwriting(options, "--pcap-out", options.pcap_out);
  refuse_overwriting(options, "--json", options.json);
  return options;
}

}  // namespace packets
