#include <doctest/doctest.h>

#include <whorl/handoff/lap_flags.hpp>

using whorl::LapFlags;
using whorl::Position;

namespace {

constexpr Position kFirsts[] = {0,
                                7,
                                (Position{1} << 31) - 3,
                                (Position{1} << 32) - 3,
                                (Position{1} << 33) - 3,
                                (Position{1} << 63) - 3,
                                ~Position{0} - 2};

}  // namespace

TEST_CASE("LapFlags: begin as a ring that has been read to its end") {
  for (const Position first : kFirsts) {
    for (const std::size_t capacity : {1u, 2u, 8u}) {
      const LapFlags flags(first, capacity);
      CHECK(flags.ready(first, 100) == 0);
      CHECK(flags.ready(first - 1, 100) == 1);
      CHECK(flags.ready(first - capacity, 100) == capacity);
      CHECK_FALSE(flags.is_buried(first - 1));
    }
  }
}

TEST_CASE("LapFlags: published in any order, ready one after the other, over many laps") {
  for (const Position first : kFirsts) {
    LapFlags flags(first, 4);
    for (Position p = first; p != first + 40; p += 4) {
      flags.publish(p + 1, 1);
      CHECK(flags.ready(p, 4) == 0);
      CHECK(flags.ready(p + 1, 4) == 1);
      flags.publish(p + 3, 1);
      flags.publish(p, 1);
      CHECK(flags.ready(p, 4) == 2);
      CHECK(flags.ready(p, 1) == 1);
      flags.publish(p + 2, 1);
      CHECK(flags.ready(p, 4) == 4);
      CHECK(flags.ready(p, 100) == 4);
      CHECK(flags.ready(p + 4, 4) == 0);
      CHECK(flags.ready(p - 4, 4) == 0);
    }
  }
}

TEST_CASE("LapFlags: a tombstone is complete, and told from an item") {
  for (const Position first : kFirsts) {
    LapFlags flags(first, 4);
    for (Position p = first; p != first + 40; p += 4) {
      flags.publish(p, 1);
      flags.bury(p + 1, 2);
      flags.publish(p + 3, 1);
      CHECK(flags.ready(p, 4) == 4);
      CHECK_FALSE(flags.is_buried(p));
      CHECK(flags.is_buried(p + 1));
      CHECK(flags.is_buried(p + 2));
      CHECK_FALSE(flags.is_buried(p + 3));
      CHECK(flags.ready(p + 4, 1) == 0);
      CHECK_FALSE(flags.is_buried(p + 5));
    }
  }
}
