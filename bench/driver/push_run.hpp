#pragma once
// A push run: two producers push at the same time into a ring that never fills. Only the pushes are timed.

#include <algorithm>
#include <string>
#include <whorl/sync/config.hpp>

#include "../contenders/contender.hpp"
#include "clock.hpp"
#include "ledger.hpp"
#include "roster.hpp"
#include "scenario.hpp"
#include "team.hpp"

namespace bench {

struct PushPlan {
  std::size_t capacity;
  std::size_t pushes;                  // of each producer in a round
  std::int64_t enough_ns = 3'000'000;  // rounds are repeated until this much was measured,
  std::size_t most_rounds = 32;        // or this often
};

namespace detail {

inline constexpr std::size_t kPushers = 2;

// One producer's books and its times in this round, alone on their lines.
struct alignas(whorl::kCacheLine) Pusher {
  Sent sent;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

template <class Item, class Producer>
void push_round(Producer& to, std::size_t id, std::size_t pushes, Pusher& self) {
  std::uint64_t accepted = 0;
  self.begin = now_ns();
  for (Tag tag = first_tag(id) + self.sent.accepted; accepted < pushes; ++accepted, ++tag) {
    const Item item = make_item<Item>(tag);
    if (!to.try_push(item)) [[unlikely]]
      break;
  }
  self.end = now_ns();
  self.sent.refused += pushes - accepted;
  self.sent.accepted += accepted;
}

}  // namespace detail

/// One sample: wall time of the pushes / number of pushes, both producers together, in nanoseconds. The first round
/// touches the memory and is not timed; the producers take turns to drain, so that neither has the lines in its cache.
///
/// Errors:  VerificationError, also when the ring turned out to be too small.
template <Contender Queue>
Outcome run_pushes(const PushPlan& plan, const Stage& stage) {
  using detail::kPushers;
  Queue queue(Shape{plan.capacity, kPushers});
  MeetingPoint meeting(kPushers);
  std::array<detail::Pusher, kPushers> pushers;
  Ledger<kPushers, kLanesOf<Queue>> ledger;
  std::int64_t measured_ns = 0;
  std::size_t rounds = 0;

  const auto drain = [&] {
    while (queue.consume([&](const typename Queue::Item& item) { ledger.enter(item); }, kMostPerCall) != 0) {
    }
  };
  const auto push = [&](std::size_t id) {
    auto producer = queue.producer(id);
    for (std::size_t round = 0; round <= plan.most_rounds && measured_ns < plan.enough_ns; ++round) {
      meeting.arrive_and_wait();
      detail::push_round<typename Queue::Item>(producer, id, plan.pushes, pushers[id]);
      meeting.arrive_and_wait();
      if (round % kPushers == id) {
        drain();
        if (round != 0) {
          ++rounds;
          measured_ns += std::max(pushers[0].end, pushers[1].end) - std::min(pushers[0].begin, pushers[1].begin);
        }
      }
      meeting.arrive_and_wait();
    }
  };
  run_team({{stage.cpus.first, [&] { push(0); }}, {stage.cpus.second, [&] { push(1); }}}, stage.real_time);

  const std::array<Sent, kPushers> sent{pushers[0].sent, pushers[1].sent};
  ledger.verify(sent);
  Outcome outcome;
  outcome.accepted = sent[0].accepted + sent[1].accepted;
  outcome.refused = sent[0].refused + sent[1].refused;
  outcome.delivered = ledger.count();
  if (outcome.refused != 0) throw VerificationError(std::to_string(outcome.refused) + " pushes found no room");
  outcome.figure = static_cast<double>(measured_ns) / static_cast<double>(rounds * plan.pushes * kPushers);
  return outcome;
}

/// Enters every contender of the roster into the scenario.
template <class... Queues>
void add_pushes(Scenario& scenario, Roster<Queues...> roster, const PushPlan& plan) {
  for_each_contender(scenario, roster, [&]<class Queue>() {
    static_assert(Queue::kProducers != Producers::kOne, "this queue is for one producer only");
    scenario.entries.push_back(Entry{
        .contender = Queue::kName,
        .producers = Queue::kProducers,
        .parameters = {},
        .unit = Unit::kNanoseconds,
        .capacity = Queue(Shape{plan.capacity, detail::kPushers}).capacity(),
        .pinned = true,
        .threads = detail::kPushers,
        .sample = [plan](const Stage& stage) { return run_pushes<Queue>(plan, stage); },
    });
  });
}

}  // namespace bench
