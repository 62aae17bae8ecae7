#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../support/death.hpp"
#include "../../support/shapes.hpp"

using whorl_test::ExclusiveDense;
using whorl_test::ExclusiveInline;
using Numbers = std::vector<std::uint64_t>;

namespace {

template <class S>
using Ring = typename S::template Ring<std::uint64_t>;

template <class R>
Numbers read_all(R& ring) {
  Numbers values;
  ring.try_consume([&](std::uint64_t value) { values.push_back(value); }, SIZE_MAX);
  return values;
}

}  // namespace

static_assert(!std::is_copy_constructible_v<Ring<ExclusiveInline>::Lease> &&
                  !std::is_copy_assignable_v<Ring<ExclusiveInline>::Lease>,
              "a right that only one may have cannot be copied");

TEST_CASE_TEMPLATE("Lease: there is one for each shard, and another when one is given back", S, ExclusiveInline,
                   ExclusiveDense) {
  Ring<S> ring(16, 4);
  std::vector<typename Ring<S>::Lease> leases;
  std::set<std::size_t> shards;
  for (int i = 0; i < 4; ++i) {
    auto lease = ring.lease();
    REQUIRE(lease.has_value());
    shards.insert(lease->shard_index());
    leases.push_back(std::move(*lease));
  }
  CHECK(shards == std::set<std::size_t>{0, 1, 2, 3});
  CHECK_FALSE(ring.lease().has_value());
  const std::size_t freed = leases[2].shard_index();
  leases.erase(leases.begin() + 2);
  const auto lease = ring.lease();
  REQUIRE(lease.has_value());
  CHECK(lease->shard_index() == freed);
}

TEST_CASE_TEMPLATE("Lease: writes to its own shard and to no other", S, ExclusiveInline, ExclusiveDense) {
  Ring<S> ring(16, 4);
  whorl_test::Writers writers(ring);
  for (std::size_t shard = 0; shard < 4; ++shard) {
    for (std::size_t i = 0; i < shard; ++i) CHECK(writers.try_write(shard, std::uint64_t{i}));
  }
  for (std::size_t shard = 0; shard < 4; ++shard) CHECK(ring.stats(shard).accepted == shard);
}

TEST_CASE_TEMPLATE("Lease: the next lease of a shard writes behind the last one's items", S, ExclusiveInline,
                   ExclusiveDense) {
  Ring<S> ring(4, 1);
  for (std::uint64_t n = 0; n < 4; ++n) {
    auto lease = ring.lease();
    REQUIRE(lease.has_value());
    CHECK(lease->try_write(n));
  }
  CHECK_FALSE(ring.lease()->try_write(std::uint64_t{4}));
  CHECK(read_all(ring) == Numbers{0, 1, 2, 3});
}

TEST_CASE_TEMPLATE("Lease: learns that the ring was closed, and holds the end of its shard open until given back", S,
                   ExclusiveInline, ExclusiveDense) {
  Ring<S> ring(8, 2);
  auto lease = ring.lease();
  REQUIRE(lease.has_value());
  CHECK(lease->try_write(std::uint64_t{1}));
  CHECK_FALSE(lease->is_closed());
  ring.close();
  CHECK(lease->is_closed());
  CHECK_FALSE(lease->try_write(std::uint64_t{2}));
  CHECK(lease->try_write_some(std::span<const std::uint64_t>(Numbers{2, 3})) == 0);
  CHECK_FALSE(ring.lease().has_value());
  CHECK(read_all(ring) == Numbers{1});
  CHECK_FALSE(ring.is_drained());
  lease.reset();
  CHECK(ring.is_drained());
  CHECK_FALSE(ring.lease().has_value());
}

TEST_CASE_TEMPLATE("Lease: moving it moves the right; the one moved from has none", S, ExclusiveInline,
                   ExclusiveDense) {
  Ring<S> ring(4, 1);
  auto first = *ring.lease();
  auto second = std::move(first);
  CHECK(first.is_closed());
  CHECK(second.try_write(std::uint64_t{1}));
  CHECK_FALSE(ring.lease().has_value());
  {
    auto gone = std::move(second);
  }
  CHECK(ring.lease().has_value());
}

TEST_CASE_TEMPLATE("Lease: assigning to one gives back what it had", S, ExclusiveInline, ExclusiveDense) {
  Ring<S> ring(4, 2);
  auto kept = *ring.lease();
  auto other = *ring.lease();
  const std::size_t freed = kept.shard_index();
  const std::size_t taken = other.shard_index();
  kept = std::move(other);
  CHECK(kept.shard_index() == taken);
  auto& itself = kept;
  kept = std::move(itself);
  CHECK(kept.try_write(std::uint64_t{1}));
  const auto again = ring.lease();
  REQUIRE(again.has_value());
  CHECK(again->shard_index() == freed);
}

TEST_CASE_TEMPLATE("Lease: a lease that is moved to another thread belongs to that thread", S, ExclusiveInline,
                   ExclusiveDense) {
  Ring<S> ring(4, 1);
  auto lease = *ring.lease();
  CHECK(lease.try_write(std::uint64_t{1}));
  bool written = false;
  std::thread([&written, mine = std::move(lease)]() mutable { written = mine.try_write(std::uint64_t{2}); }).join();
  CHECK(written);
  CHECK(read_all(ring) == Numbers{1, 2});
}

TEST_CASE_TEMPLATE("Lease: one that was assigned to belongs to the thread that writes with it next", S, ExclusiveInline,
                   ExclusiveDense) {
  Ring<S> ring(8, 2);
  auto lease = *ring.lease();
  auto other = *ring.lease();
  CHECK(lease.try_write(std::uint64_t{1}));
  lease = std::move(other);
  bool written = false;
  std::thread([&] { written = lease.try_write(std::uint64_t{2}); }).join();
  CHECK(written);
}

TEST_CASE("Lease: a second thread that writes with it is stopped, and told what to do" *
          doctest::skip(!WHORL_CHECKED)) {
  const std::string words = whorl_test::dying_words([] {
    Ring<ExclusiveInline> ring(4, 1);
    auto lease = *ring.lease();
    (void)lease.try_write(std::uint64_t{1});
    std::thread([&] { (void)lease.try_write(std::uint64_t{2}); }).join();
  });
  CHECK(words.find("a lease belongs to one thread: take one for each, or move it") != std::string::npos);
}

TEST_CASE("Lease: a write with one that was moved from is stopped, and told what to do" *
          doctest::skip(!WHORL_CHECKED)) {
  const std::string words = whorl_test::dying_words([] {
    Ring<ExclusiveInline> ring(4, 1);
    auto lease = *ring.lease();
    const auto owner = std::move(lease);
    // Opaque: where checks are off the compiler would warn of the null pointer that it sees.
    (void)whorl::sync::opaque(&lease)->try_write(std::uint64_t{1});
  });
  CHECK(words.find("this lease was moved from: write with the one it was moved to") != std::string::npos);
}
