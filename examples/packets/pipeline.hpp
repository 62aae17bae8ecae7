#pragma once
// Producers, the ring, the consumer.

#include <stop_token>

#include "files.hpp"
#include "options.hpp"
#include "report.hpp"
#include "source.hpp"

namespace packets {

/// Carries every packet of `source` through a ShardedRing and writes them to `output`, unless that is null, in order.
/// Returns when all threads have ended: when the source has, or soon after a stop was requested. Then no packet is left
/// in the ring.
///
/// Errors:  std::runtime_error saying what to make smaller when there is not enough memory; what the ring and the
///          threads throw when they cannot be had. `output` keeps its own.
Report run_pipeline(Source& source, const Options& options, OutputFile* output, const std::stop_token& stop);

}  // namespace packets
