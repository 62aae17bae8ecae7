#pragma once
// Instructions: how many of them a piece of code executes.
//
// By the processor's counter (perf_event_open) where there is one and it may be read, as a virtual machine often does not
// allow; else by single-stepping a copy of this process (fork, ptrace), which counts exactly, but takes microseconds an
// instruction.

#include <cstdint>
#include <functional>
#include <string>

namespace bench {

/// "perf_event_open" or "single steps".
std::string how_instructions_are_counted();

/// User-space instructions of `work(times)` for each of the `times`, what is done once left out. `work` runs on the calling
/// thread or in a copy of the process that has only that thread; `prepare` runs before it there, and is not counted.
///
/// Errors:  std::runtime_error when neither way is allowed.
double instructions_each(const std::function<void()>& prepare, const std::function<void(std::uint64_t)>& work,
                         std::uint64_t times);

}  // namespace bench
