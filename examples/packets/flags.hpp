#pragma once
// The flags of the command line. options.hpp has what they come to.

#include <string>
#include <vector>

#include "absl/flags/declare.h"
#include "flag_rules.hpp"

ABSL_DECLARE_FLAG(std::string, in);
ABSL_DECLARE_FLAG(std::string, live);
ABSL_DECLARE_FLAG(bool, generate);
ABSL_DECLARE_FLAG(packets::Setting<packets::kLoops>, loop);
ABSL_DECLARE_FLAG(packets::Setting<packets::kSpeed>, speed);
ABSL_DECLARE_FLAG(std::string, filter);
ABSL_DECLARE_FLAG(packets::Setting<packets::kSnap>, snap);
ABSL_DECLARE_FLAG(packets::Setting<packets::kBuffer>, buffer);
ABSL_DECLARE_FLAG(packets::Setting<packets::kBitRate>, rate);
ABSL_DECLARE_FLAG(packets::Setting<packets::kPayload>, payload);
ABSL_DECLARE_FLAG(packets::Setting<packets::kSeed>, seed);
ABSL_DECLARE_FLAG(packets::Setting<packets::kFault>, gaps);
ABSL_DECLARE_FLAG(packets::Setting<packets::kFault>, duplicates);
ABSL_DECLARE_FLAG(packets::Setting<packets::kMultiplier>, multiplier);
ABSL_DECLARE_FLAG(packets::Setting<packets::kProducers>, producers);
ABSL_DECLARE_FLAG(packets::Setting<packets::kShards>, shards);
ABSL_DECLARE_FLAG(packets::Setting<packets::kCapacity>, capacity);
ABSL_DECLARE_FLAG(packets::Setting<packets::kFull>, full);
ABSL_DECLARE_FLAG(packets::Setting<packets::kStrategy>, strategy);
ABSL_DECLARE_FLAG(packets::Setting<packets::kBackoff>, backoff);
ABSL_DECLARE_FLAG(packets::Setting<packets::kRetries>, retries);
ABSL_DECLARE_FLAG(packets::Setting<packets::kBackoffs>, backoffs);
ABSL_DECLARE_FLAG(bool, graph);
ABSL_DECLARE_FLAG(packets::Setting<packets::kTick>, tick);
ABSL_DECLARE_FLAG(packets::Setting<packets::kWindow>, window);
ABSL_DECLARE_FLAG(packets::Setting<packets::kDeadline>, deadline);
ABSL_DECLARE_FLAG(packets::Setting<packets::kRunTime>, duration);
ABSL_DECLARE_FLAG(packets::Setting<packets::kInterval>, stats_interval);
ABSL_DECLARE_FLAG(bool, quiet);
ABSL_DECLARE_FLAG(std::string, pcap_out);
ABSL_DECLARE_FLAG(std::string, json);
ABSL_DECLARE_FLAG(std::string, report);

namespace packets {

enum class Group : std::uint8_t { file, live, generator, source, ring, consumer, run };  // the first three as in From

struct Flag {
  std::string_view name;  // Abseil's
  Group group;
  const char* values;  // an example or a placeholder; null for a switch
  std::string (*legal)() = nullptr;
};

/// "--pcap-out"
std::string spelled(const Flag& flag);

/// The value it has, as the user may write it; and the one it has when it is not given.
std::string value_of(const Flag& flag);
std::string default_of(const Flag& flag);

/// Throws std::invalid_argument.
[[noreturn]] void refuse(const std::string& message);

using Given = std::vector<const Flag*>;

/// Sets all flags: those that `arguments` give, and the others to their defaults. Ends the program with status 0 where
/// help or the version is asked for.
///
/// Returns:  which ones were given, which a value that equals the default does not tell.
/// Errors:   std::invalid_argument, for the user.
Given set_flags(const std::vector<std::string>& arguments);

}  // namespace packets
