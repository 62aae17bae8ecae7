#include "scale.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace whorl_test {

std::uint64_t seed() {
  static const std::uint64_t value = [] {
    const char* given = std::getenv("WHORL_SEED");
    const std::uint64_t chosen = given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
    std::printf("WHORL_SEED=%llu\n", static_cast<unsigned long long>(chosen));
    std::fflush(stdout);
    return chosen;
  }();
  return value;
}

bool is_long() {
  static const bool value = [] {
    const char* given = std::getenv("WHORL_LONG");
    return given != nullptr && std::string_view(given) == "1";
  }();
  return value;
}

}  // namespace whorl_test
