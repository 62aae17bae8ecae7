#pragma once
// The LMAX Disruptor itself, in Java, as Debian has it: a program of ours around it, peers/lmax/, runs the scenarios of its
// topologies in a virtual machine that stays alive from sample to sample.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "../driver/scenario.hpp"

namespace bench {

/// Enters lmax/java into `scenario`, doing what the Java program calls `topology` (peers/lmax/Scenario.java) with a ring of
/// `capacity` events; or says that it is missing, when it was when this program was built.
///
/// Before the first sample its virtual machine is started on the two CPUs of the stage, and runs the topology unmeasured
/// for three seconds, so that all of it is compiled.
///
/// Errors:  std::invalid_argument when there is no such topology.
void add_lmax(Scenario& scenario, std::string_view topology, std::size_t capacity = 65536);

/// What the Java program says when its own books are put to the test: "" when they notice every fault; none when it is
/// missing.
std::optional<std::string> check_lmax(CpuPair cpus);

}  // namespace bench
