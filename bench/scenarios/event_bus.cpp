// event_bus: one publisher, and three subscribers that each see every event, of all of three topics.
//
//                                   +-------------------+     +--------------+
//                                   |                   | --> | subscriber 0 |
//     +-----------+   one a publish |   65,536 events   |     +--------------+
//     | publisher | --------------> | of 8, 16 or 24    | --> | subscriber 1 |
//     +-----------+                 | bytes and a topic |     +--------------+
//                                   |                   | --> | subscriber 2 |
//                                   +-------------------+     +--------------+
//
// Four threads on two CPUs: OVERSUBSCRIBED, and all wait by yielding. lmax/java is its multicast_1p3c: events of 8 bytes and no
// topics, the same threads.
//
// event_bus_publish: what a publication costs the publisher, on a CPU of its own, while there is room: bursts of 4,096 into the
// empty bus, the subscribers on the other CPU.
//
// event_bus_pingpong: an event to and fro between two buses, whose only subscribers publish on the other one. Its half is
// what one way takes, from the publication to the handler. limit/pingpong: two cache lines and nothing else, as in pingpong.

#include "../driver/bus_run.hpp"
#include "../peers/lmax.hpp"
#include "graphs.hpp"
#include "scenarios.hpp"

namespace bench {
namespace {

constexpr HandOffPlan kFlow{
    .capacity = kGraphCapacity, .when_empty = WhenEmpty::kGentle, .pinned = false, .window_ns = 60'000'000, .most = 0};
constexpr BurstPlan kBursts{.capacity = kGraphCapacity, .burst = 4'096, .bursts = 101};
constexpr std::uint64_t kRoundTrips = 100'000;

// A bus with one publisher at a time, and one with any number, of which there is one here, too.
template <class Kind>
Entry bus_entry(Unit unit, unsigned threads, const char* waits, std::function<Outcome(const Stage&)> sample) {
  constexpr bool kMany = std::is_same_v<Kind, whorl::Multi>;
  return {
      .contender = kMany ? "whorl/bus_multi" : "whorl/bus",
      .producers = kMany ? Producers::kAny : Producers::kOne,
      .parameters = {{"waits", waits}, {"note", threads == 2 ? "a stamp beside each event" : "events side by side"}},
      .unit = unit,
      .capacity = threads == 2 ? 1024 : kGraphCapacity,
      .pinned = true,
      .threads = threads,
      .sample = std::move(sample)};
}

template <class Kind>
void add_flow(Scenario& scenario) {
  const auto sample = [](const Stage& stage) { return run_bus<Kind>(kFlow, stage); };
  scenario.entries.push_back(bus_entry<Kind>(Unit::kItemsPerSecond, 4, "yielding", sample));
  scenario.entries.back().parameters.emplace_back("load", "oversubscribed");
  scenario.entries.back().real_time = false;
  scenario.entries.back().cost_ms = cost_ms_of(kFlow);
}
template <class Kind>
void add_bursts(Scenario& scenario) {
  const auto sample = [](const Stage& stage) { return run_bus_bursts<Kind>(kBursts, stage); };
  scenario.entries.push_back(bus_entry<Kind>(Unit::kNanoseconds, 4, "yielding", sample));
  scenario.entries.back().real_time = false;
}
template <class Kind>
void add_pingpong(Scenario& scenario) {
  const auto sample = [](const Stage& stage) { return run_bus_round_trips<Kind>(1'000, kRoundTrips, stage); };
  scenario.entries.push_back(bus_entry<Kind>(Unit::kNanoseconds, 2, "busy spin", sample));
  scenario.entries.back().cost_ms = 40;
}

Scenario event_bus_pingpong() {
  Scenario scenario{.id = "event_bus_pingpong",
                    .summary = "2 threads, pinned, an 8-byte event to and fro between two buses; ns of a round trip",
                    .entries = {},
                    .missing = {}};
  scenario.entries.push_back({.contender = "limit/pingpong",
                              .producers = std::nullopt,
                              .parameters = {},
                              .unit = Unit::kNanoseconds,
                              .capacity = 0,
                              .pinned = true,
                              .threads = 2,
                              .sample =
                                  [](const Stage& stage) {
                                    const int trips = static_cast<int>(kRoundTrips);
                                    return Outcome{.figure =
                                                       best_line_round_trip_ns(stage.cpus, stage.real_time, trips)};
                                  },
                              .cost_ms = 80});
  add_pingpong<whorl::Single>(scenario);
  add_pingpong<whorl::Multi>(scenario);
  return scenario;
}

}  // namespace

Listing event_bus() {
  return {{"event_bus",
           [] {
             Scenario scenario{.id = "event_bus",
                               .summary = "1 publisher -> 3 subscribers, each of which sees all (oversubscribed)",
                               .entries = {},
                               .missing = {},
                               .weight = kWeightOfWarmUp};
             add_flow<whorl::Single>(scenario);
             add_flow<whorl::Multi>(scenario);
             add_lmax(scenario, "multicast_1p3c", kGraphCapacity);
             return scenario;
           }},
          {"event_bus_publish",
           [] {
             Scenario scenario{.id = "event_bus_publish",
                               .summary = "1 publisher with room, 3 subscribers on the other CPU; ns a publication",
                               .entries = {},
                               .missing = {}};
             add_bursts<whorl::Single>(scenario);
             add_bursts<whorl::Multi>(scenario);
             return scenario;
           }},
          {"event_bus_pingpong", event_bus_pingpong}};
}

}  // namespace bench
