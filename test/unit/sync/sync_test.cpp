#include <doctest/doctest.h>

#include <thread>
#include <whorl/sync/sync.hpp>

TEST_CASE("sync: a thread keeps its identity, and no two living threads share one") {
  const whorl::sync::ThreadId mine = whorl::sync::this_thread();
  whorl::sync::ThreadId other = mine;
  std::thread([&] { other = whorl::sync::this_thread(); }).join();
  CHECK(whorl::sync::this_thread() == mine);
  CHECK(other != mine);
}

TEST_CASE("sync: no thread's identity is one of the small numbers that mean nobody") {
  CHECK(whorl::sync::this_thread() > 1);
  CHECK(whorl::sync::this_thread() != ~whorl::sync::ThreadId{0});
  whorl::sync::ThreadId other = 0;
  std::thread([&] { other = whorl::sync::this_thread(); }).join();
  CHECK(other > 1);
}

TEST_CASE("sync: whether barriers can be one-sided never changes, whoever asks") {
  const bool answer = whorl::sync::asymmetric();
  for (int i = 0; i < 10; ++i) CHECK(whorl::sync::asymmetric() == answer);
  bool others = !answer;
  std::thread([&] { others = whorl::sync::asymmetric(); }).join();
  CHECK(others == answer);
}

TEST_CASE("sync: opaque gives back what it was given") {
  CHECK(whorl::sync::opaque(std::uint64_t{42}) == 42);
  CHECK(whorl::sync::opaque(~std::uint64_t{0}) == ~std::uint64_t{0});
}
