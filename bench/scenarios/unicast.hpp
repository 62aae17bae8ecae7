#pragma once
// Unicast: what the scenarios with one producer and one consumer have in common.

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>

#include "../driver/hand_off_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {

/// Every contender that can carry Item from one thread to another.
template <class Item, std::size_t kCapacity>
using UnicastContenders = Joined<Roster<WhorlLeased<Item>, WhorlDense<Item>, WhorlInline<Item>,      //
                                        WhorlShared1<Item>, WhorlBiased<Item>, WhorlBiased1<Item>>,  //
                                 PeersForUnicast<Item, kCapacity>>;

struct UnicastPlan {
  std::initializer_list<WhenEmpty> regimes;
  std::size_t batch = 1;
  std::uint64_t items = 0;  // as HandOffPlan::items
};

template <std::size_t kCapacity, bool kBatches = false, class Contenders>
Scenario unicast(std::string id, std::string summary, Contenders contenders, const UnicastPlan& plan) {
  Scenario scenario{.id = std::move(id), .summary = std::move(summary), .entries = {}, .missing = {}};
  for (const WhenEmpty when_empty : plan.regimes) {
    add_hand_offs<1, kBatches>(scenario, contenders,
                               {.capacity = kCapacity,
                                .when_empty = when_empty,
                                .pinned = true,
                                .window_ns = 5'000'000,
                                .batch = plan.batch,
                                .most = std::max(kMostPerCall, plan.batch),
                                .items = plan.items});
  }
  return scenario;
}

/// One item a call, in both regimes of an empty queue.
template <class Item, std::size_t kCapacity>
Scenario unicast_single(std::string id, const std::string& item) {
  return unicast<kCapacity>(std::move(id), "1 producer -> 1 consumer, pinned, " + item + " items, single pushes",
                            UnicastContenders<Item, kCapacity>{},
                            {.regimes = {WhenEmpty::kGentle, WhenEmpty::kGreedy}});
}

/// A batch a call; the consumer is gentle.
template <class Item, std::size_t kCapacity>
Scenario unicast_batch(std::string id, const std::string& item, std::size_t batch) {
  return unicast<kCapacity, true>(
      std::move(id), "1 producer -> 1 consumer, pinned, " + item + " items, batches of " + std::to_string(batch),
      UnicastContenders<Item, kCapacity>{}, {.regimes = {WhenEmpty::kGentle}, .batch = batch});
}

}  // namespace bench
