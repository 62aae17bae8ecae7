#include <doctest/doctest.h>

#include <cstdint>
#include <new>
#include <utility>
#include <vector>
#include <whorl/handoff/array.hpp>

#include "../../support/allocations.hpp"

using whorl::Array;

namespace {

std::vector<int>* deaths = nullptr;

struct Mortal {
  explicit Mortal(int n) : number(n) {}
  Mortal(const Mortal&) = delete;
  ~Mortal() { deaths->push_back(number); }
  int number;
};

template <class T>
std::uintptr_t misalignment(const Array<T>& array, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(array.data()) % alignment;
}

}  // namespace

TEST_CASE("Array: makes every element from its index, in place, and destroys them in reverse order") {
  std::vector<int> died;
  deaths = &died;
  {
    const Array<Mortal> array(3, [](std::size_t i) { return Mortal(static_cast<int>(i) * 10); });
    REQUIRE(array.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(array[i].number == static_cast<int>(i) * 10);
    CHECK(died.empty());
  }
  CHECK(died == std::vector{20, 10, 0});
}

TEST_CASE("Array: an exception while making leaves nothing alive and no memory behind") {
  std::vector<int> died;
  died.reserve(8);
  deaths = &died;
  const std::uint64_t live = whorl_test::allocations().live();
  const auto make = [](std::size_t i) {
    if (i == 2) throw 7;
    return Mortal(static_cast<int>(i));
  };
  CHECK_THROWS_AS(Array<Mortal>(4, make), int);
  CHECK(died == std::vector{1, 0});
  CHECK(whorl_test::allocations().live() == live);
}

TEST_CASE("Array: begins on a line of its own, and on a page where there is a page of it") {
  const auto zero = [](std::size_t) { return 0; };
  const Array<int> small(2, zero);
  const Array<int> large(1024, zero);
  CHECK(misalignment(small, whorl::kCacheLine) == 0);
  CHECK(misalignment(large, 4096) == 0);
}

TEST_CASE("Array: honours an alignment beyond a page") {
  struct alignas(8192) Wide {
    int number;
  };
  const Array<Wide> array(2, [](std::size_t) { return Wide{1}; });
  CHECK(misalignment(array, 8192) == 0);
}

TEST_CASE("Array: more than there is, or than can be counted in bytes, is std::bad_alloc and not a small array" *
          doctest::skip(!whorl_test::kCountsAllocations)) {
  struct Block {
    char bytes[1024];
  };
  const auto none = [](std::size_t) -> Block { throw 7; };
  for (const std::size_t count : {SIZE_MAX, SIZE_MAX / 1024 + 2, std::size_t{1} << 54}) {
    CAPTURE(count);
    CHECK_THROWS_AS(Array<Block>(count, none), std::bad_alloc);
  }
}
