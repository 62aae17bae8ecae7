// Every element type in every shape: what goes in comes out, and is destroyed once.

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <tuple>

#include "../../support/elements.hpp"
#include "../../support/shapes.hpp"

using whorl::Position;
using whorl_test::Item;
using whorl_test::Tracked;

namespace {

template <class ShapeOfCase, class ElementOfCase>
struct Case {
  using Element = ElementOfCase;
  using Shard = typename ShapeOfCase::template Shard<Element>;
};

template <class Shape>
using ElementsIn =
    std::tuple<Case<Shape, std::uint8_t>, Case<Shape, std::uint64_t>, Case<Shape, whorl_test::CacheLineBlock>,
               Case<Shape, whorl_test::Packet>, Case<Shape, whorl_test::Aligned<128>>,
               Case<Shape, whorl_test::Aligned<4096>>, Case<Shape, std::unique_ptr<std::uint64_t>>,
               Case<Shape, whorl_test::Addressless>, Case<Shape, whorl_test::Constant>, Case<Shape, Tracked>>;

template <class... Shapes>
using AllCases = decltype(std::tuple_cat(ElementsIn<Shapes>{}...));

using Cases = AllCases<WHORL_TEST_SHAPES>;

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("RingShard: carries every element type unharmed and aligned over many laps", C, unharmed) {
  using T = typename C::Element;
  for (const std::size_t capacity : {1u, 4u}) {
    CAPTURE(capacity);
    typename C::Shard shard(capacity);
    std::uint64_t written = 0, expected = 0;
    const auto use = [&](T& value) {
      CHECK(Item<T>::is(value, expected++));
      CHECK(reinterpret_cast<std::uintptr_t>(std::addressof(value)) % alignof(T) == 0);
    };
    for (int lap = 0; lap < 5; ++lap) {
      while (shard.try_write(Item<T>::make(written))) ++written;
      CHECK(shard.size_approx() == capacity);
      CHECK(shard.try_consume(use, SIZE_MAX) == capacity);
    }
    CHECK(written == 5 * capacity);
    CHECK(expected == written);
  }
}
TEST_CASE_TEMPLATE_APPLY(unharmed, Cases);

TEST_CASE_TEMPLATE_DEFINE("RingShard: a value that is refused is untouched", C, untouched) {
  using T = typename C::Element;
  typename C::Shard shard(1);
  REQUIRE(shard.try_write(Item<T>::make(1)));
  T value = Item<T>::make(2);
  CHECK_FALSE(shard.try_write(std::move(value)));
  CHECK(Item<T>::is(value, 2));
  shard.close();
  CHECK(shard.try_consume([](T&) {}, 1) == 1);
  CHECK_FALSE(shard.try_write(std::move(value)));
  CHECK(Item<T>::is(value, 2));
}
TEST_CASE_TEMPLATE_APPLY(untouched, Cases);

TEST_CASE_TEMPLATE("RingShard: a value that is accepted is moved where it may be, and copied where it may not", S,
                   WHORL_TEST_SHAPES) {
  typename S::template Shard<std::shared_ptr<int>> shard(4);
  auto value = std::make_shared<int>(5);
  REQUIRE(shard.try_write(value));
  CHECK(value.use_count() == 2);
  REQUIRE(shard.try_write(std::move(value)));
  CHECK(value == nullptr);
  CHECK(shard.try_consume([](std::shared_ptr<int>& item) { CHECK(*item == 5); }, 4) == 2);
}

TEST_CASE_TEMPLATE("RingShard: every element is destroyed once, read or left behind, wherever the ring has got to", S,
                   WHORL_TEST_SHAPES) {
  const std::int64_t live = Tracked::live;
  for (const Position first : {Position{0}, ~Position{0} - 6}) {
    for (std::size_t read_before = 0; read_before <= 12; ++read_before) {
      for (const std::size_t left : {0u, 1u, 3u, 8u}) {
        CAPTURE(read_before);
        CAPTURE(left);
        typename S::template Shard<Tracked> shard(8, first);
        for (std::size_t i = 0; i < read_before; ++i) {
          REQUIRE(shard.try_write(Tracked(i)));
          REQUIRE(shard.try_consume([](Tracked&) {}, 1) == 1);
          REQUIRE(Tracked::live == live);
        }
        for (std::size_t i = 0; i < left; ++i) REQUIRE(shard.try_write(Tracked(i)));
        REQUIRE(Tracked::live == live + static_cast<std::int64_t>(left));
      }
      CHECK(Tracked::live == live);
    }
  }
}
