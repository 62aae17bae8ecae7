#pragma once
// What the scenarios of the Disruptor's graphs have in common: who takes part, and how they wait.

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "../driver/graph_run.hpp"
#include "../peers/lmax.hpp"
#include "scenarios.hpp"

namespace bench {

using Word = Words<1>;

inline constexpr std::size_t kGraphCapacity = 65536;  // events, on both sides
inline constexpr unsigned kCpusOfStage = 2;
inline constexpr double kWeightOfWarmUp = 3;  // lmax/java takes three seconds before its first sample

/// YieldingWait, for about as long before it yields as LMAX's: that looks a hundred times without a pause, some tenths of a
/// microsecond. A pause takes 50 ns on some processors, and a hundred of them, the default here, are time that threads which
/// share a CPU take from each other.
struct YieldSoon : whorl::YieldingWait {
  YieldSoon() noexcept : YieldingWait{.spins = 8} {}
};

/// How all of a graph wait, for events and for room, on both sides: pauses only where each thread has a CPU, else giving the
/// CPU away.
template <class G>
using WaitOf = std::conditional_t<G::kThreads <= kCpusOfStage, whorl::BusySpinWait, YieldSoon>;

/// The plan of a graph that goes on until the window is over: of 20 ms, and of 60 for many turns of the scheduler, as for
/// lmax/java. `batch`: what a producer claims and publishes at once.
template <class G>
constexpr HandOffPlan graph_plan(std::size_t batch = 1) {
  return {.capacity = kGraphCapacity,
          .when_empty = WhenEmpty::kGentle,
          .pinned = G::kThreads <= kCpusOfStage,
          .window_ns = G::kThreads <= kCpusOfStage ? 20'000'000 : 60'000'000,
          .batch = batch,
          .most = 0};
}

/// Enters whorl's Disruptor: ring buffer and processors by hand, in the graph G, on a ring of type Ring.
template <class Ring, class G>
void add_ring(Scenario& scenario, const HandOffPlan& plan, const std::string& name, Producers producers,
              const std::string& note, bool real_time = false) {
  constexpr bool kOneEach = G::kThreads <= kCpusOfStage;
  scenario.entries.push_back({.contender = name,
                              .producers = producers,
                              .parameters = {{"waits", kOneEach ? "busy spin" : "yielding"},
                                             {"load", kOneEach ? "pinned" : "oversubscribed"},
                                             {"note", note}},
                              .unit = Unit::kItemsPerSecond,
                              .capacity = plan.capacity,
                              .pinned = true,
                              .threads = G::kThreads,
                              .sample =
                                  [plan, real_time](const Stage& stage) {
                                    return run_graph<Ring, G>(
                                        plan, {.cpus = stage.cpus, .real_time = real_time && stage.real_time});
                                  },
                              .real_time = real_time,
                              .cost_ms = cost_ms_of(plan)});
}

/// One ring for all producers, with events of that type and layout.
template <class G, class Event, class Kind, class Layout>
void add_disruptor(Scenario& scenario, const HandOffPlan& plan, bool real_time = false, const char* name = nullptr) {
  using Ring = whorl::RingBuffer<Event, Kind, Layout, WaitOf<G>>;
  const std::string usual = Ring::kShared ? "whorl/disruptor_multi" : "whorl/disruptor_single";
  add_ring<Ring, G>(scenario, plan, name != nullptr ? name : usual, Ring::kShared ? Producers::kAny : Producers::kOne,
                    Ring::kDense ? "events side by side" : "a stamp beside each event", real_time);
}

/// A shard for each producer, by lease; its share of the same capacity. Events lie side by side.
template <class G, class Event>
void add_sharded(Scenario& scenario, const HandOffPlan& plan) {
  using Ring = whorl::ShardedRingBuffer<Event, whorl::Exclusive, whorl::Dense, WaitOf<G>>;
  add_ring<Ring, G>(scenario, plan, "whorl/disruptor_sharded", Producers::kOneEach,
                    "a shard a producer, events side by side");
}

/// A scenario of whorl's Disruptor and LMAX's alone. Neither runs under SCHED_FIFO.
template <class G, class Event, class Kind, class Layout>
Listed graph(const std::string& id, const std::string& summary, std::size_t batch = 1) {
  return {id, [=] {
            Scenario scenario{.id = id, .summary = summary, .entries = {}, .missing = {}, .weight = kWeightOfWarmUp};
            const HandOffPlan plan = graph_plan<G>(batch);
            add_disruptor<G, Event, Kind, Layout>(scenario, plan);
            if constexpr (G::kProducers > 1) add_sharded<G, Event>(scenario, plan);
            add_lmax(scenario, id, kGraphCapacity);
            return scenario;
          }};
}

}  // namespace bench
