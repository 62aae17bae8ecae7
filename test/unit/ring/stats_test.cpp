#include <doctest/doctest.h>

#include <whorl/ring/stats.hpp>

using whorl::RingStats;

TEST_CASE("RingStats: begin at nothing and add up count by count") {
  RingStats sum;
  CHECK(sum == RingStats{0, 0, 0, 0, 0, 0});
  sum += RingStats{1, 2, 3, 4, 5, 6};
  sum += RingStats{10, 20, 30, 40, 50, 60};
  CHECK(sum == RingStats{11, 22, 33, 44, 55, 66});
  CHECK(sum.offered() == 33);
}
