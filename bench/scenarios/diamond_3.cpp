// diamond_3: one producer, two consumers side by side, and a third after both.
//
//                                                          +-------------+
//                                                     ---> | consumer 0  | ---
//     +----------+   one a publish   +---------------+/    | adds first  |    \    +------------+
//     | producer | ----------------> | 65,536 events |     +-------------+     --> | consumer 2 |
//     +----------+                   +---------------+\    | consumer 1  |    /    | looks for  |
//                                                     ---> | adds second | ---     | both       |
//                                                          +-------------+         +------------+
//
// Four threads on two CPUs: OVERSUBSCRIBED, and all wait by yielding.

#include "graphs.hpp"

namespace bench {

Listing diamond_3() {
  using G = Graph<1, Part{.stamp = kFirst}, Part{.stamp = kSecond}, Part{.after = 0b11, .before = kFirst | kSecond}>;
  return {graph<G, Stamped, whorl::Single, whorl::Dense>(
      "diamond_3", "1 producer -> 2 consumers side by side -> 1 after both (oversubscribed), 24-byte events")};
}

}  // namespace bench
