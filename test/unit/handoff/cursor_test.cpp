#include <doctest/doctest.h>

#include <whorl/handoff/cursor.hpp>

static_assert(sizeof(whorl::Cursor) == whorl::kCacheLine && alignof(whorl::Cursor) == whorl::kCacheLine,
              "a cursor shares its line with nothing");
static_assert(whorl::Cursor::kInOrder);

TEST_CASE("Cursor: says where it began, and then what was published last") {
  whorl::Cursor cursor(41);
  CHECK(cursor.published() == 41);
  cursor.publish(1000);
  CHECK(cursor.published() == 1000);
}

TEST_CASE("Cursor: as marks it says how many are complete, not below what was asked for and not beyond") {
  for (const whorl::Position first : {whorl::Position{0}, ~whorl::Position{0} - 2}) {
    whorl::Cursor cursor(first, 8);
    CHECK(cursor.ready(first, 8) == 0);
    CHECK(cursor.ready(first + 1, 8) == 0);
    CHECK(cursor.ready(first - 1, 8) == 1);
    cursor.publish(first, 5);
    CHECK(cursor.ready(first, 8) == 5);
    CHECK(cursor.ready(first, 3) == 3);
    CHECK(cursor.ready(first + 4, 8) == 1);
    CHECK(cursor.ready(first + 5, 8) == 0);
  }
}
