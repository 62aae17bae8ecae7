// seed_batches: 10,000 batches of 2,000 elements of 8 bytes, from the first to the last; one producer, one consumer.
//
//     +----------+   10,000 x 2,000 u64   +--------------+   take what is there    +----------+
//     | producer | ---------------------> | 65,536 items | ----------------------> | consumer |
//     |  CPU 2   |                        +--------------+                         |  CPU 1   |
//     +----------+                                                                 +----------+
//
// The ring of a Disruptor is filled where the events lie, and its consumer handles runs of them. What a queue takes it takes
// from an array of the producer's, by its own call for batches. Peers that have no such call, and those whose sample would
// take long, are in unicast_u64_b2000, which ends after some milliseconds.

#include <algorithm>

#include "graphs.hpp"
#include "unicast.hpp"

namespace bench {
namespace {

constexpr std::size_t kBatch = 2'000;
constexpr std::uint64_t kItems = 10'000 * kBatch;

// All that takes part is compared, however it waits: that is said in its note.
void compare_all(Scenario& scenario) {
  for (Entry& entry : scenario.entries) {
    std::string note;
    for (auto& [name, value] : entry.parameters) {
      if (name != "waits" && name != "empty" && name != "note") continue;
      note += (note.empty() ? "" : ", ") + value;
      name = "";
    }
    std::erase_if(entry.parameters, [](const auto& parameter) { return parameter.first.empty(); });
    entry.parameters.insert(entry.parameters.begin(), {"elements", "10,000 x 2,000"});  // a heading for all of them
    entry.parameters.emplace_back("note", note);
  }
}

Scenario make() {
  using Item = std::uint64_t;
  using Queues = Roster<WhorlDense<Item>, BoostSpsc<Item>, MoodycamelTokens<Item, kGraphCapacity>,  //
                        MoodycamelPlain<Item, kGraphCapacity>, DpdkSpSc<Item>, DpdkMpSc<Item>,      //
                        DpdkHts<Item>, DpdkRts<Item>, MutexRing<Item>>;
  Scenario scenario = unicast<kGraphCapacity, true>(
      "seed_batches", "1 producer -> 1 consumer, pinned, 10,000 batches of 2,000 8-byte elements", Queues{},
      {.regimes = {WhenEmpty::kGentle}, .batch = kBatch, .items = kItems});
  using G = Graph<1, Part{}>;
  HandOffPlan plan = graph_plan<G>(kBatch);
  plan.items = kItems;
  add_disruptor<G, Word, whorl::Single, whorl::Dense>(scenario, plan, true);
  add_lmax(scenario, "seed_batches", kGraphCapacity);
  compare_all(scenario);
  return scenario;
}

}  // namespace

Listing seed_batches() { return {{"seed_batches", make}}; }

}  // namespace bench
