#pragma once
// What the page for browsers has of the stages of --graph.

#include <string>

#include "options.hpp"
#include "report.hpp"

namespace packets {

/// A picture of the graph, how far each stage was behind, its batches, and how uneven the shards were. Empty where there
/// are no stages.
std::string graph_sections(const Report& report, const Options& options);

}  // namespace packets
