// Built with WHORL_SYNC_HEADER = support/counting_seam.hpp, which counts pauses and yields.

#include <doctest/doctest.h>

#include <initializer_list>
#include <whorl/wait/backoff.hpp>

namespace {

struct Step {
  int pauses, yields;
  friend bool operator==(const Step&, const Step&) = default;
};

Step snooze(whorl::Backoff& backoff) {
  whorl::sync::pauses = whorl::sync::yields = 0;
  backoff.snooze();
  return {whorl::sync::pauses, whorl::sync::yields};
}

}  // namespace

TEST_CASE("Backoff: pauses 1, 2, 4 and 8 times, then gives the CPU away at every step") {
  whorl::Backoff backoff;
  for (const int pauses : {1, 2, 4, 8}) CHECK(snooze(backoff) == Step{pauses, 0});
  for (int i = 0; i < 100; ++i) CHECK(snooze(backoff) == Step{0, 1});
}

TEST_CASE("Backoff: begins with short pauses again after reset") {
  whorl::Backoff backoff;
  for (int i = 0; i < 10; ++i) backoff.snooze();
  backoff.reset();
  CHECK(snooze(backoff) == Step{1, 0});
}
