#include "machine.hpp"

#include <sys/utsname.h>

#include <ctime>
#include <fstream>
#include <whorl/sync/topology.hpp>

#include "commit.hpp"

namespace bench {
namespace {

// The value of the first "name : value" line of /proc/cpuinfo, empty where there is none.
std::string cpu_info(const std::string& name) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with(name) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

std::string cpu_name() {
  const std::string model = cpu_info("model name");
  if (model.empty()) return "unknown";
  return model + " (family " + cpu_info("cpu family") + ", model " + cpu_info("model\t") + ")";
}

std::string first_line(const char* path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

}  // namespace

Machine this_machine() {
  utsname system{};
  uname(&system);
  return {.cpu = cpu_name(),
          .cpus = whorl::allowed_cpus().size(),
          .kernel = std::string(system.sysname) + " " + system.release,
          .architecture = system.machine,
          .load_average = first_line("/proc/loadavg"),
          .hypervisor = (cpu_info("flags") + " ").find(" hypervisor ") != std::string::npos};
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string build_type() {
#if defined(__OPTIMIZE__) && defined(NDEBUG)
  return "release";
#else
  return "not a release build";
#endif
}

std::string commit() { return kCommit; }

std::string utc_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[sizeof "2030-01-31T23:59:59Z"];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace bench
