#include "../order_set.hpp"

#include <doctest/doctest.h>

namespace {
using packets::OrderSet;
}  // namespace

TEST_CASE("OrderSet: each number is new once, also when it is long complete") {
  OrderSet set;
  for (std::uint64_t i = 0; i < 200; ++i) CHECK(set.add(i));
  for (std::uint64_t i = 0; i < 200; ++i) CHECK_FALSE(set.add(i));
  CHECK(set.missing(200) == 0);
  CHECK(set.missing(0) == 0);
}

TEST_CASE("OrderSet: what has not come below the end is missing, and nothing above it") {
  OrderSet set;
  CHECK(set.missing(0) == 0);
  CHECK(set.missing(1000) == 1000);
  for (const std::uint64_t came : {0, 63, 64, 127, 128, 500}) CHECK(set.add(came));
  CHECK(set.missing(1) == 0);
  CHECK(set.missing(64) == 62);
  CHECK(set.missing(65) == 62);
  CHECK(set.missing(128) == 124);
  CHECK(set.missing(500) == 495);
  CHECK(set.missing(501) == 495);
  CHECK(set.missing(10'000) == 9994);
}

TEST_CASE("OrderSet: the order in which they come does not matter") {
  OrderSet set;
  for (std::uint64_t i = 1000; i-- > 0;) {
    if (i % 3 == 0) CHECK(set.add(i));
  }
  CHECK(set.missing(1000) == 666);
  for (std::uint64_t i = 0; i < 1000; ++i) CHECK(set.add(i) == (i % 3 != 0));
  CHECK(set.missing(1000) == 0);
  CHECK(set.missing(1001) == 1);
}
