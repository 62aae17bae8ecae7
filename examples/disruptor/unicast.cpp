// One producer, one handler: the smallest Disruptor. An event is made once, filled where it lies, and handled where it lies;
// when the ring has gone round it is filled again.

#include <cstdint>
#include <cstdio>
#include <whorl/whorl.hpp>

struct Tick {
  std::uint64_t price = 0;
};

int main() {
  constexpr std::uint64_t kTicks = 100'000;
  std::uint64_t sum = 0;  // the handler's thread, until join()

  // Single: one producer at a time, and so no locked instruction. Without it there may be any number.
  whorl::Disruptor<Tick, whorl::Single> d({.capacity = 1024});
  d.handle([&](const Tick& tick) { sum += tick.price; });
  d.start();  // from here on the handler runs, in a thread of its own

  auto producer = d.producer();  // std::optional: none while there is another one
  if (!producer) return 1;
  for (std::uint64_t i = 1; i <= kTicks; ++i) {
    // Waits while the ring is full. Whatever else can happen is in the result: here only `ok` can.
    if (producer->publish([&](Tick& tick) { tick.price = i; }) != whorl::PublishResult::ok) return 1;
  }
  d.close();  // nothing is published any more; what has been is handled
  d.join();   // ... and when it has been, this returns

  constexpr std::uint64_t kExpected = kTicks * (kTicks + 1) / 2;
  std::printf("sum of the prices %llu, expected %llu\n", static_cast<unsigned long long>(sum),
              static_cast<unsigned long long>(kExpected));
  return sum == kExpected ? 0 : 1;
}
