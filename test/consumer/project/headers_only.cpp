// The ring alone: whorl's headers are enough, nothing of whorl is linked.
#include <whorl/ring/sharded_ring.hpp>

int main() {
  whorl::ShardedRing<int> ring(/*total_capacity=*/8, /*shards=*/1);
  return ring.try_write(/*producer_id=*/0, 7) && ring.try_read() == 7 ? 0 : 1;
}
