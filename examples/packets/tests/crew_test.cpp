#include "../crew.hpp"

#include <doctest/doctest.h>

#include <new>
#include <stdexcept>

namespace {

using packets::Crew;

// There is no memory for a thread's copy of it.
struct Large {
  Large() = default;
  Large(const Large&) { throw std::bad_alloc(); }
  void operator()() const {}
};

}  // namespace

TEST_CASE("Crew: work for which there is no memory calls the others to their ends, and is told") {
  int calls = 0;
  Crew crew([&] { ++calls; });
  const Large large;
  std::jthread thread;
  CHECK_NOTHROW(thread = crew.start(large));
  CHECK_FALSE(thread.joinable());
  CHECK(calls == 1);
  CHECK_THROWS_AS(crew.rethrow(), std::bad_alloc);
}

TEST_CASE("Crew: the first that throws is told, after all have been called to their ends") {
  int calls = 0;
  Crew crew([&] { ++calls; });
  crew.start([] { throw std::runtime_error("first"); }).join();
  crew.start([] { throw std::runtime_error("second"); }).join();
  crew.start([] {}).join();
  CHECK(calls == 2);
  CHECK_THROWS_WITH_AS(crew.rethrow(), "first", std::runtime_error);
}
