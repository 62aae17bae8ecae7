#include <doctest/doctest.h>

#include <whorl/handoff/gate.hpp>

static_assert(whorl::Gate<whorl::ConsumerCursor>);

TEST_CASE("ConsumerCursor: answers with the consumer's position, whatever the claim") {
  whorl::ConsumerCursor cursor(10);
  CHECK(cursor.passed(10) == 10);
  cursor.release(17);
  CHECK(cursor.passed(10) == 17);
  CHECK(cursor.passed(20) == 17);
}
