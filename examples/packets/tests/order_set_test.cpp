#include "../order_set.hpp"

#include <doctest/doctest.h>

namespace {
using packets::Fate;
using packets::OrderSet;
}  // namespace

TEST_CASE("OrderSet: each number is new once, also when it is long complete") {
  OrderSet set;
  for (std::uint64_t i = 0; i < 200; ++i) CHECK(set.add(i) == Fate::delivered);
  for (std::uint64_t i = 0; i < 200; ++i) CHECK(set.add(i) == Fate::duplicate);
  CHECK(set.missing(200) == 0);
  CHECK(set.missing(0) == 0);
}

TEST_CASE("OrderSet: what has not come below the end is missing, and nothing above it") {
  OrderSet set;
  CHECK(set.missing(0) == 0);
  CHECK(set.missing(1000) == 1000);
  for (const std::uint64_t came : {0, 63, 64, 127, 128, 500}) CHECK(set.add(came) == Fate::delivered);
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
    if (i % 3 == 0) CHECK(set.add(i) == Fate::delivered);
  }
  CHECK(set.missing(1000) == 666);
  for (std::uint64_t i = 0; i < 1000; ++i) CHECK((set.add(i) == Fate::delivered) == (i % 3 != 0));
  CHECK(set.missing(1000) == 0);
  CHECK(set.missing(1001) == 1);
}

TEST_CASE("OrderSet: after a gap it does not grow beyond its window, and forgets no gap") {
  OrderSet set(256);
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    if (i % 7 != 3) CHECK(set.add(i) == Fate::delivered);
    CHECK(set.kept() <= 256);
  }
  CHECK(set.missing(100'000) == 14'286);
  CHECK(set.missing(100'010) == 14'296);
}

TEST_CASE("OrderSet: what comes behind the window is late, and stays a gap; within it it still counts") {
  OrderSet set(128);
  CHECK(set.add(1) == Fate::delivered);
  CHECK(set.add(127) == Fate::delivered);
  CHECK(set.add(0) == Fate::delivered);    // the window is that of 0 to 127
  CHECK(set.add(128) == Fate::delivered);  // and now begins at 64
  CHECK(set.add(2) == Fate::late);
  CHECK(set.add(64) == Fate::delivered);
  CHECK(set.missing(129) == 129 - 5);
  CHECK(set.add(1'000'000) == Fate::delivered);  // far ahead: all before its window are given up
  CHECK(set.kept() <= 128);
  CHECK(set.missing(1'000'001) == 1'000'001 - 6);
  CHECK(set.add(64) == Fate::late);
  CHECK(set.add(999'999) == Fate::delivered);
}

TEST_CASE("OrderSet: what comes again is a duplicate, though there was a gap long ago") {
  OrderSet set(64);
  for (std::uint64_t i = 1; i < 192; ++i) CHECK(set.add(i) == Fate::delivered);  // all but 0, and no bit is kept
  CHECK(set.kept() == 0);
  CHECK(set.add(191) == Fate::duplicate);
  CHECK(set.add(64) == Fate::duplicate);
  CHECK(set.add(0) == Fate::late);
  CHECK(set.missing(192) == 1);
}
