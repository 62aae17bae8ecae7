#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>
#include <whorl/handoff/dense_cells.hpp>
#include <whorl/handoff/reader.hpp>
#include <whorl/handoff/stamped_cells.hpp>

using whorl::ConsumerCursor;
using whorl::Position;
using Numbers = std::vector<std::uint64_t>;

namespace {

// A reader's surroundings: cells full of their own positions, and the cursor through which it gives room back.
template <bool kFollowing, class CellsOfReader>
struct Bench {
  Bench(std::size_t capacity, Position first = 0)
      : capacity(capacity), cells(first, capacity), cursor(first), reader(first, capacity) {}
  void write(Position p, std::size_t n) {
    cells.write(p, n, [p](std::size_t k) { return p + k; });
  }
  template <class Use>
  std::size_t visit(std::size_t most, Use&& use) {
    return reader.visit(cells, cursor, most, use);
  }
  Position released() const { return cursor.passed(0); }

  std::size_t capacity;
  CellsOfReader cells;
  ConsumerCursor cursor;
  whorl::Reader<kFollowing> reader;
};

using Stamped = whorl::StampedCells<std::uint64_t>;
using Dense = whorl::DenseCells<std::uint64_t>;

}  // namespace

#define WHORL_TEST_BENCHES Bench<true, Stamped>, Bench<false, Stamped>, Bench<false, Dense>

TEST_CASE_TEMPLATE("Reader: gives room back after each eighth of a lap within a visit, and all of it at the end", B,
                   WHORL_TEST_BENCHES) {
  for (const std::size_t capacity : {1u, 2u, 4u, 8u, 16u, 64u}) {
    CAPTURE(capacity);
    B bench(capacity);
    bench.write(0, capacity);
    const std::size_t step = std::max<std::size_t>(1, capacity / 8);
    CHECK(bench.visit(capacity, [&](std::uint64_t p) { CHECK(bench.released() == p / step * step); }) == capacity);
    CHECK(bench.released() == capacity);
  }
}

TEST_CASE_TEMPLATE("Reader: a visit shorter than an eighth gives its room back as well", B, WHORL_TEST_BENCHES) {
  B bench(64);
  bench.write(0, 3);
  CHECK(bench.visit(64, [](std::uint64_t) {}) == 3);
  CHECK(bench.released() == 3);
  CHECK(bench.reader.next() == 3);
}

TEST_CASE_TEMPLATE("Reader: a visit that finds nothing changes nothing", B, WHORL_TEST_BENCHES) {
  B bench(8, 5);
  CHECK(bench.visit(8, [](std::uint64_t) { FAIL("there is nothing to use"); }) == 0);
  CHECK(bench.released() == 5);
  CHECK(bench.reader.next() == 5);
}

TEST_CASE_TEMPLATE("Reader: uses at most `most` items, and goes on where it stopped", B, WHORL_TEST_BENCHES) {
  B bench(16);
  bench.write(0, 16);
  Numbers seen;
  const auto use = [&](std::uint64_t p) { seen.push_back(p); };
  CHECK(bench.visit(0, use) == 0);
  CHECK(bench.visit(5, use) == 5);
  CHECK(bench.released() == 5);
  CHECK(bench.visit(SIZE_MAX, use) == 11);
  REQUIRE(seen.size() == 16);
  for (std::size_t i = 0; i < 16; ++i) CHECK(seen[i] == i);
}

TEST_CASE_TEMPLATE("Reader: an item whose user throws is used, and its room goes back", B, WHORL_TEST_BENCHES) {
  for (Position bad = 0; bad < 16; ++bad) {
    CAPTURE(bad);
    B bench(16);
    bench.write(0, 16);
    const auto use = [bad](std::uint64_t p) {
      if (p == bad) throw 7;
    };
    CHECK_THROWS_AS(bench.visit(16, use), int);
    CHECK(bench.released() == bad + 1);
    CHECK(bench.reader.next() == bad + 1);
    CHECK(bench.visit(16, use) == 15 - bad);
  }
}

TEST_CASE_TEMPLATE("Reader: reads every item once over many laps, with short and long visits in turn", B,
                   WHORL_TEST_BENCHES) {
  const Position first = ~Position{0} - 1000;
  B bench(128, first);
  Position expected = first;
  const auto use = [&](std::uint64_t p) { CHECK(p == expected++); };
  // Visits of 32 items and more let a following reader run ahead the next time: both ways are taken here.
  for (std::size_t round = 0; round < 100; ++round) {
    const std::size_t n = round % 3 == 0 ? 100 : round % 3;
    bench.write(expected, n);
    CHECK(bench.visit(128, use) == n);
  }
  CHECK(bench.released() == expected);
}

TEST_CASE("Reader: counts the tombstones it passes, gives their room back and does not count them as items") {
  Bench<true, Stamped> bench(8);
  bench.cells.bury(0, 2);
  bench.write(2, 1);
  bench.cells.bury(3, 5);
  CHECK(bench.visit(8, [](std::uint64_t) {}) == 1);
  CHECK(bench.reader.skipped() == 7);
  CHECK(bench.released() == 8);
  bench.cells.bury(8, 8);
  CHECK(bench.visit(8, [](std::uint64_t) {}) == 0);
  CHECK(bench.reader.skipped() == 15);
  CHECK(bench.released() == 16);
}

TEST_CASE_TEMPLATE("Reader: peek says whether there is an item, and leaves it where it is", B, WHORL_TEST_BENCHES) {
  for (const Position first : {Position{0}, ~Position{0} - 1}) {
    B bench(4, first);
    for (int i = 0; i < 2; ++i) CHECK_FALSE(bench.reader.peek(bench.cells, bench.cursor));
    bench.write(first, 2);
    for (int i = 0; i < 2; ++i) CHECK(bench.reader.peek(bench.cells, bench.cursor));
    CHECK(bench.released() == first);
    CHECK(bench.visit(1, [&](std::uint64_t p) { CHECK(p == first); }) == 1);
    CHECK(bench.reader.peek(bench.cells, bench.cursor));
    CHECK(bench.visit(4, [&](std::uint64_t p) { CHECK(p == first + 1); }) == 1);
    CHECK_FALSE(bench.reader.peek(bench.cells, bench.cursor));
  }
}

TEST_CASE("Reader: peek gives the room of tombstones back, counts them, and finds the item behind them") {
  for (const std::size_t capacity : {4u, 64u}) {
    Bench<true, Stamped> bench(capacity);
    bench.cells.bury(0, 3);
    CHECK_FALSE(bench.reader.peek(bench.cells, bench.cursor));
    CHECK(bench.released() == 3);
    CHECK(bench.reader.skipped() == 3);
    CHECK(bench.reader.next() == 3);
    bench.write(3, 1);
    CHECK(bench.reader.peek(bench.cells, bench.cursor));
    CHECK(bench.released() == 3);
    CHECK(bench.visit(4, [](std::uint64_t p) { CHECK(p == 3); }) == 1);
    bench.cells.bury(4, 1);
    bench.write(5, 1);
    CHECK(bench.reader.peek(bench.cells, bench.cursor));
    CHECK(bench.released() == 5);
    CHECK(bench.reader.skipped() == 4);
  }
}

TEST_CASE("Reader: a reader that follows only while producers share reads the same either way") {
  Bench<true, Stamped> bench(16);
  Position expected = 0;
  for (int round = 0; round < 40; ++round) {
    bench.write(expected, 3);
    const auto use = [&](std::uint64_t p) { CHECK(p == expected++); };
    CHECK(bench.reader.visit(bench.cells, bench.cursor, 16, use, round % 2 == 0) == 3);
  }
}
