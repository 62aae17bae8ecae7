// backoff_8p: eight producers that find no room, each in the same way, and what that way costs; whorl alone.
//
//     +------------+
//     | producer 0 | --write(u64, policy)--> [ shard 0 ] --+
//     +------------+                                       |   take up to 64    +----------+
//     |    ...     | ----------------------> [   ...   ] --+-----------------> | consumer |
//     +------------+                                       |                    +----------+
//     | producer 7 | ----------------------> [ shard 7 ] --+
//     +------------+
//
// No thread is pinned; the ring holds 32,768 items. The figures are items per second, and CPU time an item, of the whole
// program. A producer that spins on where there are fewer CPUs than threads keeps the consumer from making the room it is
// waiting for. next_shard, random_shard and hybrid write elsewhere when their own shard is full, and so give up the order of
// a producer's items: of those it is checked that each arrived, once and whole. The others are checked for order, too.

#include <array>
#include <cstdint>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../driver/hand_off_run.hpp"
#include "../driver/tally.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

using whorl::ShardChoice;
using whorl::WritePolicy;
using whorl::WriteResult;
using whorl::WriteWait;

constexpr std::size_t kProducers = 8;
constexpr HandOffPlan kPlan{
    .capacity = 32768, .when_empty = WhenEmpty::kGentle, .pinned = false, .window_ns = 60'000'000, .cpu_time = true};

// The consumer's face of a ring.
struct Ring {
  using Item = std::uint64_t;
  whorl::ShardedRing<Item> ring{kPlan.capacity, kProducers};
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    return ring.try_consume(take, most);
  }
};

// The consumer takes until all producers have returned, so that every write ends.
Sent write_all_the_time(Ring& ring, std::size_t id, const WritePolicy& policy, const detail::StopSign& sign) {
  constexpr Tag kLookEvery = 16;
  Sent sent;
  Tag tag = first_tag(id);
  for (;; ++tag) {
    if (tag % kLookEvery == 0 && sign.stop.load(std::memory_order_relaxed)) break;
    if (ring.ring.write(id, tag, policy) == WriteResult::ok) continue;
    ++sent.refused;
    break;
  }
  sent.accepted = tag - first_tag(id);
  return sent;
}

template <class Books>
Outcome sample(const WritePolicy& policy) {
  Ring ring;
  detail::StopSign sign{.producers_left = kProducers};
  std::array<Sent, kProducers> sent;
  Books books;
  Outcome outcome;
  const auto consume = [&] {
    detail::Course course(kPlan, sign);
    detail::receive(ring, kPlan, course, books);
    outcome.figure = course.items_per_second();
    outcome.others = {course.cpu_ns_per_item()};
  };
  const auto produce = [&](std::size_t id) { return write_all_the_time(ring, id, policy, sign); };
  detail::run_against(sent, sign, {}, false, consume, produce);
  verify(outcome, books, sent);
  if (outcome.refused != 0) throw VerificationError("a write that may wait for ever was refused");
  return outcome;
}

Scenario make() {
  Scenario scenario{.id = "backoff_8p",
                    .summary = "8 producers -> 8 shards -> 1 consumer, unpinned; ways to wait for room",
                    .entries = {},
                    .missing = {}};
  const auto add = [&](const char* contender, const WritePolicy& policy) {
    const bool ordered = policy.shards == ShardChoice::affinity;
    scenario.entries.push_back({.contender = contender,
                                .producers = Producers::kAny,
                                .parameters = {{"load", load_of(kProducers + 1)}, {"order", ordered ? "kept" : "none"}},
                                .unit = Unit::kItemsPerSecond,
                                .capacity = kPlan.capacity,
                                .pinned = false,
                                .threads = kProducers + 1,
                                .sample =
                                    [=](const Stage&) {
                                      return ordered ? sample<Ledger<kProducers>>(policy)
                                                     : sample<Tally<kProducers>>(policy);
                                    },
                                .cost_ms = cost_ms_of(kPlan)});
    scenario.also_reports("cpu_ns_per_item", Unit::kNanoseconds);
  };
  add("whorl/park", {});
  add("whorl/spin", {.wait = WriteWait::spin});
  add("whorl/yield", {.wait = WriteWait::yield});
  add("whorl/sleep_backoff", WritePolicy::sleep_backoff());
  add("whorl/adaptive_backoff", WritePolicy::adaptive_backoff());
  add("whorl/spin_then_yield", WritePolicy::spin_then_yield());
  add("whorl/auto_adaptive", WritePolicy::auto_adaptive());
  add("whorl/cpu_friendly", WritePolicy::cpu_friendly());
  add("whorl/next_shard", WritePolicy::next_shard());
  add("whorl/random_shard", WritePolicy::random_shard());
  add("whorl/hybrid", WritePolicy::hybrid());
  return scenario;
}

}  // namespace

Listing backoff_8p() { return {{"backoff_8p", make}}; }

}  // namespace bench
