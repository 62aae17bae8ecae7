// 10,000 batches of 2,000 numbers through one ring: a common measure of batch publishing and subscribing. A batch is written
// where it lies and published with one store, and read in spans, where it lies.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <span>
#include <whorl/whorl.hpp>

using Numbers = whorl::Disruptor<std::uint64_t, whorl::Single, whorl::YieldingWait, whorl::Dense>;

int main() {
  constexpr std::size_t kBatches = 10'000;
  constexpr std::size_t kBatch = 2'000;
  constexpr std::uint64_t kAll = kBatches * kBatch;
  std::uint64_t sum = 0;
  std::uint64_t count = 0;

  Numbers d({.capacity = 16'384});  // several batches: producer and consumer work at the same time
  d.handle([&](std::span<const std::uint64_t> run, const whorl::EventContext&) {
    std::uint64_t of_run = 0;
    for (const std::uint64_t number : run) of_run += number;
    sum += of_run;
    count += run.size();
  });
  d.start();

  auto producer = d.producer();
  if (!producer) return 1;
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t next = 0;
  for (std::size_t i = 0; i < kBatches; ++i) {
    const auto number = [&](std::uint64_t& event) { event = next++; };
    if (producer->publish_batch(kBatch, number) != whorl::PublishResult::ok) return 1;
  }
  d.close();
  d.join();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;

  std::printf("%zu batches of %zu, published and read in %.0f ms: %.0f million numbers a second\n", kBatches, kBatch,
              time.count() * 1e3, static_cast<double>(kAll) / time.count() / 1e6);
  return count == kAll && sum == kAll * (kAll - 1) / 2 ? 0 : 1;
}
