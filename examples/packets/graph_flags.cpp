#include "graph_flags.hpp"

#include <algorithm>
#include <bit>

namespace packets {
namespace {

// What is of no use with --graph, and why.
struct Useless {
  std::string_view flag;
  const char* why;
};
constexpr const char* kNoOrder = "which restores no order across shards";
constexpr const char* kParks = "where a producer that finds no room sleeps until there is some";
constexpr Useless kUseless[] = {
    {"pcap_out", kNoOrder}, {"window", kNoOrder},
    {"deadline", kNoOrder}, {"tick", "whose stages read whenever there is something"},
    {"strategy", kParks},   {"retries", kParks},
};

void check_useless(const Given& given) {
  for (const Useless& useless : kUseless) {
    const auto flag = std::ranges::find(given, useless.flag, &Flag::name);
    if (flag == given.end() || value_of(**flag) == default_of(**flag)) continue;
    const std::string legal = default_of(**flag);
    refuse(spelled(**flag) + ' ' + value_of(**flag) + " is of no use with --graph, " + useless.why +
           (legal.empty() ? "" : " (legal: " + legal + ")") + ": leave one of them out");
  }
}

}  // namespace

void check_graph_flags(const Options& options, const Given& given) {
  if (!options.graph) return;
  check_useless(given);
  if (options.full == WhenFull::drop_old) {
    refuse(
        "--full drop-old is of no use with --graph, where several stages may be reading the oldest packet (legal: "
        "block "
        "or drop-new): use drop-new");
  }
  if (options.shards < options.producers) {
    const std::string producers = std::to_string(options.producers);
    refuse("--shards " + std::to_string(options.shards) + " is too small for --producers " + producers +
           " with --graph, where each of them leases a shard: use " + std::to_string(std::bit_ceil(options.producers)) +
           " or a greater power of two");
  }
}

}  // namespace packets
