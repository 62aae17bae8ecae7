#include "../pool.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace packets;

TEST_CASE("FramePool: lends each of its frames once, and none when all are out") {
  FramePool pool(5, 100);
  std::set<Frame*> frames;
  for (int i = 0; i < 5; ++i) frames.insert(pool.take());
  CHECK(frames.size() == 5);
  CHECK(frames.count(nullptr) == 0);
  CHECK(pool.take() == nullptr);
  CHECK(pool.missing() == 5);
}

TEST_CASE("FramePool: every frame has memory of its own") {
  FramePool pool(3, 64);
  std::set<std::byte*> begins;
  for (int i = 0; i < 3; ++i) {
    Frame* const frame = pool.take();
    REQUIRE(frame->memory.size() == 64);
    for (std::byte* const other : begins) {
      const auto apart = frame->memory.data() - other;
      CHECK((apart >= 64 || apart <= -64));
    }
    begins.insert(frame->memory.data());
  }
}

TEST_CASE("FramePool: what is given back, all of it at once, is lent again, the last one first") {
  FramePool pool(3, 0);
  Frame* const a = pool.take();
  Frame* const b = pool.take();
  Frame* const c = pool.take();
  pool.give_back(b);
  pool.give_back(a);
  pool.give_back(c);
  CHECK(pool.take() == c);
  CHECK(pool.take() == a);
  pool.keep(a);
  CHECK(pool.missing() == 1);
  CHECK(pool.take() == a);
  CHECK(pool.take() == b);
  CHECK(pool.take() == nullptr);
}
