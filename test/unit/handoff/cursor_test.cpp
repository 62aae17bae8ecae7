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
