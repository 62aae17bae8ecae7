// What a user of whorl writes: a ring between two threads, and a call into the compiled part.
#include <cstdio>
#include <cstring>
#include <thread>
#include <whorl/whorl.hpp>

int main() {
  if (std::strcmp(whorl::library_version(), whorl::kVersion) != 0) {
    std::fprintf(stderr, "headers are %s, the library is %s\n", whorl::kVersion, whorl::library_version());
    return 1;
  }
  if (whorl::allowed_cpus().empty()) return 1;

  constexpr int kItems = 1000;
  whorl::ShardedRing<int> ring(/*total_capacity=*/64, /*shards=*/2);
  std::jthread producer([&] {
    for (int i = 1; i <= kItems; ++i) {
      for (whorl::Backoff wait; !ring.try_write(/*producer_id=*/1, i); wait.snooze()) {
      }
    }
    ring.close();
  });
  long sum = 0;
  for (whorl::Backoff wait; !ring.is_drained(); wait.snooze()) {
    while (const auto item = ring.try_read()) sum += *item;
  }
  std::printf("whorl %s handed over a sum of %ld\n", whorl::library_version(), sum);
  return sum == kItems * (kItems + 1L) / 2 ? 0 : 1;
}
