#include <doctest/doctest.h>

#include <cstdint>
#include <vector>
#include <whorl/handoff/stamped_cells.hpp>

#include "../../support/elements.hpp"

using whorl::Position;
using whorl_test::Tracked;
using Cells = whorl::StampedCells<std::uint64_t>;
using Numbers = std::vector<std::uint64_t>;

static_assert(whorl::Cells<Cells> && !Cells::kInOrder);

namespace {

struct Visited {
  Numbers values;
  std::size_t used = 0;
  std::size_t buried = 0;
  Position position;
};

template <bool kFollow>
Visited visit(Cells& cells, Position position, std::size_t most) {
  Visited seen{{}, 0, 0, position};
  seen.used = cells.visit<kFollow>(
      seen.position, most, [&](std::uint64_t value) { seen.values.push_back(value); }, seen.buried);
  return seen;
}

void write(Cells& cells, Position p, std::size_t n) {
  cells.write(p, n, [p](std::size_t k) { return p + k; });
}

const Position kFirsts[] = {0,
                            5,
                            (Position{1} << 32) - 2,
                            (Position{1} << 62) - 2,
                            (Position{1} << 63) - 2,
                            (Position{1} << 63) + 1,
                            ~Position{0} - 1,
                            ~Position{0}};

}  // namespace

TEST_CASE("StampedCells: new cells are empty at every first position and capacity") {
  for (const Position first : kFirsts) {
    for (const std::size_t capacity : {1u, 2u, 8u}) {
      Cells cells(first, capacity);
      for (Position p = first; p != first + capacity; ++p) {
        const Visited seen = visit<true>(cells, p, 1);
        CHECK(seen.used == 0);
        CHECK(seen.buried == 0);
        CHECK(seen.position == p);
      }
    }
  }
}

TEST_CASE("StampedCells: what was written is visited in order, lap after lap, whether following or ahead") {
  for (const Position first : kFirsts) {
    Cells cells(first, 4);
    for (Position p = first; p != first + 40; p += 2) {
      write(cells, p, 2);
      const Visited seen = p % 4 < 2 ? visit<true>(cells, p, 10) : visit<false>(cells, p, 10);
      CHECK(seen.values == Numbers{p, p + 1});
      CHECK(seen.used == 2);
      CHECK(seen.position == p + 2);
    }
  }
}

TEST_CASE("StampedCells: a later cell that is complete is not visited before an earlier one that is not") {
  Cells cells(0, 4);
  write(cells, 1, 1);
  CHECK(visit<true>(cells, 0, 4).used == 0);
  write(cells, 0, 1);
  CHECK(visit<true>(cells, 0, 4).values == Numbers{0, 1});
}

TEST_CASE("StampedCells: never visits more than asked") {
  Cells cells(0, 8);
  write(cells, 0, 8);
  const Visited seen = visit<false>(cells, 0, 3);
  CHECK(seen.values == Numbers{0, 1, 2});
  CHECK(seen.position == 3);
  CHECK(visit<false>(cells, 3, 0).used == 0);
}

TEST_CASE("StampedCells: tombstones are passed and counted, also at the end and one capacity apart") {
  for (const Position first : kFirsts) {
    for (const std::size_t capacity : {1u, 2u, 4u}) {
      CAPTURE(first);
      CAPTURE(capacity);
      Cells cells(first, capacity);
      for (Position p = first; p != first + 12; ++p) {
        if (p % 3 == 0) {
          write(cells, p, 1);
          CHECK(visit<true>(cells, p, 4).values == Numbers{p});
        } else {
          cells.bury(p, 1);
          const Visited seen = visit<true>(cells, p, 4);
          CHECK(seen.values.empty());
          CHECK(seen.buried == 1);
          CHECK(seen.position == p + 1);
        }
      }
    }
  }
}

TEST_CASE("StampedCells: several positions are buried at once, around the wrap") {
  Cells cells(6, 8);
  write(cells, 6, 1);
  cells.bury(7, 3);
  write(cells, 10, 1);
  const Visited seen = visit<true>(cells, 6, 8);
  CHECK(seen.values == Numbers{6, 10});
  CHECK(seen.buried == 3);
  CHECK(seen.position == 11);
}

TEST_CASE("StampedCells: when fill throws, the cells before stay published and no later one is") {
  Cells cells(0, 8);
  const auto fill = [](std::size_t k) -> std::uint64_t {
    if (k == 3) throw 7;
    return k;
  };
  CHECK_THROWS_AS(cells.write(0, 8, fill), int);
  CHECK(visit<true>(cells, 0, 8).values == Numbers{0, 1, 2});
}

TEST_CASE("StampedCells: the position is past a cell before its user sees it, and the cell empty when it throws") {
  const std::int64_t live = Tracked::live;
  whorl::StampedCells<Tracked> cells(0, 4);
  cells.write(0, 2, [](std::size_t k) { return Tracked(k); });
  Position position = 0;
  std::size_t buried = 0;
  const auto use = [&](Tracked&) {
    CHECK(position == 1);
    throw 7;
  };
  CHECK_THROWS_AS(cells.visit<true>(position, 4, use, buried), int);
  CHECK(position == 1);
  CHECK(Tracked::live == live + 1);
  CHECK(cells.visit<true>(position, 4, [](Tracked& value) { CHECK(value.number == 1); }, buried) == 1);
  CHECK(Tracked::live == live);
}

TEST_CASE("StampedCells: what is built in steps is seen when it is published, and not before") {
  for (const Position first : kFirsts) {
    Cells cells(first, 4);
    for (Position p = first; p != first + 3; ++p) CHECK(cells.build(p, p) == p);
    CHECK(visit<true>(cells, first, 4).used == 0);
    cells.at(first + 1) = 99;
    cells.publish(first, 2);
    CHECK(visit<true>(cells, first, 4).values == Numbers{first, 99});
    cells.publish(first + 2, 1);
    CHECK(visit<true>(cells, first + 2, 4).values == Numbers{first + 2});
  }
}

TEST_CASE("StampedCells: a cell whose building throws is as it was, and what is destroyed was never there") {
  const std::int64_t live = Tracked::live;
  whorl::StampedCells<Tracked> cells(0, 4);
  const Tracked item(7);
  Tracked::fail_after(1);
  CHECK(cells.build(0, item).number == 7);
  CHECK_THROWS_AS(cells.build(1, item), whorl_test::CopyFailed);
  Tracked::never_fail();
  CHECK(cells.build(1, std::uint64_t{8}).number == 8);
  CHECK(Tracked::live == live + 3);
  cells.destroy(1, 1);
  cells.bury(1, 1);
  cells.publish(0, 1);
  CHECK(Tracked::live == live + 2);
  Position position = 0;
  std::size_t buried = 0;
  CHECK(cells.visit<true>(position, 4, [](Tracked& value) { CHECK(value.number == 7); }, buried) == 1);
  CHECK(buried == 1);
  CHECK(Tracked::live == live + 1);
}

TEST_CASE("StampedCells: of several cells that are given up each is destroyed once, across the wrap") {
  struct Mortal {
    Mortal(std::uint64_t n, Numbers* d) noexcept : number(n), dead(d) {}
    Mortal(Mortal&&) = default;
    ~Mortal() { dead->push_back(number); }
    std::uint64_t number;
    Numbers* dead;
  };
  Numbers dead;
  whorl::StampedCells<Mortal> cells(6, 4);
  for (Position p = 6; p != 9; ++p) cells.build(p, p, &dead);
  CHECK(dead.empty());
  cells.destroy(6, 3);
  CHECK(dead == Numbers{6, 7, 8});
}

TEST_CASE("StampedCells: peek passes tombstones, counts them, and stops at an item or at what is not complete") {
  for (const Position first : kFirsts) {
    for (const std::size_t dead : {0u, 1u, 3u}) {
      CAPTURE(first);
      CAPTURE(dead);
      Cells cells(first, 4);
      Position p = first;
      std::size_t buried = 0;
      CHECK_FALSE(cells.peek(p, buried));
      cells.bury(first, dead);
      CHECK_FALSE(cells.peek(p, buried));
      CHECK(p == first + dead);
      CHECK(buried == dead);
      write(cells, p, 1);
      for (int i = 0; i < 2; ++i) CHECK(cells.peek(p, buried));  // looking changes nothing
      CHECK(p == first + dead);
      CHECK(buried == dead);
      CHECK(visit<true>(cells, p, 4).used == 1);
    }
  }
}
