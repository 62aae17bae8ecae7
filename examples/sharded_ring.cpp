// Several producers, one consumer. Each producer writes by its id, which decides its shard, and sleeps while that is full;
// the consumer sleeps while there is nothing. When all are done the ring is closed, and the consumer reads what is left.

#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>
#include <whorl/whorl.hpp>

struct Sample {
  std::uint32_t producer;
  std::uint32_t value;
};

int main() {
  constexpr std::uint32_t kProducers = 4;
  constexpr std::uint32_t kSamples = 100'000;
  whorl::ShardedRing<Sample> ring(/*total_capacity=*/1024, /*shards=*/4);

  // Within a shard, and so within a producer, the order is kept; across shards there is none.
  std::vector<std::uint32_t> next(kProducers, 0);
  bool in_order = true;
  std::thread consumer([&] {
    while (ring.wait_readable() == whorl::ReadResult::ready) {
      ring.try_consume([&](const Sample& sample) { in_order &= sample.value == next[sample.producer]++; }, 256);
    }  // closed, and every sample has been read
  });

  std::vector<std::thread> producers;
  for (std::uint32_t id = 0; id < kProducers; ++id) {
    producers.emplace_back([&ring, id] {
      for (std::uint32_t value = 0; value < kSamples; ++value) {
        if (ring.write(id, Sample{id, value}) != whorl::WriteResult::ok) return;  // closed: not in this program
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  ring.close();  // no write succeeds any more, and the consumer's loop ends when the last sample is read
  consumer.join();

  const std::uint64_t delivered = ring.stats().delivered;
  std::printf("%llu samples delivered, each producer's %s\n", static_cast<unsigned long long>(delivered),
              in_order ? "in order" : "OUT OF ORDER");
  return in_order && delivered == kProducers * kSamples ? 0 : 1;
}
