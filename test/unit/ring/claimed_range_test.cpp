#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../support/death.hpp"
#include "../../support/elements.hpp"
#include "../../support/shapes.hpp"

using whorl::Position;
using whorl::RingStats;
using whorl_test::BiasedInline;
using whorl_test::ExclusiveInline;
using whorl_test::Tracked;
using Numbers = std::vector<std::uint64_t>;

namespace {

template <class S>
using Shard = typename S::template Shard<std::uint64_t>;

template <class Shard>
Numbers read(Shard& shard) {
  Numbers values;
  shard.try_consume([&](std::uint64_t value) { values.push_back(value); }, SIZE_MAX);
  return values;
}

template <class Range>
void build(Range& range, std::uint64_t first, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) CHECK(range.emplace(first + k) == first + k);
}

const Position kFirsts[] = {0, (Position{1} << 32) - 2, (Position{1} << 63) - 2, ~Position{0} - 1};

}  // namespace

static_assert(!std::is_copy_constructible_v<Shard<BiasedInline>::Range> &&
                  !std::is_copy_assignable_v<Shard<BiasedInline>::Range>,
              "cells that are published once cannot be held twice");

TEST_CASE_TEMPLATE("ClaimedRange: is what it was asked for as far as there is room, and none without", S,
                   WHORL_TEST_SHAPES) {
  for (const std::size_t capacity : {1u, 4u}) {
    CAPTURE(capacity);
    Shard<S> shard(capacity);
    {
      auto range = shard.try_claim(100);
      CHECK(bool{range});
      CHECK(range.size() == capacity);
      CHECK(range.built() == 0);
      CHECK(range.published() == 0);
      if constexpr (Shard<S>::Claim::kShared) CHECK_FALSE(shard.try_claim(1));
      build(range, 0, capacity);
      range.publish();
      CHECK(range.published() == capacity);
    }
    CHECK_FALSE(shard.try_claim(1));
    CHECK(read(shard).size() == capacity);
    CHECK(shard.try_claim(1).size() == 1);
    CHECK_FALSE(shard.try_claim(0));
  }
}

TEST_CASE_TEMPLATE("ClaimedRange: is at least as large as it must be, or none", S, WHORL_TEST_SHAPES) {
  Shard<S> shard(4);
  CHECK_FALSE(shard.try_claim(5, 5));
  CHECK_FALSE(shard.try_claim(SIZE_MAX, SIZE_MAX));
  CHECK(shard.size_approx() == 0);
  CHECK(shard.try_write(std::uint64_t{1}));
  CHECK_FALSE(shard.try_claim(4, 4));
  CHECK_FALSE(shard.try_claim(10, 5));
  auto range = shard.try_claim(10, 3);
  REQUIRE(range.size() == 3);
  build(range, 2, 3);
  range.publish();
  CHECK(read(shard) == Numbers{1, 2, 3, 4});
}

TEST_CASE_TEMPLATE("ClaimedRange: is published in steps, each as soon as it is said, across the wrap", S,
                   WHORL_TEST_SHAPES) {
  for (const Position first : kFirsts) {
    CAPTURE(first);
    Shard<S> shard(8, first);
    for (std::uint64_t lap = 0; lap < 5; ++lap) {
      auto range = shard.try_claim(5, 5);
      REQUIRE(range.size() == 5);
      build(range, 10 * lap, 4);
      CHECK(range.built() == 4);
      CHECK(read(shard).empty());
      range.publish(1);
      CHECK(read(shard) == Numbers{10 * lap});
      range.publish(0);
      CHECK(read(shard).empty());
      range[2] = 99;
      range.publish(2);
      CHECK(range.published() == 3);
      CHECK(read(shard) == Numbers{10 * lap + 1, 99});
      CHECK(range[3] == 10 * lap + 3);  // the first that is not published
      build(range, 10 * lap + 4, 1);
      range.publish();
      CHECK(read(shard) == Numbers{10 * lap + 3, 10 * lap + 4});
      range.publish();
      CHECK(range.published() == 5);
    }
    CHECK(shard.stats() == RingStats{25, 0, 25, 0});
    CHECK(shard.size_approx() == 0);
  }
}

TEST_CASE_TEMPLATE("ClaimedRange: dropped, it gives up what was not published, and the shard goes on", S,
                   WHORL_TEST_SHAPES) {
  const std::int64_t live = Tracked::live;
  for (const Position first : kFirsts) {
    for (std::uint64_t built = 0; built <= 4; ++built) {
      for (std::uint64_t published = 0; published <= built; ++published) {
        CAPTURE(built);
        CAPTURE(published);
        typename S::template Shard<Tracked> shard(4, first);
        {
          auto range = shard.try_claim(4, 4);
          for (std::uint64_t k = 0; k < built; ++k) range.emplace(k);
          range.publish(published);
          CHECK(Tracked::live == live + static_cast<std::int64_t>(built));
        }
        CHECK(Tracked::live == live + static_cast<std::int64_t>(published));
        CHECK(shard.stats() == RingStats{published, 0, 0, S::kShared ? 4 - published : 0});
        // Tombstones hold their room until the consumer has passed them; what is forgotten is free at once.
        const bool has_room = !S::kShared && published < 4;
        CHECK(shard.try_write(Tracked(7)) == has_room);
        std::uint64_t expected = 0;
        const std::size_t there = published + (has_room ? 1 : 0);
        CHECK(shard.try_consume(
                  [&](Tracked& t) {
                    CHECK(t.number == (expected < published ? expected : 7));
                    ++expected;
                  },
                  SIZE_MAX) == there);
        CHECK(Tracked::live == live);
        CHECK(shard.size_approx() == 0);
        CHECK(shard.try_claim(4, 4).size() == 4);
      }
    }
  }
}

TEST_CASE_TEMPLATE("ClaimedRange: what it holds is destroyed once when the shard dies with it published", S,
                   WHORL_TEST_SHAPES) {
  const std::int64_t live = Tracked::live;
  {
    typename S::template Shard<Tracked> shard(8);
    auto range = shard.try_claim(8);
    for (std::uint64_t k = 0; k < 6; ++k) range.emplace(k);
    range.publish(4);
    range = {};
    CHECK(Tracked::live == live + 4);
  }
  CHECK(Tracked::live == live);
}

TEST_CASE_TEMPLATE("ClaimedRange: an item whose building throws is not there, and the next one takes its cell", S,
                   WHORL_TEST_SHAPES) {
  const std::int64_t live = Tracked::live;
  typename S::template Shard<Tracked> shard(4);
  {
    const Tracked item(5);
    auto range = shard.try_claim(2);
    range.emplace(item);
    Tracked::fail_after(0);
    CHECK_THROWS_AS(range.emplace(item), whorl_test::CopyFailed);
    Tracked::never_fail();
    CHECK(range.built() == 1);
    range.emplace(std::uint64_t{6});
    CHECK(range.built() == 2);
    range.publish();
  }
  std::uint64_t expected = 5;
  CHECK(shard.try_consume([&](Tracked& t) { CHECK(t.number == expected++); }, 4) == 2);
  CHECK(Tracked::live == live);
  CHECK(shard.stats() == RingStats{2, 0, 2, 0});
}

TEST_CASE_TEMPLATE("ClaimedRange: moved, it is the other's; what the other had is given up", S, WHORL_TEST_SHAPES) {
  Shard<S> shard(4), other_shard(4);
  auto first = shard.try_claim(3);
  build(first, 0, 2);
  first.publish(1);
  auto second = std::move(first);
  CHECK_FALSE(bool{first});
  CHECK(first.built() + first.published() == 0);
  CHECK(second.size() == 3);
  CHECK(second.built() == 2);
  CHECK(second.published() == 1);
  auto other = other_shard.try_claim(4);
  build(other, 10, 1);
  other = std::move(second);
  CHECK_FALSE(bool{second});
  CHECK(other_shard.stats().tombstones == (S::kShared ? 4 : 0));
  CHECK(read(other_shard).empty());
  CHECK(other_shard.try_write(std::uint64_t{1}));
  auto& itself = other;
  other = std::move(itself);
  build(other, 2, 1);
  other.publish();
  CHECK(read(shard) == Numbers{0, 1, 2});
}

TEST_CASE("ClaimedRange: one that was never claimed is none, and may be assigned and destroyed") {
  Shard<BiasedInline> shard(1);
  Shard<BiasedInline>::Range none;
  CHECK_FALSE(bool{none});
  CHECK(none.size() == 0);
  none.publish();
  none = shard.try_claim(1);
  CHECK(none.size() == 1);
}

TEST_CASE_TEMPLATE("ClaimedRange: while it is open, items behind it are written and not seen", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  Shard<S> shard(8);
  CHECK(shard.try_write(std::uint64_t{1}));
  auto range = shard.try_claim(2);
  CHECK(shard.try_write(std::uint64_t{4}));
  auto later = shard.try_claim(1);
  build(later, 5, 1);
  later.publish();
  CHECK(read(shard) == Numbers{1});
  CHECK_FALSE(shard.is_readable());
  build(range, 2, 2);
  range.publish(1);
  CHECK(read(shard) == Numbers{2});
  range.publish(1);
  CHECK(read(shard) == Numbers{3, 4, 5});
}

TEST_CASE_TEMPLATE("ClaimedRange: one that is given up lets the items behind it through", S, WHORL_TEST_SHAPES_BY_ID) {
  Shard<S> shard(8);
  {
    auto range = shard.try_claim(2);
    build(range, 2, 1);
    CHECK(shard.try_write(std::uint64_t{4}));
    CHECK(read(shard).empty());
  }
  CHECK(shard.is_readable());
  CHECK(read(shard) == Numbers{4});
}

TEST_CASE_TEMPLATE("ClaimedRange: open when the shard is closed, it can still be published, and then that is the end",
                   S, WHORL_TEST_SHAPES) {
  typename S::template Ring<std::uint64_t> ring(8, 1);
  whorl_test::Writers writers(ring);
  {
    auto range = writers.try_claim(0, 3);
    build(range, 1, 2);
    ring.close();
    CHECK_FALSE(ring.is_drained());
    range.publish();
    CHECK(ring.try_read() == 1);
    CHECK_FALSE(ring.is_drained());
  }
  writers.give_back();
  CHECK(ring.try_read() == 2);
  CHECK(ring.try_read() == std::nullopt);
  CHECK(ring.is_drained());
  CHECK(ring.stats().accepted == 2);
}

TEST_CASE_TEMPLATE("ClaimedRange: a closed shard gives none", S, WHORL_TEST_SHAPES) {
  Shard<S> shard(4);
  shard.close();
  CHECK_FALSE(shard.try_claim(1));
}

TEST_CASE_TEMPLATE("ClaimedRange: a ring gives it by the low bits of the id, or by lease", S, WHORL_TEST_SHAPES) {
  typename S::template Ring<std::unique_ptr<int>> ring(8, 2);
  whorl_test::Writers writers(ring);
  auto range = writers.try_claim(1, 4, 2);
  REQUIRE(range.size() == 4);
  range.emplace(std::make_unique<int>(5));
  range.emplace(new int(6));
  range.publish();
  CHECK(ring.stats(1).accepted - ring.stats(1).tombstones >= 2);
  CHECK(**ring.try_read() == 5);
  CHECK(**ring.try_read() == 6);
}

TEST_CASE("ClaimedRange: misuse is stopped, and told what to do" * doctest::skip(!WHORL_CHECKED)) {
  const auto words = [](auto misuse) {
    return whorl_test::dying_words([=] {
      Shard<BiasedInline> shard(4);
      auto range = shard.try_claim(2);
      range.emplace(std::uint64_t{1});
      misuse(range);
    });
  };
  const std::string full = words([](auto& range) {
    range.emplace(std::uint64_t{2});
    range.emplace(std::uint64_t{3});
  });
  CHECK(full.find("the range is full: compare built() with size()") != std::string::npos);
  const std::string unbuilt = words([](auto& range) { range.publish(2); });
  CHECK(unbuilt.find("only what is built can be published") != std::string::npos);
  const std::string not_there = words([](auto& range) { range[1] = 5; });
  CHECK(not_there.find("only what is built can be changed") != std::string::npos);
  const std::string too_late = words([](auto& range) {
    range.publish(1);
    range[0] = 5;
  });
  CHECK(too_late.find("an item that is published is the consumer's") != std::string::npos);
  const std::string moved_from = words([](auto& range) {
    const auto owner = std::move(range);
    range.emplace(std::uint64_t{2});
  });
  CHECK(moved_from.find("the range is full") != std::string::npos);
}

TEST_CASE("ClaimedRange: an exclusive shard is written through it alone while it is open" *
          doctest::skip(!WHORL_CHECKED)) {
  const auto words = [](auto misuse) {
    return whorl_test::dying_words([=] {
      Shard<ExclusiveInline> shard(4);
      const auto range = shard.try_claim(2);
      misuse(shard);
    });
  };
  const std::string written = words([](auto& shard) { (void)shard.try_write(std::uint64_t{1}); });
  CHECK(written.find("not while an item is being built or a claimed range is open") != std::string::npos);
  const std::string claimed = words([](auto& shard) { (void)shard.try_claim(1); });
  CHECK(claimed.find("not while an item is being built or a claimed range is open") != std::string::npos);
}

TEST_CASE("ClaimedRange: an exclusive shard is free for writing when it is done, published or not") {
  Shard<ExclusiveInline> shard(4);
  {
    auto range = shard.try_claim(1);
    build(range, 1, 1);
    range.publish();
  }
  {
    const auto dropped = shard.try_claim(2);
  }
  CHECK(shard.try_write(std::uint64_t{2}));
  CHECK(read(shard) == Numbers{1, 2});
}

TEST_CASE("ClaimedRange: when all of it is published it has ended, and the exclusive shard can be claimed anew") {
  whorl::ShardedRing<std::uint64_t, whorl::Exclusive> ring(8, 1);
  auto lease = ring.lease();
  REQUIRE(lease.has_value());
  auto range = lease->try_claim(2);
  for (std::uint64_t n = 0; n < 4; n += 2) {
    range.emplace(n);
    range.emplace(n + 1);
    range.publish();
    range = lease->try_claim(2);
    REQUIRE(range.size() == 2);
  }
  range.discard();
  CHECK(lease->try_write(std::uint64_t{4}));
  for (std::uint64_t n = 0; n < 5; ++n) CHECK(ring.try_read() == n);
}
