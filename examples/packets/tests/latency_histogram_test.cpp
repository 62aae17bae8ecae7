#include "../latency_histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace {
using packets::LatencyHistogram;
}

TEST_CASE("LatencyHistogram: without values every percentile is 0") {
  const LatencyHistogram histogram;
  CHECK(histogram.percentile(0.5) == 0);
  CHECK(histogram.percentile(1) == 0);
  CHECK(histogram.max() == 0);
}

TEST_CASE("LatencyHistogram: a single value of any size is every percentile exactly") {
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const std::uint64_t value : {std::uint64_t{1} << bit, (std::uint64_t{1} << bit) - 1}) {
      LatencyHistogram histogram;
      histogram.add(value);
      CHECK(histogram.percentile(0.001) == value);
      CHECK(histogram.percentile(1) == value);
    }
  }
  LatencyHistogram histogram;
  histogram.add(std::numeric_limits<std::uint64_t>::max());
  CHECK(histogram.percentile(0.5) == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("LatencyHistogram: values below 64 have a bucket each") {
  LatencyHistogram histogram;
  for (std::uint64_t value = 0; value < 64; ++value) histogram.add(value);
  for (std::uint64_t value = 0; value < 64; ++value) {
    CHECK(histogram.percentile(static_cast<double>(value + 1) / 64) == value);
  }
}

TEST_CASE("LatencyHistogram: a percentile is never below the exact one and at most 1/32 above") {
  std::mt19937_64 random(7);
  LatencyHistogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(random() >> (random() % 60));
    histogram.add(values.back());
  }
  std::ranges::sort(values);
  for (const double share : {0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    const std::uint64_t exact = values[rank - 1];
    const std::uint64_t found = histogram.percentile(share);
    CHECK(found >= exact);
    CHECK(found - exact <= exact / 32);
  }
  CHECK(histogram.max() == values.back());
  CHECK(histogram.count() == values.size());
}
