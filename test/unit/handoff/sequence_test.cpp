#include <doctest/doctest.h>

#include <whorl/handoff/sequence.hpp>

static_assert(sizeof(whorl::Sequence) == whorl::kCacheLine && alignof(whorl::Sequence) == whorl::kCacheLine,
              "two sequences never share a line");

TEST_CASE("Sequence: says where it began, and then what was released last") {
  whorl::Sequence sequence(41);
  CHECK(sequence.passed() == 41);
  sequence.release(42);
  CHECK(sequence.passed() == 42);
  sequence.release(0);  // the position after 2^64 - 1
  CHECK(sequence.passed() == 0);
}
