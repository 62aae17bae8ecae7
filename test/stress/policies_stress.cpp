// Every write policy, and every wait strategy in its place, on rings that are full most of the time.
// Forbidden: an item lost, delivered twice or torn; one that overtakes another of its producer, where the policy keeps a
// producer on its shard; memory allocated between a start and a stop.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../support/allocations.hpp"
#include "crew.hpp"
#include "recorder.hpp"
#include "watchdog.hpp"

using namespace whorl_test;
using Ring = whorl::ShardedRing<Item>;
using std::chrono::microseconds;
using whorl::ShardChoice;
using whorl::WritePolicy;
using whorl::WriteWait;

namespace {

constexpr std::size_t kProducers = 3;

// That every item came, exactly once, in any order.
class Roll {
 public:
  Roll(std::size_t producers, std::uint64_t each) : seen_(producers, std::vector<bool>(each, false)) {}

  void operator()(const Item& item) {
    const bool known = item.producer < seen_.size() && item.number < seen_[item.producer].size() &&
                       item.seal == Item::seal_of(item.producer, item.number);
    if (!known) return static_cast<void>(++wrong_);
    if (seen_[item.producer][item.number]) ++wrong_;
    seen_[item.producer][item.number] = true;
    ++count_;
  }
  std::uint64_t wrong() const { return wrong_; }
  std::uint64_t count() const { return count_; }

 private:
  std::vector<std::vector<bool>> seen_;
  std::uint64_t wrong_ = 0;
  std::uint64_t count_ = 0;
};

// Writes an item of `producer`, and lets a recorder know.
template <class See, class Write>
whorl::WriteResult tell(See&, std::size_t, Write&& write) {
  return write();
}
template <class Write>
whorl::WriteResult tell(Recorder& recorder, std::size_t producer, Write&& write) {
  return recorder.write(producer, write);
}

// Three producers write `each` items with a writer each; the consumer shows them to `see` and waits by `wait` meanwhile.
// Returns what was allocated between the first item and the last.
template <class P, class Wait, class See>
std::uint64_t run(Ring& ring, const P& patience, const Wait& wait, std::uint64_t each, See& see) {
  Watchdog watchdog("policies");
  std::atomic<std::size_t> ready{0};
  std::atomic<bool> go{false};
  std::atomic<bool> leave{false};
  const auto until = [](auto&& condition) {
    for (whorl::Backoff pause; !condition(); pause.snooze()) {
    }
  };
  const Crew crew(kProducers, [&](std::size_t producer, std::stop_token stop, Random&) {
    auto writer = ring.writer(producer, patience);
    ++ready;
    until([&] { return go || stop.stop_requested(); });
    for (std::uint64_t n = 0; n < each; ++n) {
      const auto write = [&] { return writer.write(Item::make(producer, n), stop); };
      if (tell(see, producer, write) != whorl::WriteResult::ok) break;
    }
    until([&] { return leave || stop.stop_requested(); });
  });
  until([&] { return ready == kProducers; });
  const Allocations before = allocations();
  go = true;
  for (std::uint64_t left = kProducers * each; left != 0;) {
    if (ring.wait_readable(wait) != whorl::ReadResult::ready) break;
    left -= show(ring, see, 64);
    watchdog.progress();
  }
  const Allocations after = allocations();
  leave = true;
  return after.plain + after.aligned - before.plain - before.aligned;
}

template <class Body>
void for_every_policy(Body&& body) {
  for (const WriteWait wait : {WriteWait::none, WriteWait::spin, WriteWait::yield, WriteWait::sleep,
                               WriteWait::exponential, WriteWait::adaptive, WriteWait::park}) {
    for (const ShardChoice choice : {ShardChoice::affinity, ShardChoice::round_robin, ShardChoice::random}) {
      CAPTURE(static_cast<int>(wait));
      CAPTURE(static_cast<int>(choice));
      body(WritePolicy{.shards = choice,
                       .wait = wait,
                       .max_retries = 3,
                       .pause = microseconds(10),
                       .longest_pause = microseconds(200),
                       .warm = 10,
                       .idle = 10});
    }
  }
}

}  // namespace

TEST_CASE("policies: every item comes once, and in its producer's order where that stays on its shard") {
  for_every_policy([](const WritePolicy& policy) {
    // Spinning threads, more than there are CPUs, take turns by time slices.
    const bool spins = policy.wait == WriteWait::none || policy.wait == WriteWait::spin;
    const std::uint64_t each = scaled(spins ? 2'000 : 5'000);
    for (const std::size_t capacity : {1u, 8u}) {
      CAPTURE(capacity);
      Ring ring(capacity * 4, 4);
      if (policy.shards == ShardChoice::affinity) {
        Recorder recorder(kProducers, 4, capacity);
        run(ring, policy, whorl::YieldingWait{.spins = 10}, each, recorder);
        REQUIRE(recorder.complaint() == "");
        REQUIRE(recorder.seen_of_each() == std::vector(kProducers, each));
      } else {
        Roll roll(kProducers, each);
        run(ring, policy, whorl::YieldingWait{.spins = 10}, each, roll);
        REQUIRE(roll.wrong() == 0);
        REQUIRE(roll.count() == kProducers * each);
      }
      CHECK(ring.stats().accepted == kProducers * each);
      CHECK(ring.stats().refused == 0);
      CHECK(ring.size_approx() == 0);
    }
  });
}

TEST_CASE("policies: a million items are moved by every policy without a single allocation") {
  if (!kCountsAllocations) return;
  for_every_policy([](const WritePolicy& policy) {
    Ring ring(1024, 4);
    std::uint64_t seen = 0;
    const auto count = [&](const Item&) { ++seen; };
    CHECK(run(ring, policy, whorl::BlockingWait{}, scaled(1'000'000) / kProducers, count) == 0);
    CHECK(seen == scaled(1'000'000) / kProducers * kProducers);
  });
}

TEST_CASE_TEMPLATE("policies: a million items are waited for by every strategy without a single allocation", Wait,
                   whorl::BusySpinWait, whorl::YieldingWait, whorl::SleepingWait, whorl::PhasedBackoffWait<>,
                   whorl::BlockingWait) {
  if (!kCountsAllocations) return;
  Ring ring(1024, 4);
  std::uint64_t seen = 0;
  const auto count = [&](const Item&) { ++seen; };
  CHECK(run(ring, Wait{}, Wait{}, scaled(1'000'000) / kProducers, count) == 0);
  CHECK(seen == scaled(1'000'000) / kProducers * kProducers);
}
