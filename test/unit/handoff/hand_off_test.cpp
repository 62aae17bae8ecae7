#include <doctest/doctest.h>

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>
#include <whorl/handoff/biased_claim.hpp>
#include <whorl/handoff/dense_cells.hpp>
#include <whorl/handoff/hand_off.hpp>
#include <whorl/handoff/stamped_cells.hpp>

using whorl::Claimed;
using whorl::Position;
using Numbers = std::vector<std::uint64_t>;

namespace {

template <class Claim, template <class> class CellsFor>
using Numbered = whorl::HandOff<Claim, CellsFor<std::uint64_t>, whorl::ConsumerCursor>;

using SharedStamped = Numbered<whorl::SharedClaim, whorl::StampedCells>;
using BiasedStamped = Numbered<whorl::BiasedClaim, whorl::StampedCells>;
using ExclusiveStamped = Numbered<whorl::ExclusiveClaim, whorl::StampedCells>;
using ExclusiveDense = Numbered<whorl::ExclusiveClaim, whorl::DenseCells>;

template <class H>
constexpr bool kShared = std::remove_cvref_t<decltype(std::declval<H&>().claim())>::kShared;

// Reads all there is from `position` on and gives the room back.
template <class H>
Numbers drain(H& hand_off, Position& position) {
  Numbers values;
  std::size_t buried = 0;
  while (hand_off.cells().template visit<true>(
             position, 100, [&](std::uint64_t value) { values.push_back(value); }, buried) != 0) {
  }
  hand_off.gate().release(position);
  return values;
}

// Item k is 10 + k; item `bad` throws.
auto failing_at(std::size_t bad) {
  return [bad](std::size_t k) -> std::uint64_t {
    if (k == bad) throw 7;
    return 10 + k;
  };
}

}  // namespace

#define WHORL_TEST_HAND_OFFS SharedStamped, BiasedStamped, ExclusiveStamped, ExclusiveDense

TEST_CASE_TEMPLATE("HandOff: writes as many as find room, or none when there is none for `least`", H,
                   WHORL_TEST_HAND_OFFS) {
  H hand_off(6, 4);
  Position position = 6;
  const auto fill = [](std::size_t k) { return std::uint64_t{k}; };
  CHECK(hand_off.write(1, 3, fill) == 3);
  CHECK(hand_off.write(2, 3, fill) == 0);
  CHECK(hand_off.write(1, 3, fill) == 1);
  CHECK(hand_off.write(1, 1, fill) == 0);
  CHECK(drain(hand_off, position) == Numbers{0, 1, 2, 0});
  CHECK(hand_off.write(4, 4, fill) == 4);
}

TEST_CASE_TEMPLATE("HandOff: does not build an item for which there is no room", H, WHORL_TEST_HAND_OFFS) {
  H hand_off(0, 2);
  int built = 0;
  const auto fill = [&](std::size_t) { return static_cast<std::uint64_t>(++built); };
  CHECK(hand_off.write(1, 5, fill) == 2);
  CHECK(hand_off.write(1, 5, fill) == 0);
  CHECK(hand_off.write(1, 0, fill) == 0);
  CHECK(built == 2);
}

TEST_CASE_TEMPLATE("HandOff: an item that throws leaves those before it, and a ring that goes on", H,
                   WHORL_TEST_HAND_OFFS) {
  for (std::size_t bad = 0; bad < 8; ++bad) {
    CAPTURE(bad);
    H hand_off(5, 8);
    Position position = 5;
    CHECK_THROWS_AS(hand_off.write(1, 8, failing_at(bad)), int);
    Numbers expected;
    for (std::size_t k = 0; k < bad; ++k) expected.push_back(10 + k);
    CHECK(drain(hand_off, position) == expected);
    CHECK(hand_off.write(8, 8, failing_at(8)) == 8);
    CHECK(drain(hand_off, position).size() == 8);
  }
}

TEST_CASE_TEMPLATE("HandOff: what a shared claim gives up becomes tombstones and keeps its room until it is passed", H,
                   SharedStamped, BiasedStamped) {
  H hand_off(0, 8);
  Position position = 0;
  CHECK_THROWS_AS(hand_off.write(1, 8, failing_at(3)), int);
  CHECK(hand_off.buried() == 5);
  CHECK(hand_off.claim().claimed() == 8);
  CHECK(hand_off.write(1, 1, failing_at(1)) == 0);
  CHECK(drain(hand_off, position).size() == 3);
  CHECK(position == 8);
}

TEST_CASE_TEMPLATE("HandOff: what an exclusive claim gives up is forgotten and can be claimed at once", H,
                   ExclusiveStamped, ExclusiveDense) {
  H hand_off(0, 8);
  CHECK_THROWS_AS(hand_off.write(1, 8, failing_at(3)), int);
  CHECK(hand_off.buried() == 0);
  CHECK(hand_off.claim().claimed() == 3);
  CHECK(hand_off.write(5, 5, failing_at(5)) == 5);
}

TEST_CASE_TEMPLATE("HandOff: a write in steps is a claim, cells built and published, and nothing left over", H,
                   WHORL_TEST_HAND_OFFS) {
  for (const Position first : {Position{0}, ~Position{0} - 2}) {
    H hand_off(first, 4);
    Position position = first;
    const Claimed claimed = hand_off.try_claim(2, 10);
    CHECK(claimed.first == first);
    REQUIRE(claimed.count == 4);
    CHECK_FALSE(hand_off.try_claim(1, 1));
    for (std::size_t k = 0; k < 4; ++k) hand_off.cells().build(first + k, std::uint64_t{k});
    CHECK(drain(hand_off, position).empty());
    hand_off.cells().publish(first, 3);
    CHECK(drain(hand_off, position) == Numbers{0, 1, 2});
    hand_off.cells().publish(first + 3, 1);
    CHECK(drain(hand_off, position) == Numbers{3});
    CHECK(hand_off.try_claim(4, 4).first == first + 4);
  }
}

TEST_CASE_TEMPLATE("HandOff: claimed positions that are abandoned keep nobody waiting", H, WHORL_TEST_HAND_OFFS) {
  H hand_off(0, 8);
  Position position = 0;
  REQUIRE(hand_off.try_claim(5, 5));
  hand_off.cells().build(0, std::uint64_t{10});
  hand_off.cells().publish(0, 1);
  hand_off.abandon({1, 4});
  CHECK(hand_off.buried() == (kShared<H> ? 4 : 0));
  CHECK(hand_off.claim().claimed() == (kShared<H> ? 5 : 1));
  CHECK(hand_off.write(1, 1, [](std::size_t) { return std::uint64_t{11}; }) == 1);
  CHECK(drain(hand_off, position) == Numbers{10, 11});
}
