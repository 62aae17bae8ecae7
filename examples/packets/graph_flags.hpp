#pragma once
// Which flags --graph goes with.

#include "flags.hpp"
#include "options.hpp"

namespace packets {

/// Errors:  std::invalid_argument: the flag, its value, what is legal with --graph.
void check_graph_flags(const Options& options, const Given& given);

}  // namespace packets
