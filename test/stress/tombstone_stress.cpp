// Copies that fail at random while producers write singly and in batches.
// Forbidden: an item delivered that was never written, an item before the failing one lost, a producer or the consumer
// stopped for ever by a tombstone, counts that show more delivered than accepted.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/shapes.hpp"
#include "crew.hpp"
#include "recorder.hpp"

using namespace whorl_test;

namespace {

struct Fused : std::runtime_error {
  Fused() : std::runtime_error("this item cannot be copied") {}
};

// An item that fails to be copied when its fuse is set.
struct Fragile : Item {
  Fragile(Item item, bool fused) : Item(item), fuse(fused) {}
  Fragile(Fragile&&) noexcept = default;
  Fragile(const Fragile& other) : Item(other), fuse(other.fuse) {
    if (fuse) throw Fused();
  }
  bool fuse;
};

// Offers items [first, first + size), of which the last may be fused, and then is buried, if kBuries; returns how many
// were written.
template <bool kBuries, class TryWriteSome>
std::uint64_t offer(Recorder& recorder, TryWriteSome&& try_write_some, std::size_t producer, std::uint64_t first,
                    std::size_t size, bool fused) {
  std::vector<Fragile> items;
  items.reserve(size);
  for (std::size_t k = 0; k < size; ++k) {
    items.emplace_back(Item::make(producer, first + k), fused && k + 1 == size);
  }
  const Recorder::Call call = recorder.begin(producer);
  try {
    const std::size_t written = try_write_some(std::span<const Fragile>(items));
    recorder.end(call, {.accepted = written, .found_no_room = written < size ? std::size_t{1} : 0});
    return written;
  } catch (const Fused&) {
    recorder.end(call, {.accepted = size - 1, .buried = kBuries ? std::size_t{1} : 0});
    return size - 1;
  }
}

template <bool kBuries, class Ring>
void produce(Recorder& recorder, Ring& ring, Writers<Ring>& writers, std::size_t producer, std::uint64_t items,
             std::stop_token stop, Random& random) {
  whorl::Backoff wait;
  for (std::uint64_t n = 0; n < items && !stop.stop_requested();) {
    const std::size_t size = std::min<std::size_t>(items - n, between(random, 1, 6));
    const bool fused = between(random, 0, 2) == 0;
    const auto write = [&](std::span<const Fragile> values) {
      return writers.try_write_some(producer & (ring.shard_count() - 1), values);
    };
    const std::uint64_t written = offer<kBuries>(recorder, write, producer, n, size, fused);
    n += written;
    if (written == 0) wait.snooze();
    if (written != 0) wait.reset();
  }
}

// The exclusive shapes have a producer for each shard, the shared one two.
template <class S>
void run(std::size_t shards, std::size_t capacity) {
  using Ring = typename S::template Ring<Fragile>;
  const std::size_t producers = S::kShared ? 2 * shards : shards;
  const std::uint64_t each = scaled(200'000) / producers;
  Ring ring(capacity * shards, shards);
  Writers writers(ring);
  Recorder recorder(producers, shards, capacity);
  Random random(seed());
  std::atomic<std::uint64_t> impossible_counts{0};
  {
    const Crew crew(producers, [&](std::size_t producer, std::stop_token stop, Random& dice) {
      produce<S::kShared>(recorder, ring, writers, producer, each, stop, dice);
    });
    const std::jthread observer([&](std::stop_token stop) {
      while (!stop.stop_requested()) {
        const whorl::RingStats stats = ring.stats();
        if (stats.delivered > stats.accepted) impossible_counts.fetch_add(1, std::memory_order_relaxed);
        whorl::sync::yield();
      }
    });
    consume_all(ring, crew, recorder, random);
  }
  REQUIRE(recorder.complaint() == "");
  REQUIRE(recorder.seen_of_each() == std::vector(producers, each));
  CHECK(ring.stats().accepted == recorder.seen());
  CHECK(ring.stats().delivered == recorder.seen());
  CHECK((ring.stats().tombstones != 0) == S::kShared);
  CHECK(impossible_counts.load() == 0);
}

}  // namespace

TEST_CASE_TEMPLATE("tombstones: an item that cannot be copied costs no other its place", S, WHORL_TEST_SHAPES) {
  for (const std::size_t shards : {1u, 4u}) {
    for (const std::size_t capacity : {1u, 8u, 256u}) {
      CAPTURE(shards);
      CAPTURE(capacity);
      run<S>(shards, capacity);
    }
  }
}
