// The history of one shard, write by write.
// Forbidden: a write that had returned before another began is read after it, whoever wrote the two; a write refused as
// full although, as far as the writer could know, fewer than capacity items lay in the shard.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/shapes.hpp"
#include "crew.hpp"
#include "ledger.hpp"

using namespace whorl_test;

namespace {

// When a write was begun and when it had returned, on a clock that all threads share.
struct Span {
  std::uint64_t begun = 0;
  std::uint64_t returned = 0;
};

}  // namespace

TEST_CASE_TEMPLATE("history: of two writes to a shard, one after the other, the first is read first", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  constexpr std::size_t kProducers = 4;
  const std::uint64_t each = scaled(100'000);
  for (const std::size_t capacity : {1u, 4u, 256u}) {
    CAPTURE(capacity);
    typename S::template Ring<Item> ring(capacity, 1);
    std::atomic<std::uint64_t> clock{0};
    std::vector spans(kProducers, std::vector<Span>(each));
    std::vector<Item> order;
    Random random(seed());
    order.reserve(kProducers * each);
    {
      const Crew crew(kProducers, [&](std::size_t producer, std::stop_token stop, Random&) {
        for (std::uint64_t n = 0; n < each; ++n) {
          Span& span = spans[producer][n];
          const auto write = [&] {
            span.begun = clock.fetch_add(1);
            return ring.try_write(producer, Item::make(producer, n));
          };
          if (!write_when_room(stop, write)) return;
          span.returned = clock.fetch_add(1);
        }
      });
      consume_all(ring, crew, [&](const Item& item) { order.push_back(item); }, random);
    }
    REQUIRE(order.size() == kProducers * each);
    // In the order read, no write may have returned before an earlier one in that order had begun.
    std::uint64_t latest_begun = 0;
    std::uint64_t inversions = 0;
    for (const Item& item : order) {
      const Span& span = spans[item.producer][item.number];
      if (span.returned < latest_begun) ++inversions;
      latest_begun = std::max(latest_begun, span.begun);
    }
    CHECK(inversions == 0);
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
