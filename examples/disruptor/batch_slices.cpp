// Runs of events as spans. In the Dense layout events lie side by side, so a handler may take as many as there are at once, and
// a compiler may do with them what it does with arrays. On the other side a range is published with one claim.

#include <cstdint>
#include <cstdio>
#include <numeric>
#include <span>
#include <vector>
#include <whorl/whorl.hpp>

using Samples = whorl::Disruptor<float, whorl::Single, whorl::BlockingWait, whorl::Dense>;

int main() {
  constexpr std::size_t kBatches = 500;
  constexpr std::size_t kBatch = 200;
  double sum = 0;
  std::size_t samples = 0;
  std::size_t runs = 0;
  bool in_place = true;

  Samples d({.capacity = 1024});
  d.handle(
      [&](std::span<const float> run, const whorl::EventContext& at) {
        in_place &= at.sequence == static_cast<whorl::SequenceNumber>(samples);  // of the run's first sample
        sum = std::accumulate(run.begin(), run.end(), sum);
        samples += run.size();
        ++runs;  // a batch is one run, or two where it goes on at the ring's beginning
      },
      {.max_batch = 256});
  d.start();

  auto producer = d.producer();
  if (!producer) return 1;
  std::vector<float> batch(kBatch);
  for (std::size_t i = 0; i < kBatches; ++i) {
    std::iota(batch.begin(), batch.end(), static_cast<float>(i));
    const whorl::RangeResult done = producer->publish_range(std::span<const float>(batch));
    if (!done || done.published != kBatch) return 1;
  }
  d.close();
  d.join();

  double expected = 0;
  for (std::size_t i = 0; i < kBatches * kBatch; ++i) expected += static_cast<double>(i / kBatch + i % kBatch);
  std::printf("%zu samples in %zu runs, sum %.0f, expected %.0f\n", samples, runs, sum, expected);
  const bool in_runs = runs < samples / 2;  // one claim publishes 200
  return samples == kBatches * kBatch && sum == expected && in_place && in_runs ? 0 : 1;
}
