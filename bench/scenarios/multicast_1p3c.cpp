// multicast_1p3c: one producer, and three consumers that each handle every event.
//
//                                  +---------------+     +------------+
//                                  |               | --> | consumer 0 |
//     +----------+   one a publish |               |     +------------+
//     | producer | --------------> | 65,536 events | --> | consumer 1 |
//     +----------+                 |               |     +------------+
//                                  |               | --> | consumer 2 |
//                                  +---------------+     +------------+
//
// Four threads on two CPUs: OVERSUBSCRIBED, and all wait by yielding. The rate is that of events; each is handled three
// times.

#include "graphs.hpp"

namespace bench {

Listing multicast_1p3c() {
  using G = Graph<1, Part{}, Part{}, Part{}>;
  return {graph<G, Word, whorl::Single, whorl::Dense>(
      "multicast_1p3c", "1 producer -> 3 consumers, each of which handles all (oversubscribed), 8-byte events")};
}

}  // namespace bench
