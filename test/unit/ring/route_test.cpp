#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>
#include <whorl/ring/route.hpp>

#include "../../support/scale.hpp"

using whorl::ShardChoice;
using whorl::WriteResult;
using whorl::detail::Lot;
using whorl::detail::try_shards;
using Route = std::vector<std::size_t>;

namespace {

// Where a write goes that finds every shard full.
Route route(ShardChoice choice, std::size_t own, std::size_t shards, Lot& lot) {
  Route tried;
  const auto full = [&](std::size_t shard) {
    tried.push_back(shard);
    return WriteResult::full;
  };
  CHECK(try_shards(choice, own, shards - 1, lot, full) == WriteResult::full);
  return tried;
}

}  // namespace

TEST_CASE("route: by affinity, the own shard and no other") {
  Lot lot{1};
  for (const std::size_t shards : {1u, 2u, 8u}) {
    for (std::size_t own = 0; own < shards; ++own) CHECK(route(ShardChoice::affinity, own, shards, lot) == Route{own});
  }
}

TEST_CASE("route: round robin, the own shard and then the next, once round") {
  Lot lot{1};
  CHECK(route(ShardChoice::round_robin, 0, 1, lot) == Route{0});
  CHECK(route(ShardChoice::round_robin, 1, 2, lot) == Route{1, 0});
  CHECK(route(ShardChoice::round_robin, 0, 4, lot) == Route{0, 1, 2, 3});
  CHECK(route(ShardChoice::round_robin, 2, 4, lot) == Route{2, 3, 0, 1});
}

TEST_CASE("route: by lot, the own shard first and every other one once") {
  Lot lot{whorl_test::seed()};
  for (const std::size_t shards : {1u, 2u, 4u, 64u}) {
    for (std::size_t own = 0; own < shards; ++own) {
      Route tried = route(ShardChoice::random, own, shards, lot);
      CHECK(tried.front() == own);
      std::ranges::sort(tried);
      REQUIRE(tried.size() == shards);
      for (std::size_t shard = 0; shard < shards; ++shard) CHECK(tried[shard] == shard);
    }
  }
}

TEST_CASE("route: by lot, each other shard is as likely to be the second one tried, whatever the first lot") {
  for (const std::uint64_t first_lot : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{7}, whorl_test::seed()}) {
    for (const std::size_t own : {0u, 3u, 7u}) {
      CAPTURE(first_lot);
      CAPTURE(own);
      Lot lot{first_lot};
      std::array<int, 8> second{};
      for (int i = 0; i < 7 * 1000; ++i) ++second[route(ShardChoice::random, own, 8, lot)[1]];
      CHECK(second[own] == 0);
      for (std::size_t shard = 0; shard < 8; ++shard) {
        if (shard == own) continue;
        CHECK(second[shard] > 1000 - 250);  // eight standard deviations
        CHECK(second[shard] < 1000 + 250);
      }
    }
  }
}

TEST_CASE("route: ends at the first shard that takes the item, or is closed") {
  for (const ShardChoice choice : {ShardChoice::affinity, ShardChoice::round_robin, ShardChoice::random}) {
    for (const WriteResult answer : {WriteResult::ok, WriteResult::closed}) {
      for (int at = 1; at <= (choice == ShardChoice::affinity ? 1 : 4); ++at) {
        Lot lot{5};
        int tried = 0;
        const auto attempt = [&](std::size_t) { return ++tried == at ? answer : WriteResult::full; };
        CHECK(try_shards(choice, 2, 3, lot, attempt) == answer);
        CHECK(tried == at);
      }
    }
  }
}

TEST_CASE("Lot: stays below its limit") {
  Lot lot{whorl_test::seed()};
  for (const std::size_t limit : {std::size_t{1}, std::size_t{3}, std::size_t{1023}, (std::size_t{1} << 32) - 1}) {
    std::size_t most = 0;
    for (int i = 0; i < 1000; ++i) most = std::max(most, lot.below(limit));
    CHECK(most < limit);
    CHECK(most >= limit / 2);
  }
}

TEST_CASE("route: a wait strategy alone stays on the own shard, a policy says where it goes") {
  CHECK(whorl::detail::choice_of(whorl::BusySpinWait{}) == ShardChoice::affinity);
  CHECK(whorl::detail::choice_of(whorl::WritePolicy::hybrid()) == ShardChoice::round_robin);
}
