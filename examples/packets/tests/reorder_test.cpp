#include "../reorder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <numeric>
#include <random>
#include <set>
#include <vector>

namespace {

using namespace packets;
using Orders = std::vector<std::uint64_t>;

// Delivered orders, in the order of their delivery, and what became of the others.
struct Stage {
  explicit Stage(const ReorderOptions& options = {.window = 1000}) : reorder(options) {}

  Reorder reorder;
  std::deque<Frame> frames = {};
  Orders delivered = {};
  Orders late = {};
  Orders duplicate = {};

  auto out() {
    return [this](Frame& frame, Fate fate) {
      (fate == Fate::delivered ? delivered : fate == Fate::late ? late : duplicate).push_back(frame.order);
    };
  }
  void take(const Orders& orders, std::int64_t read_ns = 0) {
    for (const std::uint64_t order : orders) {
      Frame& frame = frames.emplace_back();
      frame.order = order;
      frame.read_ns = read_ns;
      reorder.take(frame, out());
    }
  }
  void expire(std::int64_t now_ns) { reorder.expire(now_ns, out()); }
  void finish(std::uint64_t end) { reorder.finish(end, out()); }
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
  CHECK(stage.duplicate == Orders{0, 2, 1, 2});
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

TEST_CASE("Reorder: a full window gives up what its first frame waits for, and no more") {
  Stage stage({.window = 3});
  stage.take({1, 2, 4});
  CHECK(stage.delivered.empty());
  stage.take({7});
  CHECK(stage.delivered == Orders{1, 2});
  CHECK(stage.reorder.gaps() == 1);
  CHECK(stage.reorder.next() == 3);
  stage.take({3});
  CHECK(stage.delivered == Orders{1, 2, 3, 4});
}

TEST_CASE("Reorder: the deadline is the first waiting frame's own") {
  Stage stage({.window = 100, .deadline_ns = 50});
  CHECK(stage.reorder.due_ns() == std::numeric_limits<std::int64_t>::max());
  stage.take({5}, 100);
  stage.take({2}, 120);  // the first now, and it has just come
  stage.expire(169);
  CHECK(stage.delivered.empty());
  CHECK(stage.reorder.due_ns() == 170);
  stage.expire(170);
  CHECK(stage.delivered == Orders{2, 5});  // 5 came at 100
  CHECK(stage.reorder.gaps() == 4);        // 0, 1, 3, 4
}

TEST_CASE("Reorder: without a deadline nothing is given up for want of time") {
  Stage stage;
  stage.take({1});
  stage.expire(std::numeric_limits<std::int64_t>::max() - 1);
  CHECK(stage.delivered.empty());
}

TEST_CASE("Reorder: what comes after it was given up is late, once; what comes again is a duplicate") {
  Stage stage({.window = 1});
  stage.take({3, 6});  // gives up 0 to 2
  REQUIRE(stage.delivered == Orders{3});
  stage.take({1, 1, 3, 0, 2, 2});
  CHECK(stage.late == Orders{1, 0, 2});
  CHECK(stage.duplicate == Orders{1, 3, 2});
  CHECK(stage.reorder.late() == 3);
  CHECK(stage.reorder.gaps() == 3);  // late ones count as missing
  stage.finish(7);
  CHECK(stage.delivered == Orders{3, 6});
}

TEST_CASE("Reorder: where orders are not dense, frames wait for the deadline and holes are no gaps") {
  Stage stage({.dense = false, .window = 100, .deadline_ns = 10});
  stage.take({700, 300}, 0);
  stage.take({500}, 5);
  CHECK(stage.delivered.empty());
  stage.expire(10);
  CHECK(stage.delivered == Orders{300});  // 700 waits behind 500, which is too young
  stage.expire(15);
  CHECK(stage.delivered == Orders{300, 500, 700});
  stage.take({400});
  CHECK(stage.late == Orders{400});
  stage.take({900, 800}, 20);
  stage.finish(0);
  CHECK(stage.delivered == Orders{300, 500, 700, 800, 900});
  CHECK(stage.reorder.gaps() == 0);
}

TEST_CASE("Reorder: every frame goes out once, and delivered + gaps is the whole, whatever is lost, late or twice") {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    Orders arrival = up_to(50);
    std::ranges::shuffle(arrival, random);
    arrival.resize(arrival.size() - random() % 10);
    for (std::uint64_t i = random() % 10; i-- > 0;) arrival.push_back(arrival[i]);
    std::ranges::shuffle(arrival, random);
    Stage stage({.window = 1 + random() % 60, .deadline_ns = round % 2 == 0 ? 0 : 20});
    for (std::size_t i = 0; i < arrival.size(); ++i) {
      stage.take({arrival[i]}, static_cast<std::int64_t>(i));
      if (random() % 4 == 0) stage.expire(static_cast<std::int64_t>(i));
    }
    stage.finish(50);
    REQUIRE(std::ranges::is_sorted(stage.delivered));
    REQUIRE(std::ranges::adjacent_find(stage.delivered) == stage.delivered.end());
    REQUIRE(stage.delivered.size() + stage.late.size() + stage.duplicate.size() == arrival.size());
    REQUIRE(stage.reorder.delivered() + stage.reorder.gaps() == 50);
    const std::set<std::uint64_t> different(arrival.begin(), arrival.end());
    REQUIRE(stage.delivered.size() + stage.late.size() == different.size());
  }
}
