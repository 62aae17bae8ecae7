// No memory at the n-th request, for every n. This program has an operator new of its own, which fails when told so.

#include <dirent.h>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>
#include <whorl/disruptor/disruptor.hpp>
#include <whorl/whorl.hpp>

#include "../support/allocations.hpp"  // for kCountsAllocations alone
#include "../support/disruptors.hpp"
#include "../support/shapes.hpp"
#include "figure.hpp"

namespace {

std::atomic<std::int64_t> live{0};
std::atomic<std::int64_t> before_failure{-1};  // requests that are granted until one fails; negative: none fails

#if !defined(WHORL_TEST_KEEPS_OPERATOR_NEW)
void* given(std::size_t bytes, std::size_t alignment) {
  if (before_failure >= 0 && before_failure-- == 0) throw std::bad_alloc();
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, bytes == 0 ? 1 : bytes) != 0) throw std::bad_alloc();
  ++live;
  return memory;
}
void taken_back(void* memory) {
  if (memory != nullptr) --live;
  std::free(memory);
}
#endif

}  // namespace

#if !defined(WHORL_TEST_KEEPS_OPERATOR_NEW)
// The array and nothrow forms call these.
void* operator new(std::size_t bytes) { return given(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return given(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { taken_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { taken_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { taken_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { taken_back(memory); }
#endif

using namespace whorl_test;

namespace {

std::size_t threads_of_this_process() {
  DIR* const folder = opendir("/proc/self/task");
  if (folder == nullptr) return 0;
  std::size_t count = 0;
  while (const dirent* entry = readdir(folder)) count += entry->d_name[0] != '.' ? 1 : 0;
  closedir(folder);
  return count;
}
// Who has been joined may be listed for a moment more: also when the expectation was taken down, which may be too high then.
std::size_t threads_when_at_rest(std::size_t expected) {
  for (int look = 0; look < 1000 && threads_of_this_process() > expected; ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return threads_of_this_process();
}

// Calls `call` with the first request for memory failing, then the second, until it needs no more than are granted.
// Returns how many failed: each must come out as bad_alloc and leave nothing behind.
template <class Call>
std::int64_t fail_each(Call&& call) {
  std::thread([] {}).join();  // with the first one ThreadSanitizer starts a thread of its own, which stays
  const std::int64_t live_before = live;
  const std::size_t threads_before = threads_of_this_process();
  std::int64_t wrong = 0;
  std::int64_t failures = 0;
  for (bool done = false; !done && failures < 10'000; ++failures) {
    before_failure = failures;
    try {
      call();
      done = true;
    } catch (const std::bad_alloc&) {
    }
    before_failure = -1;
    wrong += live == live_before ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(threads_when_at_rest(threads_before) <= threads_before);
  return failures - 1;
}

// Without an operator new of ours there is nothing to fail.
const bool kSkipped = !kCountsAllocations;

using Text = std::string;
const char* const kLong = "a text too long for the place that a string has in itself";

}  // namespace

TEST_CASE_TEMPLATE("fault 13: a ring is built, or all that was taken is given back" * doctest::skip(kSkipped), S,
                   WHORL_TEST_SHAPES) {
  using Shard = typename S::template Shard<Text>;
  using Ring = typename S::template Ring<Text>;
  for (const std::size_t capacity : {1u, 8u, 4096u}) {
    CHECK(fail_each([&] { const Shard shard(capacity); }) == 1);
    for (const std::size_t shards : {1u, 4u, 128u}) {
      if (capacity * shards > 20'000) continue;
      CAPTURE(capacity);
      CAPTURE(shards);
      // The cells of each shard, the shards, and what the doorbell keeps.
      CHECK(fail_each([&] { const Ring ring(capacity * shards, shards); }) >= static_cast<std::int64_t>(shards) + 2);
    }
  }
}

TEST_CASE_TEMPLATE("fault 13: a refusal that cannot find its words takes nothing either" * doctest::skip(kSkipped), S,
                   WHORL_TEST_SHAPES) {
  using Shard = typename S::template Shard<Text>;
  using Ring = typename S::template Ring<Text>;
  const auto refused = [](auto&& make) {
    bool said = false;
    const std::int64_t failures = fail_each([&] {
      try {
        make();
      } catch (const std::invalid_argument&) {
        said = true;
      }
    });
    CHECK(said);
    return failures;
  };
  CHECK(refused([] { const Shard shard(3); }) > 0);
  CHECK(refused([] { const Ring ring(3, 1); }) > 0);
  CHECK(refused([] { const Ring ring(8, 3); }) > 0);
  CHECK(refused([] { const Ring ring(8, 8, {.quota = 0}); }) > 0);
}

TEST_CASE_TEMPLATE("fault 13: leases, ranges, writers, reads and waits ask for no memory" * doctest::skip(kSkipped), S,
                   WHORL_TEST_SHAPES) {
  typename S::template Ring<std::uint64_t> ring(64, 16);
  std::stop_source stop;
  std::uint64_t wrong = 0;  // no REQUIRE where memory fails: it would take the exception for itself
  const auto expect = [&](bool so) { wrong += so ? 0 : 1; };
  const auto write_four = [&](auto& to) {
    expect(to.try_write(1u));
    expect(to.write(2u, stop.get_token()) == whorl::WriteResult::ok);
    expect(to.write(3u, std::chrono::milliseconds(1)) == whorl::WriteResult::ok);
  };
  const auto fill_one = [&](auto cells) {
    cells.emplace(4u);
    cells.publish();
  };
  const std::int64_t failures = fail_each([&] {
    if constexpr (S::kShared) {
      auto writer = ring.writer(3);
      write_four(writer);
      fill_one(ring.try_claim(3, 1));
      expect(ring.write_for(3, 5u, std::chrono::microseconds(1)) == whorl::WriteResult::timed_out);
    } else {
      auto lease = ring.lease();
      write_four(*lease);
      fill_one(lease->try_claim(1));
      expect(lease->write(5u, std::chrono::microseconds(1)) == whorl::WriteResult::timed_out);
    }
    expect(ring.wait_readable(stop.get_token()) == whorl::ReadResult::ready);
    expect(ring.try_read().has_value());
    expect(ring.try_consume([](std::uint64_t&) {}, 64) == 3);
    const whorl::Until soon(std::chrono::microseconds(1), stop.get_token());
    expect(ring.wait_readable(soon) == whorl::ReadResult::timed_out);
    static_cast<void>(ring.stats());
  });
  CHECK(failures == 0);
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("fault 13: an element that finds no memory costs its own place, and the ring goes on" *
                       doctest::skip(kSkipped),
                   S, WHORL_TEST_SHAPES) {
  std::optional<typename S::template Ring<Text>> ring;
  ring.emplace(8, 1);
  Writers writers(*ring);
  const std::vector<Text> texts(4, kLong);
  std::uint64_t wrong = 0;
  // What was written before a failure is read after it; nothing is kept.
  const auto read = [&] {
    before_failure = -1;
    std::size_t whole = 0;
    const std::size_t got = ring->try_consume([&](Text& text) { whole += text == kLong ? 1 : 0; }, 100);
    wrong += whole == got ? 0 : 1;
    return got;
  };
  for (int round = 0; round < 3; ++round) {
    const std::int64_t failures = fail_each([&] {
      std::size_t written = 0;
      try {
        written += writers.try_write(0, texts[0]);
        written += writers.try_write_some(0, std::span<const Text>(texts));
      } catch (const std::bad_alloc&) {
        const std::size_t got = read();
        wrong += written <= got && got < 5 ? 0 : 1;
        throw;
      }
      wrong += written == 5 && read() == 5 ? 0 : 1;
    });
    CHECK(failures == 5);
  }
  CHECK(wrong == 0);
  CHECK(ring->stats().delivered == ring->stats().accepted);
  CHECK((ring->stats().tombstones != 0) == S::kShared);
}

TEST_CASE_TEMPLATE("fault 13: a Disruptor is built and started, or ends with all that was taken" *
                       doctest::skip(kSkipped),
                   F, WHORL_TEST_FLOWS) {
  const auto handler = [](const std::uint64_t&) {};
  const std::int64_t failures = fail_each([&] {
    typename F::template Of<std::uint64_t> d({.capacity = 4, .name = kLong, .dynamic = true});
    const whorl::NodeId first = d.handle(handler, {.name = kLong});
    const auto poller = d.poller({.after = {first}});
    d.start();
    const whorl::NodeId late = d.handle(handler, {.after = {first}});
    d.handle(handler, {.after = {late, poller.id()}});
  });
  CHECK(failures > 20);
}

TEST_CASE_TEMPLATE("fault 13: a node that finds no memory leaves its Disruptor as it was" * doctest::skip(kSkipped), F,
                   WHORL_TEST_FLOWS) {
  std::int64_t failures = 0;
  for (bool done = false; !done; ++failures) {
    CAPTURE(failures);
    typename F::template Of<std::uint64_t> d({.capacity = 2});
    auto first = d.poller();
    std::uint64_t handled = 0;
    before_failure = failures;
    try {
      d.handle([&](const std::uint64_t&) { ++handled; }, {.after = {first.id()}});
      done = true;
    } catch (const std::bad_alloc&) {
    }
    before_failure = -1;
    d.start();
    // Producers wait for the last that there is, and for nobody else.
    auto producer = producer_of(d);
    const auto fill = [](std::uint64_t& e) { e = 1; };
    std::uint64_t read = 0;
    for (int lap = 0; lap < 3; ++lap) {
      CHECK(producer.try_publish_batch(2, fill) == whorl::PublishResult::ok);
      CHECK(producer.try_publish(fill) == whorl::PublishResult::full);
      first.poll([&](std::uint64_t& e) { read += e; });
      REQUIRE(d.drain_for({}));
    }
    d.close();
    d.join();
    CHECK(read == 6);
    CHECK(handled == (done ? 6 : 0));
  }
  CHECK(failures > 3);
}

TEST_CASE("fault 13: workers one of which finds no memory are none of them there" * doctest::skip(kSkipped)) {
  std::int64_t failures = 0;
  for (bool done = false; !done; ++failures) {
    CAPTURE(failures);
    whorl::Disruptor<std::uint64_t, whorl::Sharded<whorl::Shared>> d({.capacity = 8, .shards = 4});
    auto first = d.poller();
    std::atomic<std::uint64_t> handled = 0;
    const whorl::HandlerOptions options{.name = kLong, .after = {first.id()}};
    before_failure = failures;
    try {
      d.handle_divided(3, [&](std::size_t) { return [&](const std::uint64_t&) { ++handled; }; }, options);
      done = true;
    } catch (const std::bad_alloc&) {
    }
    before_failure = -1;
    REQUIRE(d.stats().nodes.size() == (done ? 4 : 1));
    d.start();
    // Producers wait for the last that there is, and for nobody else.
    const auto fill = [](std::uint64_t& e) { e = 1; };
    std::uint64_t read = 0;
    for (int lap = 0; lap < 3; ++lap) {
      for (std::uint64_t shard = 0; shard < 4; ++shard) {
        CHECK(d.producer(shard).try_publish_batch(2, fill) == whorl::PublishResult::ok);
        CHECK(d.producer(shard).try_publish(fill) == whorl::PublishResult::full);
      }
      while (first.poll([&](std::uint64_t& e) { read += e; }) == whorl::PollState::processing) {
      }
      REQUIRE(d.drain_for({}));
    }
    d.close();
    d.join();
    CHECK(read == 24);
    CHECK(handled == (done ? 24 : 0));
  }
  CHECK(failures > 10);
}

TEST_CASE_TEMPLATE("fault 13: a node that comes late and finds no memory was never there" * doctest::skip(kSkipped), F,
                   WHORL_TEST_FLOWS) {
  typename F::template Of<std::uint64_t> d({.capacity = 2, .dynamic = true});
  auto first = d.poller();
  d.start();
  auto producer = producer_of(d);
  const auto fill = [](std::uint64_t& e) { e = 1; };
  std::uint64_t wrong = 0;
  std::optional<whorl::NodeId> late;
  std::int64_t failures = 0;
  for (; !late; ++failures) {
    before_failure = failures;
    try {
      late = d.handle([](const std::uint64_t&) {}, {.after = {first.id()}});
    } catch (const std::bad_alloc&) {
    }
    before_failure = -1;
    wrong += producer.try_publish_batch(2, fill) == whorl::PublishResult::ok ? 0 : 1;
    first.poll([](std::uint64_t&) {});
    wrong += d.drain_for({}) ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(failures > 3);
  CHECK(d.stats().nodes.size() == 2);
  CHECK(d.remove(*late));
  CHECK(d.remove(first.id()));
}
