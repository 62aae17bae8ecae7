// push_pop_1t: one thread pushes an item and takes it out again; ns and instructions of the two together.
//
//     +----------+ --push(u64)--> +-------------+
//     | a thread |                | 1,024 items |
//     |  CPU 1   | <----take 1--- +-------------+
//     +----------+
//
// No line moves, so it is what the code itself costs; a few instructions of it are the loop and its books. Also in bursts
// of 16, where a consumer that takes several items a call has less to do for each.

#include <cstdint>

#include "../contenders/disruptor.hpp"
#include "../driver/one_thread_run.hpp"
#include "rosters.hpp"
#include "scenarios.hpp"

namespace bench {

Listing push_pop_1t() {
  using Item = std::uint64_t;
  constexpr std::size_t kCapacity = 1024;
  using Contenders = Joined<Roster<WhorlDisruptorSingle<Item>>, MainForUnicast<Item, kCapacity>>;
  constexpr const char* kId = "push_pop_1t";

  return {
      {kId, [] {
         Scenario scenario{.id = kId,
                           .summary = "1 thread pushes an 8-byte item and takes it: ns, and instructions",
                           .entries = {},
                           .missing = {}};
         add_one_thread(scenario, Contenders{}, {.capacity = kCapacity, .burst = 1, .bursts = 200'000, .counted = 16});
         add_one_thread(scenario, Contenders{}, {.capacity = kCapacity, .burst = 16, .bursts = 12'000, .counted = 2});
         return scenario;
       }}};
}

}  // namespace bench
