#pragma once
// Which CPUs this program may use, and how to keep a thread on one. Compiled: link whorl, not only its headers.

#include <vector>

namespace whorl {

/// The CPUs the calling thread may run on, in ascending order. Never empty.
std::vector<int> allowed_cpus();

/// Keeps the calling thread on `cpu` from now on.
///
/// Errors:  std::invalid_argument when `cpu` is not one of allowed_cpus(); the message lists those.
void pin_this_thread(int cpu);

}  // namespace whorl
