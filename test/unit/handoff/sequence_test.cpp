#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <whorl/handoff/sequence.hpp>
#include <whorl/wait/wait_strategy.hpp>

static_assert(sizeof(whorl::Sequence) == whorl::kCacheLine && alignof(whorl::Sequence) == whorl::kCacheLine,
              "two sequences never share a line");

TEST_CASE("Sequence: says where it began, and then what was released last") {
  whorl::Sequence sequence(41);
  CHECK(sequence.passed() == 41);
  sequence.release(42);
  CHECK(sequence.passed() == 42);
  sequence.release(0);  // the position after 2^64 - 1
  CHECK(sequence.passed() == 0);
}

TEST_CASE("Sequence: begins at -1, and counts what is done where positions count what is next") {
  whorl::Sequence sequence;
  CHECK(sequence.get() == -1);
  CHECK(sequence.passed() == 0);
  sequence.release(8);
  CHECK(sequence.get() == 7);
  sequence.set(41);
  CHECK(sequence.get() == 41);
  CHECK(sequence.passed() == 42);
  sequence.set(-1);
  CHECK(sequence.passed() == 0);
}

TEST_CASE("Sequence: who sleeps on it is woken when it moves") {
  whorl::Sequence sequence;
  whorl::WaitResult result = whorl::WaitResult::timed_out;
  std::thread waiter([&] {
    const auto ready = [&] { return sequence.get() >= 3; };
    result = whorl::BlockingWait{0, 0}.wait(sequence.waiting(), ready, whorl::Until(std::chrono::seconds(60)));
  });
  while (sequence.waiting().sleeps() == 0) std::this_thread::yield();
  sequence.set(3);
  waiter.join();
  CHECK(result == whorl::WaitResult::ready);
}

TEST_CASE("Sequence: one that has ended never comes to what it has not passed, until it goes on") {
  whorl::Sequence sequence(3);
  CHECK_FALSE(sequence.ends_before(3));
  sequence.end();
  CHECK(sequence.ends_before(3));
  CHECK(sequence.ends_before(4));
  CHECK_FALSE(sequence.ends_before(2));
  sequence.go_on();
  CHECK_FALSE(sequence.ends_before(3));
}

TEST_CASE("Sequence: who sleeps on it is woken when it ends") {
  whorl::Sequence sequence;
  whorl::WaitResult result = whorl::WaitResult::timed_out;
  std::thread waiter([&] {
    const auto ready = [&] { return sequence.ends_before(3); };
    result = whorl::BlockingWait{0, 0}.wait(sequence.waiting(), ready, whorl::Until(std::chrono::seconds(60)));
  });
  while (sequence.waiting().sleeps() == 0) std::this_thread::yield();
  sequence.end();
  waiter.join();
  CHECK(result == whorl::WaitResult::ready);
}
