#include <doctest/doctest.h>

#include <string>
#include <whorl/sync/contract.hpp>

#include "../../support/death.hpp"
#include "../../support/message.hpp"

using whorl::detail::nearest_powers;
using whorl::detail::require_power_of_two;
using whorl_test::refusal_of;

TEST_CASE("contract: a power of two up to kMaxCapacity is returned as it is") {
  for (std::size_t value = 1; value <= whorl::kMaxCapacity; value *= 2) {
    REQUIRE(require_power_of_two("Owner", "size", value) == value);
  }
}

TEST_CASE("contract: a refusal names owner, parameter, value and the nearest legal values") {
  const auto refusal = [](std::size_t value) {
    return refusal_of([value] { require_power_of_two("Owner", "size", value); });
  };
  CHECK(refusal(0) == "Owner: size 0 is not a power of two: use 1 or more");
  CHECK(refusal(3) == "Owner: size 3 is not a power of two: use 2 or 4");
  CHECK(refusal(1000) == "Owner: size 1000 is not a power of two: use 512 or 1024");
  CHECK(refusal(whorl::kMaxCapacity - 1) ==
        "Owner: size 281474976710655 is not a power of two: use 140737488355328 or 281474976710656");
  CHECK(refusal(whorl::kMaxCapacity * 2) == "Owner: size 562949953421312 is too large: use 281474976710656 or less");
  CHECK(refusal((std::size_t{1} << 63) + 1) ==
        "Owner: size 9223372036854775809 is too large (was it negative?): use 281474976710656 or less");
  CHECK(refusal(SIZE_MAX) ==
        "Owner: size 18446744073709551615 is too large (was it negative?): use 281474976710656 or less");
}

TEST_CASE("contract: the nearest legal values are given in the caller's unit") {
  CHECK(nearest_powers(3, 8) == "use 16 or 32");
  CHECK(nearest_powers(0, 8) == "use 8 or more");
}

TEST_CASE("contract: WHORL_ASSERT is silent when its condition holds, and evaluates it only where checks are on") {
  int evaluated = 0;
  WHORL_ASSERT(++evaluated == 1, "nothing");
  CHECK(evaluated == WHORL_CHECKED);
}

TEST_CASE("contract: a false WHORL_ASSERT stops the program with place, condition and advice" *
          doctest::skip(!WHORL_CHECKED)) {
  const std::string words = whorl_test::dying_words([] { WHORL_ASSERT(1 + 1 == 3, "count again"); });
  CHECK(words.find("contract_test.cpp:") != std::string::npos);
  CHECK(words.find("'1 + 1 == 3' does not hold: count again") != std::string::npos);
}
