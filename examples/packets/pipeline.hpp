#pragma once
// Producers, the ring, the consumer.

#include "capture.hpp"
#include "files.hpp"
#include "options.hpp"
#include "report.hpp"

namespace packets {

/// Carries every packet of `capture` through a ShardedRing, options.loops times, and writes them to `output`, unless
/// that is null, in the order of the capture. Returns when all threads have ended.
///
/// Errors:  what the ring and the threads throw when they cannot be had. `output` keeps its own.
Report run_pipeline(const Capture& capture, const Options& options, OutputFile* output);

}  // namespace packets
