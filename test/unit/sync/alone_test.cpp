#include <doctest/doctest.h>

#include <string>
#include <whorl/sync/alone.hpp>

#include "../../support/death.hpp"

using whorl::detail::Alone;
using whorl::detail::NotAlone;

TEST_CASE("Alone: one after the other is as it should be") {
  whorl::sync::Atomic<bool> busy{false};
  for (int i = 0; i < 3; ++i) {
    const Alone alone(busy, "one at a time");
    CHECK(busy.load() == bool{WHORL_CHECKED});
  }
  Alone::enter(busy, "one at a time");
  Alone::leave(busy);
  CHECK_FALSE(busy.load());
}

TEST_CASE("Alone: two at once are stopped with the advice they are given" * doctest::skip(!WHORL_CHECKED)) {
  whorl::sync::Atomic<bool> busy{false};
  const Alone alone(busy, "one at a time");
  const auto second = [&] { const Alone also(busy, "one at a time"); };
  CHECK(whorl_test::dying_words(second).find("does not hold: one at a time") != std::string::npos);
  const auto entered = [&] { Alone::enter(busy, "wait for the first"); };
  CHECK(whorl_test::dying_words(entered).find("does not hold: wait for the first") != std::string::npos);
}

TEST_CASE("NotAlone: stops nobody") {
  whorl::sync::Atomic<bool> busy{true};
  const NotAlone one(busy, "never said");
  const NotAlone two(busy, "never said");
  NotAlone::enter(busy, "never said");
  NotAlone::leave(busy);
  CHECK(busy.load());
}
