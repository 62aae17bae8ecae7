// close() at a random moment while producers write.
// Forbidden: an accepted item that is not delivered, a delivered one that was not accepted, a write accepted after
// is_drained() was true.

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/shapes.hpp"
#include "crew.hpp"
#include "recorder.hpp"

using namespace whorl_test;

namespace {

constexpr std::size_t kProducers = 4;

// What one producer does until the ring is closed; returns how many of its items were accepted.
template <class TryWrite, class IsClosed>
std::uint64_t write_until_closed(Recorder& recorder, std::size_t producer, TryWrite&& try_write, IsClosed&& is_closed) {
  whorl::Backoff wait;
  for (std::uint64_t accepted = 0;;) {
    if (recorder.write(producer, [&] { return try_write(Item::make(producer, accepted)); })) {
      ++accepted;
      wait.reset();
    } else if (is_closed()) {
      return accepted;
    } else {
      wait.snooze();
    }
  }
}

template <class Ring>
std::uint64_t produce(Recorder& recorder, Ring& ring, std::size_t producer) {
  if constexpr (requires { ring.lease(); }) {
    auto lease = ring.lease();
    if (!lease) return 0;  // the ring was closed before this thread came to write
    return write_until_closed(
        recorder, producer, [&](const Item& item) { return lease->try_write(item); },
        [&] { return lease->is_closed(); });
  } else {
    return write_until_closed(
        recorder, producer, [&](const Item& item) { return ring.try_write(producer, item); },
        [&] { return ring.is_closed(); });
  }
}

// Reads until the ring is drained; `close_after` items have been seen when another thread is told to close it.
template <class Ring>
void consume_until_drained(Ring& ring, Recorder& recorder, std::uint64_t close_after) {
  std::atomic<bool> close_now{false};
  std::jthread closer([&] {
    for (whorl::Backoff wait; !close_now.load(std::memory_order_relaxed); wait.snooze()) {
    }
    recorder.closing();
    ring.close();
  });
  Patience patience;
  for (bool waiting = true; waiting && !ring.is_drained();) {
    const std::size_t got = show(ring, recorder, 64);
    if (got != 0) patience.progress();
    if (got == 0) waiting = patience.wait();
    if (recorder.seen() >= close_after) close_now.store(true, std::memory_order_relaxed);
  }
  close_now.store(true, std::memory_order_relaxed);
  REQUIRE(ring.is_drained());
}

}  // namespace

TEST_CASE_TEMPLATE("close: at any moment, what was accepted is what is delivered when the ring is drained", S,
                   WHORL_TEST_SHAPES) {
  Random random(seed());
  for (std::uint64_t round = 0; round < scaled(1'500); ++round) {
    const std::size_t each = std::size_t{1} << between(random, 0, 6);
    const std::uint64_t close_after = between(random, 0, 3) == 0 ? 0 : between(random, 0, 2'000);
    CAPTURE(each);
    CAPTURE(close_after);
    typename S::template Ring<Item> ring(each * kProducers, kProducers);
    Recorder recorder(kProducers, kProducers, each);
    std::vector<std::uint64_t> accepted(kProducers, 0);
    std::uint64_t seen_when_drained = 0;
    {
      const Crew crew(kProducers, [&](std::size_t producer, std::stop_token, Random&) {
        accepted[producer] = produce(recorder, ring, producer);
      });
      consume_until_drained(ring, recorder, close_after);
      seen_when_drained = recorder.seen();
    }
    show(ring, recorder, SIZE_MAX);
    REQUIRE(recorder.complaint() == "");
    REQUIRE(recorder.seen() == seen_when_drained);
    REQUIRE(recorder.seen_of_each() == accepted);
    CHECK(ring.stats().accepted == recorder.seen());
    CHECK(ring.size_approx() == 0);
  }
}
