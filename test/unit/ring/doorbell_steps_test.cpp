// What a call costs whom. Built with WHORL_SYNC_HEADER = support/counting_seam.hpp, which counts barriers and wake-ups.

#include <doctest/doctest.h>

#include <cstddef>

#include "../../support/doorbell_shards.hpp"

namespace seam = whorl::sync;
using whorl_test::BellRing;

namespace {

// Stops looking at each shard that a single sweep found empty.
constexpr whorl::Doorbell::Habit kRestless{.scan = 1, .sweeps = 1};

// How many barriers of producers a write to this shard takes.
struct Price {
  int light, full;
  friend bool operator==(const Price&, const Price&) = default;
};
Price price_of_write(BellRing& ring, std::size_t shard) {
  const Price before{seam::light_barriers, seam::full_barriers};
  ring.shards[shard].add(1);
  return {seam::light_barriers - before.light, seam::full_barriers - before.full};
}

constexpr Price kQuiet{1, 0};     // the look whether it is asked
constexpr Price kAnswered{2, 0};  // and the look whether the consumer sleeps

}  // namespace

TEST_CASE("Doorbell: a producer pays for a call once, and then no more than one that is not asked") {
  seam::start_over();
  BellRing ring(2, kRestless);
  CHECK(price_of_write(ring, 0) == kQuiet);
  ring.shards[0].take();
  for (int round = 0; round < 3; ++round) {
    ring.bell.rest(ring.shards);
    CHECK(price_of_write(ring, 0) == kAnswered);
    CHECK(price_of_write(ring, 0) == kQuiet);
    ring.shards[0].take();
  }
}

TEST_CASE("Doorbell: a shard that is in use is not asked, and where nobody is asked the consumer pays no barrier") {
  seam::start_over();
  BellRing ring(65, kRestless);
  ring.bell.served(64);
  ring.bell.rest(ring.shards);
  CHECK(seam::heavy_barriers == 1);
  for (int i = 0; i < 3; ++i) {
    CHECK(price_of_write(ring, 64) == kQuiet);
    ring.bell.served(64);
    ring.bell.rest(ring.shards);
    CHECK(seam::heavy_barriers == 1);
  }
  ring.shards[64].take();
  ring.bell.rest(ring.shards);  // asks the last one as well
  CHECK(seam::heavy_barriers == 2);
  CHECK(price_of_write(ring, 64) == kAnswered);
}

TEST_CASE("Doorbell: a producer pays a full barrier only where barriers cannot be one-sided, and there every time") {
  for (const bool one_sided : {true, false}) {
    seam::start_over();
    seam::one_sided = one_sided;
    BellRing ring(1);
    const auto never = [] { return false; };
    // The bell's own full barrier; then its sleeper's, who is awake.
    const Price answered = one_sided ? kAnswered : Price{2, 2};
    seam::on_park = [&] { CHECK(price_of_write(ring, 0) == answered); };
    CHECK_FALSE(ring.bell.sleep_unless(ring.shards, never, {}));
    CHECK(ring.bell.sleeps() == 1);
    CHECK(seam::wakes == 1);
    CHECK(price_of_write(ring, 0) == (one_sided ? kQuiet : Price{1, 1}));
  }
}
