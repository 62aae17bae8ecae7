#include <doctest/doctest.h>

#include <cstdint>
#include <vector>
#include <whorl/handoff/dense_cells.hpp>

#include "../../support/elements.hpp"

using whorl::Position;
using whorl_test::Tracked;
using Cells = whorl::DenseCells<std::uint64_t>;
using Numbers = std::vector<std::uint64_t>;

static_assert(whorl::Cells<Cells> && Cells::kInOrder);

namespace {

Numbers visit(Cells& cells, Position& position, std::size_t most) {
  Numbers values;
  std::size_t buried = 0;
  const std::size_t used =
      cells.visit<false>(position, most, [&](std::uint64_t value) { values.push_back(value); }, buried);
  CHECK(used == values.size());
  CHECK(buried == 0);
  return values;
}

void write(Cells& cells, Position p, std::size_t n) {
  cells.write(p, n, [p](std::size_t k) { return p + k; });
}

}  // namespace

TEST_CASE("DenseCells: data lie side by side") {
  whorl::DenseCells<std::uint64_t> cells(0, 4);
  write(cells, 0, 4);
  std::vector<const std::uint64_t*> places;
  Position position = 0;
  std::size_t buried = 0;
  cells.visit<false>(position, 4, [&](std::uint64_t& value) { places.push_back(&value); }, buried);
  REQUIRE(places.size() == 4);
  for (std::size_t i = 1; i < 4; ++i) CHECK(places[i] == places[0] + i);
}

TEST_CASE("DenseCells: new cells are empty, and what was written is visited in order, runs across the wrap included") {
  for (const Position first : {Position{0}, (Position{1} << 32) - 2, (Position{1} << 63) - 2, ~Position{0} - 4}) {
    Cells cells(first, 8);
    Position position = first;
    CHECK(visit(cells, position, 8).empty());
    for (Position p = first; p != first + 60; p += 5) {
      write(cells, p, 5);
      CHECK(visit(cells, position, 100) == Numbers{p, p + 1, p + 2, p + 3, p + 4});
      CHECK(position == p + 5);
    }
  }
}

TEST_CASE("DenseCells: single items are written to their own cells, lap after lap, beside those that are there") {
  Cells cells(6, 4);
  Position position = 6;
  for (Position p = 6; p != 30; ++p) {
    write(cells, p, 1);
    if (p % 4 == 1) CHECK(visit(cells, position, 10) == Numbers{p - 3, p - 2, p - 1, p});
  }
  CHECK(position == 30);
}

TEST_CASE("DenseCells: never visits more than asked, and finds the rest later") {
  Cells cells(0, 8);
  write(cells, 0, 8);
  Position position = 0;
  CHECK(visit(cells, position, 0).empty());
  CHECK(visit(cells, position, 3) == Numbers{0, 1, 2});
  CHECK(visit(cells, position, 8) == Numbers{3, 4, 5, 6, 7});
}

TEST_CASE("DenseCells: when fill throws, the cells before are published and no later one is") {
  Cells cells(0, 8);
  write(cells, 0, 6);
  Position position = 0;
  CHECK(visit(cells, position, 8).size() == 6);
  const auto fill = [](std::size_t k) -> std::uint64_t {
    if (k == 3) throw 7;
    return 6 + k;
  };
  CHECK_THROWS_AS(cells.write(6, 8, fill), int);  // fails in the second run, behind the wrap
  CHECK(visit(cells, position, 8) == Numbers{6, 7, 8});
  write(cells, 9, 2);
  CHECK(visit(cells, position, 8) == Numbers{9, 10});
}

TEST_CASE("DenseCells: the position is past a cell before its user sees it, and the cell empty when it throws") {
  const std::int64_t live = Tracked::live;
  whorl::DenseCells<Tracked> cells(0, 4);
  cells.write(0, 2, [](std::size_t k) { return Tracked(k); });
  Position position = 0;
  std::size_t buried = 0;
  const auto use = [&](Tracked&) {
    CHECK(position == 1);
    throw 7;
  };
  CHECK_THROWS_AS(cells.visit<false>(position, 4, use, buried), int);
  CHECK(position == 1);
  CHECK(cells.visit<false>(position, 4, [](Tracked& value) { CHECK(value.number == 1); }, buried) == 1);
  CHECK(Tracked::live == live);
}

TEST_CASE("DenseCells: what is built in steps is seen when it is published, and not before") {
  for (const Position first : {Position{0}, (Position{1} << 32) - 2, ~Position{0} - 1}) {
    Cells cells(first, 4);
    Position position = first;
    for (Position p = first; p != first + 3; ++p) CHECK(cells.build(p, p) == p);
    CHECK(visit(cells, position, 4).empty());
    cells.at(first + 1) = 99;
    cells.publish(first, 2);
    CHECK(visit(cells, position, 4) == Numbers{first, 99});
    cells.publish(first + 2, 1);
    CHECK(visit(cells, position, 4) == Numbers{first + 2});
  }
}

TEST_CASE("DenseCells: a cell whose building throws is as it was, and what is destroyed was never there") {
  const std::int64_t live = Tracked::live;
  whorl::DenseCells<Tracked> cells(0, 4);
  const Tracked item(7);
  Tracked::fail_after(1);
  CHECK(cells.build(0, item).number == 7);
  CHECK_THROWS_AS(cells.build(1, item), whorl_test::CopyFailed);
  Tracked::never_fail();
  CHECK(cells.build(1, std::uint64_t{8}).number == 8);
  CHECK(Tracked::live == live + 3);
  cells.destroy(1, 1);
  cells.publish(0, 1);
  CHECK(Tracked::live == live + 2);
  Position position = 0;
  std::size_t buried = 0;
  CHECK(cells.visit<false>(position, 4, [](Tracked& value) { CHECK(value.number == 7); }, buried) == 1);
  CHECK(Tracked::live == live + 1);
}

TEST_CASE("DenseCells: of several cells that are given up each is destroyed once, across the wrap") {
  struct Mortal {
    Mortal(std::uint64_t n, Numbers* d) noexcept : number(n), dead(d) {}
    Mortal(Mortal&&) = default;
    ~Mortal() { dead->push_back(number); }
    std::uint64_t number;
    Numbers* dead;
  };
  Numbers dead;
  whorl::DenseCells<Mortal> cells(6, 4);
  for (Position p = 6; p != 9; ++p) cells.build(p, p, &dead);
  CHECK(dead.empty());
  cells.destroy(6, 3);
  CHECK(dead == Numbers{6, 7, 8});
}

TEST_CASE("DenseCells: peek says whether there is an item, however often it is asked") {
  for (const Position first : {Position{0}, ~Position{0}}) {
    Cells cells(first, 2);
    Position p = first;
    std::size_t buried = 0;
    for (int lap = 0; lap < 3; ++lap) {
      for (int i = 0; i < 2; ++i) CHECK_FALSE(cells.peek(p, buried));
      write(cells, p, 2);
      for (int i = 0; i < 2; ++i) CHECK(cells.peek(p, buried));
      CHECK(visit(cells, p, 1).size() == 1);
      CHECK(cells.peek(p, buried));
      CHECK(visit(cells, p, 1).size() == 1);
    }
    CHECK(buried == 0);
  }
}
