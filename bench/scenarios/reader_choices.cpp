// reader_choices_u64_c1024: what whorl's own choices are worth; the topology of unicast_u64_b1_c1024.
//
//     +----------+   push(u64), one by one   +-------------+   take up to 64    +----------+
//     | producer | ------------------------> | 1,024 items | -----------------> | consumer |
//     |  CPU 2   |                           +-------------+                    |  CPU 1   |
//     +----------+                                                              +----------+
//
// A reader that runs ahead of the stamps against one that follows them, and a consumer that holds back at the empty edge
// against one that does not. The consumer is greedy.

#include "../contenders/whorl_choices.hpp"
#include "../driver/hand_off_run.hpp"
#include "scenarios.hpp"

namespace bench {

Listing reader_choices() {
  using Item = std::uint64_t;
  using Contenders =
      Roster<WhorlExclusiveAhead<Item>, WhorlExclusiveFollow<Item>, WhorlSharedAhead<Item>, WhorlSharedFollow<Item>,
             WhorlInline<Item>, WhorlInlineUnpaused<Item>, WhorlDense<Item>, WhorlDenseUnpaused<Item>>;
  constexpr const char* kId = "reader_choices_u64_c1024";

  return {
      {kId, [] {
         Scenario scenario{.id = kId,
                           .summary = "1 producer -> 1 consumer, pinned, 8-byte items: whorl's choices made both ways",
                           .entries = {},
                           .missing = {}};
         add_hand_offs<1>(scenario, Contenders{},
                          {.capacity = 1024, .when_empty = WhenEmpty::kGreedy, .pinned = true, .window_ns = 5'000'000});
         return scenario;
       }}};
}

}  // namespace bench
