#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <new>
#include <string>

#include "../../support/allocations.hpp"
#include "../../support/message.hpp"
#include "../../support/shapes.hpp"

namespace {

template <class S>
std::string refusal(std::size_t total, std::size_t shards, std::size_t quota = 1) {
  const std::uint64_t before = whorl_test::allocations().aligned;
  std::string message =
      whorl_test::refusal_of([&] { typename S::template Ring<std::uint64_t> ring(total, shards, {.quota = quota}); });
  CHECK(whorl_test::allocations().aligned == before);  // refused before any memory of the ring is asked for
  return message;
}

// The value that was refused and the legal ones around it.
bool names(const std::string& message, const std::string& value, const std::string& legal) {
  CAPTURE(message);
  const bool named = message.starts_with("ShardedRing: " + value) && message.ends_with(": use " + legal);
  CHECK(named);
  return named;
}

}  // namespace

TEST_CASE_TEMPLATE("ShardedRing: a shard count that is no power of two is refused by name, value and neighbours", S,
                   WHORL_TEST_SHAPES) {
  CHECK(refusal<S>(1024, 0) == "ShardedRing: shards 0 is not a power of two: use 1 or more");
  CHECK(refusal<S>(1024, 3) == "ShardedRing: shards 3 is not a power of two: use 2 or 4");
  CHECK(refusal<S>(1000, 1000) == "ShardedRing: shards 1000 is not a power of two: use 512 or 1024");
  CHECK(names(refusal<S>(1024, SIZE_MAX), "shards 18446744073709551615", "281474976710656 or less"));
}

TEST_CASE_TEMPLATE("ShardedRing: a capacity that gives no power of two to each shard is refused likewise", S,
                   WHORL_TEST_SHAPES) {
  CHECK(refusal<S>(1000, 4) ==
        "ShardedRing: total_capacity 1000 over 4 shards is not a power of two for each: use 512 or 1024");
  CHECK(names(refusal<S>(0, 1), "total_capacity 0 over 1 shards", "1 or more"));
  CHECK(names(refusal<S>(3, 1), "total_capacity 3 over 1 shards", "2 or 4"));
  CHECK(names(refusal<S>(2, 4), "total_capacity 2 over 4 shards", "4 or more"));
  CHECK(names(refusal<S>(9, 8), "total_capacity 9 over 8 shards", "8 or 16"));
  CHECK(names(refusal<S>((std::size_t{1} << 63) + 1, 1), "total_capacity 9223372036854775809 over 1 shards",
              "281474976710656 or less"));
  CHECK(
      names(refusal<S>(SIZE_MAX, 4), "total_capacity 18446744073709551615 over 4 shards", "1125899906842624 or less"));
}

TEST_CASE("ShardedRing: a capacity that is refused for its size is not said to be no power of two") {
  const std::string message = refusal<whorl_test::SharedInline>(std::size_t{1} << 62, 4);
  CHECK(names(message, "total_capacity 4611686018427387904 over 4 shards", "1125899906842624 or less"));
  CHECK(message.find("not a power of two") == std::string::npos);
}

TEST_CASE("ShardedRing: a capacity that is one item over the largest is refused because it does not divide") {
  const std::string message = refusal<whorl_test::SharedInline>(4 * whorl::kMaxCapacity + 1, 4);
  CHECK(names(message, "total_capacity 1125899906842625 over 4 shards", "1125899906842624 or less"));
  CHECK(message.find("not a power of two for each") != std::string::npos);
}

TEST_CASE_TEMPLATE("ShardedRing: a quota of nothing is refused", S, WHORL_TEST_SHAPES) {
  CHECK(refusal<S>(1024, 4, 0) == "ShardedRing: quota 0 would read nothing: use 1 or more");
}

TEST_CASE_TEMPLATE("ShardedRing: more memory than there is gives std::bad_alloc, and all that was taken back" *
                       doctest::skip(!whorl_test::kCountsAllocations),
                   S, WHORL_TEST_SHAPES) {
  struct Megabyte {
    std::array<char, std::size_t{1} << 20> bytes;
  };
  using Small = typename S::template Ring<std::uint64_t>;
  using Large = typename S::template Ring<Megabyte>;
  const std::uint64_t live = whorl_test::allocations().live();
  CHECK_THROWS_AS(Small(whorl::kMaxCapacity, 1), std::bad_alloc);
  CHECK_THROWS_AS(Small(whorl::kMaxCapacity, whorl::kMaxCapacity), std::bad_alloc);
  CHECK_THROWS_AS(Large(whorl::kMaxCapacity, 1), std::bad_alloc);  // 2^68 bytes
  CHECK_THROWS_AS(Large(whorl::kMaxCapacity, 16), std::bad_alloc);
  CHECK(whorl_test::allocations().live() == live);
}
