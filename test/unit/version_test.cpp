#include <doctest/doctest.h>

#include <string>
#include <whorl/version.hpp>

TEST_CASE("version: the headers, their macros and the linked library say the same") {
  const std::string macros = std::to_string(WHORL_VERSION_MAJOR) + "." + std::to_string(WHORL_VERSION_MINOR) + "." +
                             std::to_string(WHORL_VERSION_PATCH);
  CHECK(macros == whorl::kVersion);
  CHECK(std::string(whorl::library_version()) == whorl::kVersion);
}
