#pragma once
// What the figures were measured on and with.

#include <cstddef>
#include <string>

namespace bench {

struct Machine {
  std::string cpu;
  std::size_t cpus;  // that this program may use
  std::string kernel;
  std::string architecture;
  std::string load_average;  // when the run began
  bool hypervisor;
};

Machine this_machine();

/// The compiler that built this program, and its build: "release" when optimised and without assertions.
std::string compiler();
std::string build_type();

/// The commit this program was built from, "-dirty" when the tree had changes.
std::string commit();

/// Now, as "2030-01-31T23:59:59Z".
std::string utc_date();

}  // namespace bench
