// Built with WHORL_SYNC_HEADER = support/counting_seam.hpp, which counts pauses and yields.

#include <doctest/doctest.h>

#include <cstddef>
#include <initializer_list>
#include <whorl/wait/edge.hpp>

namespace {

constexpr std::size_t kWanted = 256;

// Reads that found so many items each, and then the pauses before the next one.
int pauses_after(whorl::Edge& edge, std::initializer_list<std::size_t> found) {
  for (const std::size_t used : found) {
    edge.before_look();
    edge.after_look(used, kWanted);
  }
  whorl::sync::pauses = 0;
  edge.before_look();
  return whorl::sync::pauses;
}

}  // namespace

TEST_CASE("Edge: pauses after three short runs in a row, and not before") {
  whorl::Edge edge(8);
  CHECK(pauses_after(edge, {}) == 0);
  CHECK(pauses_after(edge, {5, 2}) == 0);
  CHECK(pauses_after(edge, {63}) == 8);
  CHECK(pauses_after(edge, {7, 7, 7}) == 8);
}

TEST_CASE("Edge: does not pause for single items, long runs, or reads that took all they wanted") {
  whorl::Edge edge(8);
  for (const std::size_t used : {std::size_t{1}, std::size_t{64}, kWanted}) {
    CHECK(pauses_after(edge, {3, 3, 3}) == 8);
    CHECK(pauses_after(edge, {used}) == 0);
  }
}

TEST_CASE("Edge: stops pausing when nothing comes any more") {
  whorl::Edge edge(8);
  CHECK(pauses_after(edge, {3, 3, 3}) == 8);
  CHECK(pauses_after(edge, {0}) == 0);
}

TEST_CASE("Edge: with no pauses it never pauses") {
  whorl::Edge edge(0);
  CHECK(pauses_after(edge, {3, 3, 3, 3}) == 0);
}
