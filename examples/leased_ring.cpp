// A shard to oneself: producers that lease a shard write with plain stores, meeting nobody. The items here cannot be
// copied, only moved: what is refused stays with the producer, what is accepted arrives once.

#include <cstdio>
#include <memory>
#include <thread>
#include <utility>
#include <vector>
#include <whorl/whorl.hpp>

using Job = std::unique_ptr<int>;
using Ring = whorl::ShardedRing<Job, whorl::Exclusive>;

int main() {
  constexpr int kJobs = 100'000;
  Ring ring(/*total_capacity=*/512, /*shards=*/2);

  long long sum = 0;
  const auto add = [&sum](Job& job) { sum += *job; };  // in place: the ring destroys the job afterwards
  std::thread consumer([&] {
    for (whorl::Backoff wait; !ring.is_drained(); wait.snooze()) {
      if (ring.try_consume(add, 64) != 0) wait.reset();
    }
  });

  std::vector<std::thread> producers;
  for (std::size_t i = 0; i < ring.shard_count(); ++i) {
    auto lease = ring.lease();  // none once every shard is out
    producers.emplace_back([lease = std::move(lease.value())]() mutable {
      for (int i = 1; i <= kJobs; ++i) {
        Job job = std::make_unique<int>(i);
        for (whorl::Backoff wait; !lease.try_write(std::move(job)); wait.snooze()) {  // moved from only if accepted
        }
      }
    });  // the lease dies with its thread's function, and its shard can be leased again
  }
  for (std::thread& producer : producers) producer.join();
  ring.close();
  consumer.join();

  const long long expected = static_cast<long long>(producers.size()) * kJobs * (kJobs + 1) / 2;
  std::printf("%zu leases, sum of the jobs %lld, expected %lld\n", producers.size(), sum, expected);
  return sum == expected ? 0 : 1;
}
