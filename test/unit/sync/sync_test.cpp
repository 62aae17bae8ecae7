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

TEST_CASE("sync: opaque gives back what it was given") {
  CHECK(whorl::sync::opaque(std::uint64_t{42}) == 42);
  CHECK(whorl::sync::opaque(~std::uint64_t{0}) == ~std::uint64_t{0});
}
