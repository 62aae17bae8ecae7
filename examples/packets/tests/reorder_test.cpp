#include "../reorder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace {

using namespace packets;
using Orders = std::vector<std::uint64_t>;

Frame frame(std::uint64_t order) { return {order, {}, 0, 0, 0}; }

// Delivered orders, in the order of their delivery.
struct Stage {
  Reorder reorder;
  Orders delivered = {};

  void take(const Orders& orders) {
    for (const std::uint64_t order : orders) {
      reorder.take(frame(order), [this](const Frame& f) { delivered.push_back(f.order); });
    }
  }
  void finish(std::uint64_t end) {
    reorder.finish(end, [this](const Frame& f) { delivered.push_back(f.order); });
  }
};

Orders up_to(std::uint64_t end) {
  Orders orders(end);
  std::iota(orders.begin(), orders.end(), 0);
  return orders;
}

}  // namespace

TEST_CASE("Reorder: every order of arrival is delivered in order, each frame as soon as its turn comes") {
  Orders arrival = up_to(6);
  do {
    Stage stage;
    std::vector<bool> here(7, false);
    std::uint64_t due = 0;
    for (const std::uint64_t order : arrival) {
      stage.take({order});
      here[order] = true;
      while (here[due]) ++due;
      REQUIRE(stage.delivered == up_to(due));
    }
    stage.finish(6);
    REQUIRE(stage.reorder.gaps() == 0);
    REQUIRE(stage.reorder.delivered() == 6);
  } while (std::ranges::next_permutation(arrival).found);
}

TEST_CASE("Reorder: a frame that came before is counted and not delivered again, waiting or delivered") {
  Stage stage;
  stage.take({0, 2, 0, 2, 1, 1, 2});
  CHECK(stage.delivered == Orders{0, 1, 2});
  CHECK(stage.reorder.duplicate() == 4);
  CHECK(stage.reorder.delivered() == 3);
}

TEST_CASE("Reorder: what never came is a gap, at the beginning, in between and at the end") {
  Stage stage;
  stage.take({1, 2, 5, 6, 9});
  CHECK(stage.delivered.empty());
  stage.finish(12);
  CHECK(stage.delivered == Orders{1, 2, 5, 6, 9});
  CHECK(stage.reorder.gaps() == 7);  // 0, 3, 4, 7, 8, 10, 11
}

TEST_CASE("Reorder: delivered + gaps is the whole, whatever is lost or comes twice") {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    Orders arrival = up_to(50);
    const std::uint64_t lost = random() % 10;
    const std::uint64_t twice = random() % 10;
    std::ranges::shuffle(arrival, random);
    arrival.resize(arrival.size() - lost);
    for (std::uint64_t i = 0; i < twice; ++i) arrival.push_back(arrival[i]);
    std::ranges::shuffle(arrival, random);
    Stage stage;
    stage.take(arrival);
    stage.finish(50);
    REQUIRE(std::ranges::is_sorted(stage.delivered));
    REQUIRE(stage.reorder.gaps() == lost);
    REQUIRE(stage.reorder.duplicate() == twice);
    REQUIRE(stage.delivered.size() == 50 - lost);
  }
}
