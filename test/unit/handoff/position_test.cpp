#include <doctest/doctest.h>

#include <initializer_list>
#include <whorl/handoff/position.hpp>

using whorl::distance;
using whorl::Position;

TEST_CASE("position: distance is signed and goes on across 2^64") {
  CHECK(distance(5, 8) == 3);
  CHECK(distance(8, 5) == -3);
  CHECK(distance(~Position{0}, 2) == 3);
  CHECK(distance(2, ~Position{0}) == -3);
  CHECK(distance(0, (Position{1} << 63) - 1) == INT64_MAX);
}

TEST_CASE("position: neighbouring positions lie in neighbouring slots, round and round") {
  for (const Position first : {Position{0}, (Position{1} << 32) - 3, ~Position{0} - 4}) {
    for (Position k = 0; k < 20; ++k) {
      CHECK(whorl::index(first + k + 1, 7) == (whorl::index(first + k, 7) + 1) % 8);
    }
  }
  CHECK(whorl::index(~Position{0}, 0) == 0);
}

TEST_CASE("position: a claim of nothing is no claim") {
  CHECK_FALSE(whorl::Claimed{});
  CHECK_FALSE(whorl::Claimed{7, 0});
  CHECK(whorl::Claimed{0, 1});
}
