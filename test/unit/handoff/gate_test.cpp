#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <whorl/handoff/gate.hpp>
#include <whorl/wait/wait_strategy.hpp>

static_assert(whorl::Gate<whorl::ConsumerCursor>);

TEST_CASE("ConsumerCursor: answers with the consumer's position, whatever the claim") {
  whorl::ConsumerCursor cursor(10);
  CHECK(cursor.passed(10) == 10);
  cursor.release(17);
  CHECK(cursor.passed(10) == 17);
  CHECK(cursor.passed(20) == 17);
}

TEST_CASE("ConsumerCursor: who sleeps until there is room is woken when some comes back") {
  whorl::ConsumerCursor cursor(10);
  bool found = false;
  std::thread producer([&] {
    const auto has_room = [&] { return cursor.passed(14) >= 11; };
    const whorl::Until watchdog(std::chrono::seconds(60));
    found = whorl::BlockingWait{0, 0}.wait(cursor.room(), has_room, watchdog) == whorl::WaitResult::ready;
  });
  while (cursor.room().sleeps() == 0) std::this_thread::yield();
  cursor.release(11);
  producer.join();
  CHECK(found);
}
