// idle_poll_256, pingpong_256: what 256 shards cost a consumer that finds all of them empty, or all but one.
//
//     idle_poll_256    256 empty shards <---take--- | consumer, CPU 1 |
//
//     pingpong_256     +-------+   one item   +------------------------+
//                      | CPU 1 | -----------> | 256 shards, one in use | ----> +-------+
//                      |       |              +------------------------+       | CPU 2 |
//                      |       | <----------- | 256 shards, one in use | <---- +-------+
//                      +-------+              +------------------------+
//
// whorl/hints is a ring of 256 shards, whorl/hints1 the same code with a single one. The consumer of many shards stops
// looking at idle ones, and producers tell it when they write there (ring/doorbell.hpp). whorl/hints_scan is the ring of 256
// without that: whorl's headers, compiled again as another namespace in which that begins with more shards.

#include <cstdint>
#include <whorl/ring/sharded_ring.hpp>

#include "../driver/ledger.hpp"
#include "../driver/round_trip_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

#define BENCH_PADDING 128
#define BENCH_SCAN 1024
#define whorl whorl_scan
#include "whorl_flat.hpp"
#undef whorl
#undef BENCH_SCAN
#undef BENCH_PADDING

namespace bench {
namespace {

using Item = std::uint64_t;
constexpr std::size_t kCapacity = 65536;

// One producer, and the shard in the middle is its.
template <std::size_t kShards, class Ring = whorl::ShardedRing<Item>>
struct Hints : RingById<Ring, ById{.shards = kShards}> {
  static constexpr Producers kProducers = Producers::kOne;
  using Hints::RingById::RingById;
  auto producer(std::size_t /*id*/) { return Hints::RingById::producer(kShards / 2); }
};

struct Hints256 : Hints<256> {
  static constexpr const char* kName = "whorl/hints";
  using Hints::Hints;
};
struct Hints1 : Hints<1> {
  static constexpr const char* kName = "whorl/hints1";
  using Hints::Hints;
};
struct HintsScan : Hints<256, whorl_scan::ShardedRing<Item>> {
  static constexpr const char* kName = "whorl/hints_scan";
  using Hints::Hints;
};
using Contenders = Roster<Hints256, HintsScan, Hints1>;

template <class Queue>
Outcome sample_idle_poll(const Stage& stage) {
  constexpr std::uint64_t kWarmUp = 10'000;  // so that it has stopped looking where it will
  constexpr std::uint64_t kPolls = 200'000;
  Queue queue(Shape{kCapacity, 1});
  Outcome outcome;
  std::uint64_t found = 0;
  const auto polls = [&](std::uint64_t count) {
    std::uint64_t sum = 0;
    for (; count != 0; --count) sum += queue.consume([](Item) {}, kMostPerCall);
    found += sum;
  };
  const auto work = [&] {
    polls(kWarmUp);
    const std::int64_t begin = now_ns();
    polls(kPolls);
    outcome.figure = static_cast<double>(now_ns() - begin) / static_cast<double>(kPolls);
  };
  run_team({{stage.cpus.first, work}}, stage.real_time);
  if (found != 0) throw VerificationError("a poll found something where nobody had written");
  Ledger<1> ledger;  // and yet it finds what is written
  outcome.accepted = queue.producer(0).try_push(make_item<Item>(first_tag(0))) ? 1 : 0;
  queue.consume([&](Item item) { ledger.enter(item); }, kMostPerCall);
  ledger.verify({Sent{.accepted = 1}});
  outcome.delivered = ledger.count();
  return outcome;
}

Scenario idle_poll_256() {
  Scenario scenario{.id = "idle_poll_256",
                    .summary = "a consumer polls 256 empty shards; ns each time",
                    .entries = {},
                    .missing = {}};
  for_each_contender(scenario, Contenders{}, [&]<class Queue>() {
    scenario.entries.push_back({.contender = Queue::kName,
                                .producers = Queue::kProducers,
                                .parameters = {},
                                .unit = Unit::kNanoseconds,
                                .capacity = kCapacity,
                                .pinned = true,
                                .threads = 1,
                                .sample = sample_idle_poll<Queue>,
                                .placed = false,
                                .cost_ms = 8});
  });
  return scenario;
}

Scenario pingpong_256() {
  Scenario scenario{
      .id = "pingpong_256",
      .summary = "2 threads, pinned, hand an item to and fro through one of 256 shards; ns of a round trip",
      .entries = {},
      .missing = {}};
  add_round_trips(scenario, Contenders{}, {.capacity = kCapacity, .warm_up = 5'000, .measured = 50'000});
  return scenario;
}

}  // namespace

Listing hints_256() { return {{"idle_poll_256", idle_poll_256}, {"pingpong_256", pingpong_256}}; }

}  // namespace bench
