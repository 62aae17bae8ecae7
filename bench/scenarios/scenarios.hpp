#pragma once
// The scenarios. Each function is in the file of its name, and lists one scenario or a family of them.

#include <functional>
#include <string>
#include <vector>

#include "../driver/scenario.hpp"

namespace bench {

/// A scenario by its id, made when it is wanted: that takes the memory of every contender once.
struct Listed {
  std::string id;
  std::function<Scenario()> make;
};
using Listing = std::vector<Listed>;

Listing limits();
Listing unicast_u64();
Listing unicast_64B();
Listing unicast_256B();
Listing unicast_1450B();
Listing unicast_u64_batches();
Listing mpsc_u64();
Listing contention_s1();
Listing shards_p4();
Listing padding();
Listing push_2p_parallel();
Listing push_pop_1t();
Listing push_wakeable();
Listing sweep_2shards();
Listing revocation();
Listing hints_256();
Listing oversubscribed_16p();
Listing backoff_8p();
Listing stalls();
Listing fairness_p4();
Listing pingpong();
Listing latency_paced();
Listing go_ring();
Listing memory();
Listing reader_choices();
Listing waits();
Listing seed_batches();
Listing disruptor_publish1();
Listing multicast_1p3c();
Listing pipeline_3();
Listing diamond_3();
Listing fanin_3p();
Listing sharded_4p();
Listing event_bus();

}  // namespace bench
