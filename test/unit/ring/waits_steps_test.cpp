// A whole ring's waits, the other thread being whatever happens meanwhile. Built with WHORL_SYNC_HEADER =
// support/counting_seam.hpp, which records every step instead of waiting.

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "../../support/elements.hpp"
#include "../../support/shapes.hpp"

using namespace std::chrono_literals;
using namespace whorl;
namespace seam = whorl::sync;
using whorl_test::Writers;
using Pointer = std::unique_ptr<std::uint64_t>;

namespace {

template <class S>
using Ring = typename S::template Ring<std::uint64_t>;

// Does `then` at step number `at` of any wait, asleep or awake.
void at_step(int at, std::function<void()> then) {
  seam::start_over();
  const auto count = [left = at, then = std::move(then)]() mutable {
    if (--left == 0) then();
  };
  seam::on_step = seam::on_park = count;
}

constexpr BlockingWait kAtOnce{0, 0};

// Patience of every sort that lasts as long as it takes.
template <class F>
void with_each_patience(F&& f) {
  for (const WriteWait wait : {WriteWait::spin, WriteWait::yield, WriteWait::sleep, WriteWait::exponential,
                               WriteWait::adaptive, WriteWait::park}) {
    f(WritePolicy{.wait = wait});
    f(WritePolicy{.wait = wait, .max_retries = 10});
  }
  f(WritePolicy{});
  f(kAtOnce);
  f(BusySpinWait{});
  f(YieldingWait{});
  f(SleepingWait{});
  f(PhasedBackoffWait<>{});
}

template <class F>
void with_each_wait(F&& f) {
  f(BlockingWait{});
  f(kAtOnce);
  f(BusySpinWait{});
  f(YieldingWait{});
  f(SleepingWait{});
  f(ExponentialWait{});
  f(AdaptiveWait{});
  f(PhasedBackoffWait<>{});
}

}  // namespace

TEST_CASE_TEMPLATE("waiting write: with room it writes at once, whatever the deadline and whoever asks to stop", S,
                   WHORL_TEST_SHAPES) {
  std::stop_source source;
  source.request_stop();
  with_each_patience([&](const auto& patience) {
    seam::start_over();
    Ring<S> ring(8, 2);
    Writers writers(ring);
    CHECK(writers.write(1, std::uint64_t{1}, patience) == WriteResult::ok);
    CHECK(writers.write(1, std::uint64_t{2}, patience, Until(0ns)) == WriteResult::ok);
    CHECK(writers.write(1, std::uint64_t{3}, patience, Until(source.get_token())) == WriteResult::ok);
    CHECK(seam::trace.empty());
    CHECK(ring.stats() == RingStats{3, 0, 0, 0, 0, 0});
  });
}

TEST_CASE_TEMPLATE("waiting write: writes when the consumer has made room, in its order, and moves the value then", S,
                   WHORL_TEST_SHAPES) {
  with_each_patience([&](const auto& patience) {
    typename S::template Ring<Pointer> ring(1, 1);
    Writers writers(ring);
    for (std::uint64_t n = 0; n < 3; ++n) {
      Pointer value = std::make_unique<std::uint64_t>(n);
      at_step(n == 2 ? 1 : 0, [&] {
        CHECK(value != nullptr);
        CHECK(**ring.try_read() == 1);
      });
      CHECK(writers.write(0, std::move(value), patience) == WriteResult::ok);
      CHECK(value == nullptr);
      if (n == 0) CHECK(**ring.try_read() == 0);
    }
    CHECK(**ring.try_read() == 2);
    const RingStats stats = ring.stats();
    CHECK(stats.accepted == 3);
    CHECK(stats.refused == 0);
    CHECK(stats.backoffs >= 1);
  });
}

TEST_CASE_TEMPLATE("waiting write: on a full ring it ends at the deadline, and the value is untouched", S,
                   WHORL_TEST_SHAPES) {
  with_each_patience([&](const auto& patience) {
    seam::start_over();
    seam::look_time = 50us;
    typename S::template Ring<Pointer> ring(1, 1);
    Writers writers(ring);
    CHECK(writers.write(0, std::make_unique<std::uint64_t>(1)) == WriteResult::ok);
    Pointer value = std::make_unique<std::uint64_t>(2);
    CHECK(writers.write(0, std::move(value), patience, Until(0ns)) == WriteResult::timed_out);
    const Until until(1ms);
    CHECK(writers.write(0, std::move(value), patience, until) == WriteResult::timed_out);
    CHECK(seam::time_now >= until.deadline().time_since_epoch());
    CHECK(*value == 2);
    CHECK(ring.stats().refused == 2);
    CHECK(ring.stats().offered() == 3);
  });
}

TEST_CASE_TEMPLATE("waiting write: ends when the ring is closed, before or meanwhile, and the value is untouched", S,
                   WHORL_TEST_SHAPES) {
  with_each_patience([&](const auto& patience) {
    typename S::template Ring<Pointer> ring(1, 1);
    Writers writers(ring);
    CHECK(writers.write(0, std::make_unique<std::uint64_t>(1)) == WriteResult::ok);
    Pointer value = std::make_unique<std::uint64_t>(2);
    at_step(1, [&] { ring.close(); });
    CHECK(writers.write(0, std::move(value), patience) == WriteResult::closed);
    seam::start_over();
    CHECK(writers.write(0, std::move(value), patience) == WriteResult::closed);
    CHECK(**ring.try_read() == 1);
    CHECK(writers.write(0, std::move(value), patience) == WriteResult::closed);  // room makes no difference
    CHECK(seam::trace.empty());
    CHECK(*value == 2);
    CHECK(ring.stats().refused == 3);
  });
}

TEST_CASE_TEMPLATE("waiting write: ends when a stop is requested, before or meanwhile, and the value is untouched", S,
                   WHORL_TEST_SHAPES) {
  with_each_patience([&](const auto& patience) {
    typename S::template Ring<Pointer> ring(1, 1);
    Writers writers(ring);
    CHECK(writers.write(0, std::make_unique<std::uint64_t>(1)) == WriteResult::ok);
    Pointer value = std::make_unique<std::uint64_t>(2);
    std::stop_source source;
    at_step(1, [&] { source.request_stop(); });
    CHECK(writers.write(0, std::move(value), patience, Until(source.get_token())) == WriteResult::stopped);
    seam::start_over();
    CHECK(writers.write(0, std::move(value), patience, Until(source.get_token())) == WriteResult::stopped);
    CHECK(seam::trace.empty());
    CHECK(*value == 2);
    CHECK(ring.stats().refused == 2);
  });
}

TEST_CASE_TEMPLATE("waiting write: gives up after its rounds, and counts its waits where it has waited", S,
                   WHORL_TEST_SHAPES) {
  for (const bool count : {true, false}) {
    seam::start_over();
    Ring<S> ring(2, 2, {.count = count});
    Writers writers(ring);
    CHECK(writers.write(1, std::uint64_t{1}) == WriteResult::ok);
    const WritePolicy policy{.wait = WriteWait::sleep, .max_retries = 3, .max_backoffs = 5};
    CHECK(writers.write(1, std::uint64_t{2}, policy) == WriteResult::full);
    CHECK(seam::trace == "ssss");
    CHECK(ring.stats(0) == RingStats{});
    CHECK(ring.stats(1) == (count ? RingStats{1, 1, 0, 0, 4, 0} : RingStats{1, 0, 0, 0, 0, 0}));
    CHECK(ring.stats() == ring.stats(1));
  }
}

TEST_CASE_TEMPLATE("waiting write: counts how often it has slept in the kernel, unless told not to", S,
                   WHORL_TEST_SHAPES) {
  for (const bool count : {true, false}) {
    Ring<S> ring(1, 1, {.count = count});
    Writers writers(ring);
    CHECK(writers.write(0, std::uint64_t{1}) == WriteResult::ok);
    seam::start_over();
    CHECK(writers.write(0, std::uint64_t{2}, BlockingWait{0, 0, 10us}, Until(25us)) == WriteResult::timed_out);
    CHECK(seam::trace == "kkk");
    CHECK(ring.stats().parks == (count ? 3 : 0));
    CHECK(ring.stats().refused == (count ? 1 : 0));
  }
}

TEST_CASE_TEMPLATE("waiting write: by id, for a time, until a time, and in rounds with sleeps", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  seam::start_over();
  Ring<S> ring(4, 2);
  CHECK(ring.write_for(5, std::uint64_t{1}, 1s) == WriteResult::ok);
  CHECK(ring.write_until(5, std::uint64_t{2}, Until::Time(0s)) == WriteResult::ok);
  CHECK(ring.write_for(5, std::uint64_t{3}, 3ms) == WriteResult::timed_out);
  CHECK(seam::time_now == 1003ms + 999s);
  CHECK(ring.write_until(5, std::uint64_t{3}, Until::Time(1004s)) == WriteResult::timed_out);
  CHECK(seam::time_now == 1004s);
  std::stop_source source;
  source.request_stop();
  CHECK(ring.write_for(5, std::uint64_t{3}, 3ms, WritePolicy{}, source.get_token()) == WriteResult::stopped);
  CHECK(ring.write_until(5, std::uint64_t{3}, Until::Time(2000s), YieldingWait{}, source.get_token()) ==
        WriteResult::stopped);
  seam::start_over();
  CHECK(ring.write_with_backoff(5, std::uint64_t{3}, {.max_retries = 2, .backoff = 7us, .max_backoffs = 3}) ==
        WriteResult::full);
  CHECK(seam::naps == std::vector<std::chrono::nanoseconds>{7us, 7us});
  CHECK(ring.write_with_backoff(5, std::uint64_t{3}, {}, Until(350us)) == WriteResult::timed_out);
  CHECK(ring.stats(1).accepted == 2);
  CHECK(ring.stats(0).accepted == 0);
}

TEST_CASE_TEMPLATE("waiting write: one that may go elsewhere finds the room there, though nobody wakes it", S,
                   WHORL_TEST_SHAPES_BY_ID) {
  for (const ShardChoice choice : {ShardChoice::round_robin, ShardChoice::random}) {
    Ring<S> ring(4, 4);
    for (std::uint64_t n = 0; n < 4; ++n) CHECK(ring.write(n, n) == WriteResult::ok);
    std::vector<std::uint64_t> kept;
    at_step(112, [&] { kept.push_back(*ring.try_read()); });  // asleep by then; it is shard 0 that has room now
    CHECK(ring.write(2, std::uint64_t{9}, WritePolicy{.shards = choice}) == WriteResult::ok);
    CHECK(kept == std::vector<std::uint64_t>{0});
    CHECK(ring.stats(0).accepted == 2);
    CHECK(ring.stats(2).backoffs > 0);
    CHECK(ring.stats(2).parks > 0);
  }
}

TEST_CASE_TEMPLATE("wait_readable: says what there is at once, without a step", S, WHORL_TEST_SHAPES) {
  with_each_wait([&](const auto& wait) {
    seam::start_over();
    Ring<S> ring(8, 2);
    Writers writers(ring);
    CHECK(writers.try_write(1, std::uint64_t{1}));
    CHECK(ring.wait_readable(wait) == ReadResult::ready);
    CHECK(ring.wait_readable(wait, Until(0ns)) == ReadResult::ready);
    ring.close();
    writers.give_back();
    CHECK(ring.wait_readable(wait) == ReadResult::ready);  // accepted items first
    CHECK(ring.try_read() == 1);
    CHECK(ring.wait_readable(wait) == ReadResult::closed);
    CHECK(ring.wait_readable(wait, Until(0ns)) == ReadResult::closed);
    CHECK(seam::trace.empty());
  });
}

TEST_CASE_TEMPLATE("wait_readable: waits for an item, which the next read finds, wherever it comes", S,
                   WHORL_TEST_SHAPES) {
  with_each_wait([&](const auto& wait) {
    for (const std::size_t shards : {1u, 8u, 16u, 128u}) {
      CAPTURE(shards);
      Ring<S> ring(2 * shards, shards);
      Writers writers(ring);
      for (std::uint64_t n = 0; n < 3; ++n) {
        at_step(1, [&] { CHECK(writers.try_write((n * 31) % shards, std::uint64_t{n})); });
        CHECK(ring.wait_readable(wait, Until(1h)) == ReadResult::ready);
        CHECK(ring.try_read() == n);
        CHECK(ring.try_read() == std::nullopt);
      }
    }
  });
}

TEST_CASE_TEMPLATE("wait_readable: ends at the deadline, at a stop, and when the ring is closed", S,
                   WHORL_TEST_SHAPES) {
  with_each_wait([&](const auto& wait) {
    Ring<S> ring(8, 2);
    Writers writers(ring);
    seam::start_over();
    seam::look_time = 50us;
    CHECK(ring.wait_readable(wait, Until(0ns)) == ReadResult::timed_out);
    CHECK(ring.wait_readable(wait, Until(1ms)) == ReadResult::timed_out);
    CHECK(seam::time_now >= 1000s + 1ms);
    std::stop_source source;
    at_step(1, [&] { source.request_stop(); });
    CHECK(ring.wait_readable(wait, source.get_token()) == ReadResult::stopped);
    CHECK(ring.wait_readable(wait, source.get_token()) == ReadResult::stopped);
    at_step(1, [&] {
      ring.close();
      writers.give_back();
    });
    CHECK(ring.wait_readable(wait) == ReadResult::closed);
  });
}

TEST_CASE_TEMPLATE("wait_readable: a closed ring is not at its end before the last lease has been given back", S,
                   WHORL_TEST_SHAPES_BY_LEASE) {
  Ring<S> ring(8, 2);
  Writers writers(ring);
  ring.close();
  seam::start_over();
  CHECK(ring.wait_readable(kAtOnce, Until(1ms)) == ReadResult::timed_out);
  at_step(1, [&] { writers.give_back(); });
  CHECK(ring.wait_readable(kAtOnce) == ReadResult::closed);
  CHECK(seam::trace == "k");
}

TEST_CASE_TEMPLATE("wait_readable: tombstones are nothing to read", S, WHORL_TEST_SHAPES_BY_ID) {
  using whorl_test::Tracked;
  seam::start_over();
  typename S::template Ring<Tracked> ring(8, 2);
  const Tracked item(1);
  Tracked::fail_after(0);
  CHECK_THROWS_AS((void)ring.try_write(0, item), whorl_test::CopyFailed);
  Tracked::never_fail();
  {
    const auto dropped = ring.try_claim(1, 4);
  }
  CHECK(ring.wait_readable(kAtOnce, Until(1ms)) == ReadResult::timed_out);
  CHECK(ring.try_claim(1, 4, 4).size() == 4);  // their room has come back
  CHECK(ring.wait_readable(kAtOnce, Until(1ms)) == ReadResult::timed_out);
  at_step(1, [&] { CHECK(ring.try_write(0, item)); });
  CHECK(ring.wait_readable() == ReadResult::ready);
  CHECK(ring.try_read()->number == 1);
  ring.close();
  CHECK(ring.wait_readable() == ReadResult::closed);
  CHECK(ring.stats().tombstones == 9);
}

TEST_CASE_TEMPLATE("wait_readable: an open range is nothing to read until it is published", S, WHORL_TEST_SHAPES) {
  Ring<S> ring(8, 2);
  Writers writers(ring);
  auto range = writers.try_claim(1, 2);
  range.emplace(std::uint64_t{5});
  seam::start_over();
  CHECK(ring.wait_readable(kAtOnce, Until(1ms)) == ReadResult::timed_out);
  at_step(1, [&] { range.publish(); });
  CHECK(ring.wait_readable(kAtOnce) == ReadResult::ready);
  CHECK(ring.try_read() == 5);
}

TEST_CASE_TEMPLATE("wait_readable: counts how often the consumer has slept", S, WHORL_TEST_SHAPES) {
  Ring<S> ring(8, 2);
  seam::start_over();
  CHECK(ring.wait_readable(BlockingWait{5, 5, 10us}, Until(25us)) == ReadResult::timed_out);
  CHECK(seam::trace == "pppppyyyyykkk");
  CHECK(ring.reader_parks() == 3);
  CHECK(ring.stats().parks == 0);  // those are producers'
}

TEST_CASE_TEMPLATE("read_batch: ends when it is full, lingering no longer than it must", S, WHORL_TEST_SHAPES) {
  Ring<S> ring(8, 2);
  Writers writers(ring);
  for (std::uint64_t n = 0; n < 3; ++n) CHECK(writers.try_write(0, std::uint64_t{n}));
  seam::start_over();
  std::array<std::uint64_t, 2> out{};
  CHECK(ring.read_batch(std::span(out), 1h) == 2);
  CHECK(out == std::array<std::uint64_t, 2>{0, 1});
  CHECK(ring.read_batch(std::span(out).first(0), 1h) == 0);
  CHECK(seam::trace.empty());
  at_step(1, [&] { CHECK(writers.try_write(1, std::uint64_t{7})); });
  CHECK(ring.read_batch(std::span(out), 1h, kAtOnce) == 2);
  CHECK(out == std::array<std::uint64_t, 2>{2, 7});
  CHECK(seam::trace == "k");
}

TEST_CASE_TEMPLATE("read_batch: gives what there is after the linger, at a stop, or at the end of the ring", S,
                   WHORL_TEST_SHAPES) {
  with_each_wait([&](const auto& wait) {
    Ring<S> ring(8, 2);
    Writers writers(ring);
    std::array<std::uint64_t, 8> out{};
    seam::start_over();
    seam::look_time = 50us;
    CHECK(writers.try_write(0, std::uint64_t{1}));
    CHECK(ring.read_batch(std::span(out), 0ns, wait) == 1);
    CHECK(writers.try_write(0, std::uint64_t{1}));
    CHECK(ring.read_batch(std::span(out), 1ms, wait) == 1);
    CHECK(seam::time_now >= 1000s + 1ms);
    std::stop_source source;
    CHECK(writers.try_write(0, std::uint64_t{1}));
    at_step(1, [&] { source.request_stop(); });
    CHECK(ring.read_batch(std::span(out), 1h, wait, source.get_token()) == 1);
    CHECK(writers.try_write(0, std::uint64_t{1}));
    at_step(1, [&] {
      CHECK(writers.try_write(1, std::uint64_t{2}));
      ring.close();
      writers.give_back();
    });
    CHECK(ring.read_batch(std::span(out), 1h, wait) == 2);
    CHECK(ring.read_batch(std::span(out), 1h, wait) == 0);
  });
}

TEST_CASE_TEMPLATE("ShardedRing: where barriers cannot be one-sided everything is as it is elsewhere", S,
                   WHORL_TEST_SHAPES) {
  for (const std::size_t shards : {1u, 16u}) {
    seam::start_over();
    seam::one_sided = false;
    Ring<S> ring(shards, shards);
    seam::one_sided = true;  // nobody asks again
    Writers writers(ring);
    for (int i = 0; i < 3000; ++i) CHECK(ring.try_read() == std::nullopt);
    for (std::uint64_t n = 0; n < 10; ++n) {
      at_step(1, [&] { CHECK(writers.try_write(n % shards, std::uint64_t{n})); });
      CHECK(ring.wait_readable(kAtOnce) == ReadResult::ready);
      at_step(1, [&] { CHECK(ring.try_read() == n); });
      CHECK(writers.write(n % shards, std::uint64_t{n}, kAtOnce) == WriteResult::ok);
      CHECK(ring.try_read() == n);
    }
    CHECK(ring.stats().parks == 10);
  }
}
