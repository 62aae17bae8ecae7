// pipeline_3: one producer, and three consumers one after the other.
//
//     +----------+   one a publish   +---------------+     +------------+     +------------+     +------------+
//     | producer | ----------------> | 65,536 events | --> | consumer 0 | --> | consumer 1 | --> | consumer 2 |
//     +----------+                   +---------------+     | adds first |     | looks for  |     | looks for  |
//                                                          +------------+     | first, adds|     | both       |
//                                                                             | second     |     +------------+
//                                                                             +------------+
//
// A consumer that did not wait for the one before it would miss what that one adds. Four threads on two CPUs:
// OVERSUBSCRIBED, and all wait by yielding.

#include "graphs.hpp"

namespace bench {

Listing pipeline_3() {
  using G = Graph<1, Part{.stamp = kFirst}, Part{.after = 0b1, .before = kFirst, .stamp = kSecond},
                  Part{.after = 0b10, .before = kFirst | kSecond}>;
  return {graph<G, Stamped, whorl::Single, whorl::Dense>(
      "pipeline_3", "1 producer -> 3 consumers one after the other (oversubscribed), 24-byte events")};
}

}  // namespace bench
