// wait_*: what the ways of waiting cost, and what they give; whorl alone.
//
//     wait_idle_cpu                           +-------------+   wait_readable(100 ms)         +----------+
//                         nobody writes       | 1,024 items | ------------------------------> | consumer |
//                                             +-------------+                                 |  CPU 1   |
//                                                                                             +----------+
//     wait_wake_up
//     +----------+   one item, then 0.2 to    +-------------+   wait_readable, try_consume    +----------+
//     | producer | --1 ms of sleep----------> | 1,024 items | ------------------------------> | consumer |
//     |  CPU 2   |                            +-------------+                                 |  CPU 1   |
//     +----------+                                                                            +----------+
//     wait_throughput
//     +----------+   write(u64), which waits  +-------------+   wait_readable, try_consume    +----------+
//     | producer | --when there is no room--> | 1,024 items | ------------------------------> | consumer |
//     |  CPU 2   |                            +-------------+                                 |  CPU 1   |
//     +----------+                                                                            +----------+
//
// Where both wait they do it in the same way. Never under SCHED_FIFO: Linux lets ordinary threads oversleep by 50 us and
// real-time threads not at all, and waits are for ordinary threads.

#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../driver/clock.hpp"
#include "../driver/cpu_time.hpp"
#include "../driver/hand_off_run.hpp"
#include "../driver/summary.hpp"
#include "../driver/team.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using Item = std::uint64_t;
using Ring = whorl::ShardedRing<Item>;
using whorl::ReadResult;
using whorl::WriteResult;

constexpr std::size_t kCapacity = 1024;
constexpr std::size_t kMost = 256;  // by one call of the consumer
constexpr bool kRealTime = false;

// ---- wait_idle_cpu ------------------------------------------------------------------------------------------------

template <whorl::WaitStrategy W>
Outcome sample_idle_cpu(const Stage& stage) {
  Ring ring(kCapacity, 1);
  ReadResult result = ReadResult::ready;
  Outcome outcome;
  const auto wait = [&] {
    const std::int64_t begin = now_ns();
    const std::int64_t cpu_begin = thread_cpu_ns();
    result = ring.wait_readable(W{}, std::chrono::milliseconds(100));
    const std::int64_t cpu_end = thread_cpu_ns();
    outcome.figure = 100.0 * static_cast<double>(cpu_end - cpu_begin) / static_cast<double>(now_ns() - begin);
  };
  run_team({{stage.cpus.first, wait}}, kRealTime);
  if (result != ReadResult::timed_out) throw VerificationError("the wait found something where nobody had written");
  return outcome;
}

// ---- wait_wake_up -------------------------------------------------------------------------------------------------

constexpr std::size_t kWakeUps = 50;
using Times = std::array<std::int64_t, kWakeUps>;

Sent send_now_and_then(Ring& ring, Times& times) {
  std::mt19937_64 random(std::random_device{}());
  std::uniform_int_distribution<int> gap_us(200, 1000);
  Sent sent;
  Tag tag = first_tag(0);
  for (std::int64_t& time : times) {
    std::this_thread::sleep_for(std::chrono::microseconds(gap_us(random)));
    time = now_ns();
    if (ring.try_write(0, make_item<Item>(tag))) {
      ++tag;
    } else {
      ++sent.refused;
    }
  }
  ring.close();
  sent.accepted = tag - first_tag(0);
  return sent;
}

template <whorl::WaitStrategy W>
void receive_now_and_then(Ring& ring, Times& times, Ledger<1>& ledger) {
  std::size_t next = 0;
  const auto take = [&](Item item) {
    const std::int64_t now = now_ns();
    if (next < times.size()) times[next++] = now;
    ledger.enter(item);
  };
  while (ring.wait_readable(W{}) == ReadResult::ready) ring.try_consume(take, kMost);
}

// The figure is the median of the wake-ups.
template <whorl::WaitStrategy W>
Outcome sample_wake_up(const Stage& stage) {
  Ring ring(kCapacity, 1);
  Times sent_at{};
  Times taken_at{};
  std::array<Sent, 1> sent;
  Ledger<1> ledger;
  run_team({{stage.cpus.first, [&] { receive_now_and_then<W>(ring, taken_at, ledger); }},
            {stage.cpus.second, [&] { sent[0] = send_now_and_then(ring, sent_at); }}},
           kRealTime);
  ledger.verify(sent);
  if (sent[0].refused != 0) throw VerificationError("a ring with room refused " + std::to_string(sent[0].refused));
  std::vector<double> wake_ups(kWakeUps);
  for (std::size_t i = 0; i < kWakeUps; ++i) wake_ups[i] = static_cast<double>(taken_at[i] - sent_at[i]);
  return {.figure = spread_of(std::move(wake_ups)).median, .accepted = sent[0].accepted, .delivered = ledger.count()};
}

// ---- wait_throughput ----------------------------------------------------------------------------------------------

constexpr HandOffPlan kStream{
    .capacity = kCapacity, .when_empty = WhenEmpty::kGentle, .pinned = true, .window_ns = 20'000'000};

template <whorl::WaitStrategy W>
Sent send_all_the_time(Ring& ring, const detail::StopSign& sign) {
  constexpr Tag kLookEvery = 16;
  const W strategy;
  Sent sent;
  Tag tag = first_tag(0);
  for (;; ++tag) {
    if (tag % kLookEvery == 0 && sign.stop.load(std::memory_order_relaxed)) break;
    if (ring.write(0, make_item<Item>(tag), strategy) != WriteResult::ok) {
      ++sent.refused;
      break;
    }
  }
  ring.close();
  sent.accepted = tag - first_tag(0);
  return sent;
}

template <whorl::WaitStrategy W>
double receive_all_the_time(Ring& ring, detail::StopSign& sign, Ledger<1>& books) {
  constexpr std::size_t kWorkPerLook = 1024;
  constexpr std::size_t kWorkOfCall = 16;
  const W strategy;
  detail::Course course(kStream, sign);
  Ledger<1> ledger;
  std::size_t work = 0;
  while (ring.wait_readable(strategy) == ReadResult::ready) {
    const std::size_t got = ring.try_consume([&ledger](Item item) { ledger.enter(item); }, kMost);
    work += got + kWorkOfCall;
    if (work < kWorkPerLook || course.is_draining()) continue;
    work = 0;
    course.goes_on(ledger.count(), got);
  }
  books = ledger;
  return course.items_per_second();
}

template <whorl::WaitStrategy W>
Outcome sample_throughput(const Stage& stage) {
  Ring ring(kCapacity, 1);
  detail::StopSign sign{.producers_left = 1};
  std::array<Sent, 1> sent;
  Ledger<1> ledger;
  Outcome outcome;
  run_team({{stage.cpus.first, [&] { outcome.figure = receive_all_the_time<W>(ring, sign, ledger); }},
            {stage.cpus.second, [&] { sent[0] = send_all_the_time<W>(ring, sign); }}},
           kRealTime);
  ledger.verify(sent);
  if (sent[0].refused != 0) throw VerificationError("a write that may wait for ever was refused");
  outcome.accepted = sent[0].accepted;
  outcome.delivered = ledger.count();
  return outcome;
}

// ---- the entries --------------------------------------------------------------------------------------------------

// sample.operator()<W>(stage) takes a sample of the strategy W.
template <class Sample>
Scenario all_waits(const char* id, const char* summary, Unit unit, unsigned threads, double cost_ms, Sample sample) {
  Scenario scenario{.id = id, .summary = summary, .entries = {}, .missing = {}};
  const auto add = [&]<whorl::WaitStrategy W>(const char* contender) {
    scenario.entries.push_back({.contender = contender,
                                .producers = Producers::kAny,
                                .parameters = {},
                                .unit = unit,
                                .capacity = kCapacity,
                                .pinned = true,
                                .threads = threads,
                                .sample = [=](const Stage& stage) { return sample.template operator()<W>(stage); },
                                .real_time = kRealTime,
                                .placed = threads > 1,
                                .cost_ms = cost_ms});
  };
  add.template operator()<whorl::BusySpinWait>("whorl/busy_spin");
  add.template operator()<whorl::YieldingWait>("whorl/yielding");
  add.template operator()<whorl::SleepingWait>("whorl/sleeping");
  add.template operator()<whorl::PhasedBackoffWait<>>("whorl/phased_backoff");
  add.template operator()<whorl::BlockingWait>("whorl/blocking");
  return scenario;
}

Scenario wait_idle_cpu() {
  return all_waits("wait_idle_cpu", "a consumer waits 100 ms and nobody writes; CPU time in percent of wall time",
                   Unit::kPercent, 1, 102, []<class W>(const Stage& stage) { return sample_idle_cpu<W>(stage); });
}

Scenario wait_wake_up() {
  return all_waits("wait_wake_up",
                   "single items, 0.2 to 1 ms apart; ns from before the write to the consumer's handler",
                   Unit::kNanoseconds, 2, 38, []<class W>(const Stage& stage) { return sample_wake_up<W>(stage); });
}

Scenario wait_throughput() {
  return all_waits("wait_throughput", "1 producer -> 1 consumer, pinned, 8-byte items; both wait in the same way",
                   Unit::kItemsPerSecond, 2, 28,
                   []<class W>(const Stage& stage) { return sample_throughput<W>(stage); });
}

}  // namespace

Listing waits() {
  return {{"wait_idle_cpu", wait_idle_cpu}, {"wait_wake_up", wait_wake_up}, {"wait_throughput", wait_throughput}};
}

}  // namespace bench
