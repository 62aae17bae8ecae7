// Copies that fail: the prefix stays, the rest never was, the ring goes on.

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "../../support/elements.hpp"
#include "../../support/shapes.hpp"

using whorl_test::CopyFailed;
using whorl_test::Tracked;

namespace {

constexpr std::size_t kCapacity = 8;

// Offers items 0, 1, 2, ... in batches and reads them, each copy but one succeeding, and checks that what comes out is
// 0, 1, 2, ... without a gap or a repetition.
template <class Shard>
class Run {
 public:
  explicit Run(std::size_t batch) : batch_(batch) {}

  /// The copy of item `bad` fails, once.
  void with_failure_at(std::uint64_t bad) {
    Tracked::fail_after(static_cast<std::int64_t>(bad));
    for (int round = 0; written_ < bad + 2 * kCapacity; ++round) {
      offer(bad);
      if (round % 3 != 0) read();
    }
    Tracked::never_fail();
    read();
    CHECK(failures_ == 1);
    check_counts();
  }

 private:
  void offer(std::uint64_t bad) {
    std::vector<Tracked> items;
    items.reserve(batch_);
    for (std::size_t k = 0; k < batch_; ++k) items.emplace_back(written_ + k);
    try {
      written_ += shard_.try_fill(batch_, [&](std::size_t k) -> const Tracked& { return items[k]; });
    } catch (const CopyFailed&) {
      // The copies are made in order: those before the one that failed are written, and only those.
      ++failures_;
      CHECK(written_ <= bad);
      CHECK(bad < written_ + batch_);
      written_ = bad;
    }
  }

  void read() {
    shard_.try_consume([&](const Tracked& item) { CHECK(item.number == read_++); }, SIZE_MAX);
    CHECK(read_ == written_);
  }

  void check_counts() const {
    const whorl::RingStats stats = shard_.stats();
    CHECK(stats.accepted == written_);
    CHECK(stats.delivered == written_);
    CHECK(shard_.size_approx() == 0);
    if constexpr (Shard::Claim::kShared) {
      CHECK(stats.tombstones >= 1);
      CHECK(stats.tombstones <= batch_);
    } else {
      CHECK(stats.tombstones == 0);  // an exclusive claim is forgotten
    }
  }

  Shard shard_{kCapacity};
  std::size_t batch_;
  std::uint64_t written_ = 0, read_ = 0;
  int failures_ = 0;
};

}  // namespace

TEST_CASE_TEMPLATE("RingShard: a copy that fails costs its item and no other, whichever copy it is", S,
                   WHORL_TEST_SHAPES) {
  const std::int64_t live = Tracked::live;
  for (const std::size_t batch : {std::size_t{1}, std::size_t{3}, kCapacity, 2 * kCapacity}) {
    for (std::uint64_t bad = 0; bad < 3 * kCapacity; ++bad) {
      CAPTURE(batch);
      CAPTURE(bad);
      Run<typename S::template Shard<Tracked>>(batch).with_failure_at(bad);
      REQUIRE(Tracked::live == live);
    }
  }
}

TEST_CASE_TEMPLATE("RingShard: capacity 1 survives a failing copy between any two others", S, WHORL_TEST_SHAPES) {
  typename S::template Shard<Tracked> shard(1);
  for (std::uint64_t n = 0; n < 10; ++n) {
    const Tracked item(n);
    Tracked::fail_after(0);
    CHECK_THROWS_AS(shard.try_write(item), CopyFailed);
    Tracked::never_fail();
    CHECK(shard.try_consume([](Tracked&) { FAIL("there is no item"); }, 1) == 0);
    CHECK(shard.try_write(item));
    CHECK(shard.try_consume([n](Tracked& seen) { CHECK(seen.number == n); }, 1) == 1);
  }
  CHECK(shard.stats().accepted == 10);
  CHECK(shard.stats().delivered == 10);
  CHECK(shard.stats().tombstones == (S::kShared ? 10 : 0));
}

TEST_CASE_TEMPLATE("RingShard: a shared shard counts a tombstone for each position that a failing batch gave up", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  for (std::size_t bad = 0; bad < kCapacity; ++bad) {
    typename S::template Shard<Tracked> shard(kCapacity);
    const Tracked item(0);
    Tracked::fail_after(static_cast<std::int64_t>(bad));
    CHECK_THROWS_AS(shard.try_fill(kCapacity, [&](std::size_t) -> const Tracked& { return item; }), CopyFailed);
    Tracked::never_fail();
    CHECK(shard.stats() == whorl::RingStats{bad, 0, 0, kCapacity - bad});
    CHECK_FALSE(shard.try_write(item));  // tombstones hold their room until the consumer has passed them
    CHECK(shard.try_consume([](Tracked&) {}, SIZE_MAX) == bad);
    CHECK(shard.try_write(item));
  }
}

TEST_CASE_TEMPLATE("RingShard: a ring that dies with tombstones in it destroys the items between them", S,
                   WHORL_TEST_SHAPES) {
  const std::int64_t live = Tracked::live;
  {
    typename S::template Shard<Tracked> shard(kCapacity);
    for (std::uint64_t n = 0; n < kCapacity; ++n) {
      const Tracked item(n);
      if (n % 2 != 0) Tracked::fail_after(0);
      try {
        const bool written = shard.try_write(item);
        CHECK(written);
      } catch (const CopyFailed&) {
        Tracked::never_fail();
      }
    }
    CHECK(Tracked::live == live + std::int64_t{kCapacity} / 2);
  }
  CHECK(Tracked::live == live);
}

TEST_CASE_TEMPLATE("RingShard: closed behind a tombstone, it is drained when the consumer has passed it", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  typename S::template Shard<Tracked> shard(kCapacity);
  const Tracked item(0);
  REQUIRE(shard.try_write(item));
  Tracked::fail_after(0);
  CHECK_THROWS_AS(shard.try_write(item), CopyFailed);
  Tracked::never_fail();
  shard.close();
  CHECK_FALSE(shard.is_drained());
  CHECK(shard.try_consume([](Tracked&) {}, SIZE_MAX) == 1);
  CHECK(shard.is_drained());
}

TEST_CASE_TEMPLATE("RingShard: its counts never show more delivered than accepted, asked in the middle of a visit", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  typename S::template Shard<Tracked> shard(16);  // room goes back after every second item
  const Tracked item(0);
  for (int i = 0; i < 4; ++i) {
    Tracked::fail_after(0);
    CHECK_THROWS_AS(shard.try_write(item), CopyFailed);
    Tracked::never_fail();
  }
  for (int i = 0; i < 3; ++i) REQUIRE(shard.try_write(item));
  std::uint64_t used = 0;
  const auto use = [&](Tracked&) {
    const whorl::RingStats stats = shard.stats();
    CHECK(stats.accepted == 3);
    CHECK(stats.delivered <= used++);
  };
  CHECK(shard.try_consume(use, 3) == 3);
  CHECK(shard.stats() == whorl::RingStats{3, 0, 3, 4});
}
