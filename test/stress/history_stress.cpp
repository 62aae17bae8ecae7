// The history of one shard, call by call.
// Forbidden: what history.hpp forbids, such as a write that had returned before another began and is read after it; a write
// refused as full although, as far as the writer could know, fewer than capacity items lay in the shard.

#include <doctest/doctest.h>

#include <atomic>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/shapes.hpp"
#include "crew.hpp"
#include "recorder.hpp"

using namespace whorl_test;

TEST_CASE_TEMPLATE("history: every call of four producers and the consumer is what one queue may answer", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  constexpr std::size_t kProducers = 4;
  const std::uint64_t each = scaled(100'000);
  for (const std::size_t capacity : {1u, 4u, 256u}) {
    CAPTURE(capacity);
    typename S::template Ring<Item> ring(capacity, 1);
    Recorder recorder(kProducers, 1, capacity, Recorder::Pace::every_call);
    Random random(seed());
    {
      const Crew crew(kProducers, [&](std::size_t producer, std::stop_token stop, Random&) {
        for (std::uint64_t n = 0; n < each; ++n) {
          const auto write = [&] { return ring.try_write(producer, Item::make(producer, n)); };
          if (!write_when_room(stop, [&] { return recorder.write(producer, write); })) return;
        }
      });
      consume_all(ring, crew, recorder, random);
    }
    REQUIRE(recorder.seen() == kProducers * each);
    REQUIRE(recorder.complaint() == "");
  }
}

TEST_CASE_TEMPLATE(
    "history: a lone writer is refused only when its shard holds capacity items that it has not seen released", S,
    WHORL_TEST_SHAPES_BY_ID) {
  for (const std::size_t capacity : {1u, 4u, 64u}) {
    CAPTURE(capacity);
    typename S::template Ring<Item> ring(capacity, 1);
    std::atomic<std::uint64_t> released{0};
    std::uint64_t wrong_refusals = 0;
    const std::uint64_t items = scaled(1'000'000);
    Ledger ledger(1);
    {
      const Crew crew(1, [&](std::size_t, std::stop_token stop, Random&) {
        whorl::Backoff wait;
        for (std::uint64_t n = 0; n < items && !stop.stop_requested();) {
          // Read before the attempt: everything the consumer said it had released by then must count as room.
          const std::uint64_t limit = released.load(std::memory_order_acquire) + capacity;
          if (ring.try_write(0, Item::make(0, n))) {
            ++n;
            wait.reset();
          } else {
            if (n < limit) ++wrong_refusals;
            wait.snooze();
          }
        }
      });
      Patience patience;
      for (bool waiting = true; waiting && ledger.seen() < items;) {
        const std::size_t got = ring.try_consume(ledger, 16);
        released.store(ledger.seen(), std::memory_order_release);
        if (got != 0) patience.progress();
        if (got == 0) waiting = patience.wait();
      }
    }
    REQUIRE(ledger.complaint() == "");
    REQUIRE(ledger.seen() == items);
    CHECK(wrong_refusals == 0);
  }
}
