#include "../sampler.hpp"

#include <doctest/doctest.h>

using namespace packets;

TEST_CASE("Sampler: a sample is what came since the one before") {
  Sampler sampler(1'000);
  CHECK(sampler.due_ns() == 1'000 + Sampler::kFirstLength);
  sampler.add(40);
  sampler.take(500'001'000, {.read = 10, .delivered = 8, .bytes = 800, .dropped = 1}, {3, 4});
  const Sample& second =
      sampler.take(1'500'001'000, {.read = 15, .delivered = 14, .bytes = 1400, .dropped = 1}, {0, 0});
  CHECK(second.seconds == doctest::Approx(1.5));
  CHECK(second.length == doctest::Approx(1.0));
  CHECK(second.read == 5);
  CHECK(second.delivered == 6);
  CHECK(second.bytes == 600);
  CHECK(second.dropped == 0);
  CHECK(second.p99_ns == 0);  // nothing was read meanwhile
  CHECK(sampler.samples()[0].p99_ns == 40);
  CHECK(sampler.samples()[0].fill == std::vector<std::size_t>{3, 4});
  CHECK(sampler.latency_ns().count() == 1);
}

TEST_CASE("Sampler: however long it runs, it keeps few samples, and their sums stay whole") {
  Sampler sampler(0);
  std::int64_t now = 0;
  Totals totals;
  for (std::uint64_t i = 1; i <= 10 * Sampler::kMost; ++i) {
    now = sampler.due_ns();
    totals = {.read = 3 * i, .delivered = 2 * i, .bytes = 200 * i, .dropped = i};
    sampler.add(i);
    sampler.take(now, totals, {i});
  }
  REQUIRE(sampler.samples().size() <= Sampler::kMost);
  REQUIRE(sampler.samples().size() >= Sampler::kMost / 2);
  Totals sums;
  double length = 0;
  for (const Sample& sample : sampler.samples()) {
    sums.read += sample.read;
    sums.delivered += sample.delivered;
    sums.bytes += sample.bytes;
    sums.dropped += sample.dropped;
    length += sample.length;
    CHECK(sample.seconds == doctest::Approx(length));
  }
  CHECK(sums.read == totals.read);
  CHECK(sums.delivered == totals.delivered);
  CHECK(sums.bytes == totals.bytes);
  CHECK(sums.dropped == totals.dropped);
  CHECK(length == doctest::Approx(static_cast<double>(now) / 1e9));
  CHECK(sampler.latency_ns().count() == 10 * Sampler::kMost);
}
