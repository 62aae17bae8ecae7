#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <whorl/sync/contract.hpp>
#include <whorl/sync/topology.hpp>

namespace whorl {
namespace {

struct FreeCpuSet {
  void operator()(cpu_set_t* set) const noexcept { CPU_FREE(set); }
};
using CpuSet = std::unique_ptr<cpu_set_t, FreeCpuSet>;

CpuSet make_set(int cpus) {
  CpuSet set(CPU_ALLOC(static_cast<std::size_t>(cpus)));
  if (set == nullptr) throw std::bad_alloc();
  CPU_ZERO_S(CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus)), set.get());
  return set;
}

}  // namespace

std::vector<int> allowed_cpus() {
  // The kernel refuses a set smaller than its own (EINVAL), and does not say how large that is.
  for (int cpus = CPU_SETSIZE;; cpus *= 2) {
    const CpuSet set = make_set(cpus);
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    if (sched_getaffinity(0, bytes, set.get()) != 0) {
      if (errno == EINVAL && cpus < (1 << 20)) continue;
      throw std::system_error(errno, std::generic_category(), "whorl: sched_getaffinity");
    }
    std::vector<int> allowed;
    for (int cpu = 0; cpu < cpus; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes, set.get())) allowed.push_back(cpu);
    }
    return allowed;
  }
}

void pin_this_thread(int cpu) {
  const std::vector<int> allowed = allowed_cpus();
  if (!std::binary_search(allowed.begin(), allowed.end(), cpu)) {
    std::string legal;
    for (const int other : allowed) legal += (legal.empty() ? "" : ", ") + std::to_string(other);
    detail::refuse("pin_this_thread: cpu " + std::to_string(cpu) + " is not one this thread may use: use one of " +
                   legal);
  }
  const CpuSet set = make_set(cpu + 1);
  const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpu + 1));
  CPU_SET_S(static_cast<std::size_t>(cpu), bytes, set.get());
  if (sched_setaffinity(0, bytes, set.get()) != 0) {
    throw std::system_error(errno, std::generic_category(), "whorl: sched_setaffinity");
  }
}

}  // namespace whorl
