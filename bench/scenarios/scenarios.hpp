#pragma once
// The scenarios, each in the file of its name; wait_* are all in waits.cpp.

#include "../driver/scenario.hpp"

namespace bench {

Scenario limits();
Scenario unicast_u64_b1_c65536();
Scenario unicast_64B_b1_c65536();
Scenario mpsc_u64_p4();
Scenario push_2p_parallel();
Scenario reader_choices_u64_c1024();
Scenario wait_idle_cpu();
Scenario wait_wake_up();
Scenario wait_throughput();

}  // namespace bench
