// A consumer that nobody waits for: a screen that is slower than the ticks. It gets copies of the events that find room in a
// small ring of its own, and learns how many did not. What has to see every tick sees every tick, undisturbed.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <whorl/whorl.hpp>

struct Tick {
  std::uint64_t number = 0;
  std::uint64_t price = 0;
};

int main() {
  constexpr std::uint64_t kTicks = 200'000;
  std::uint64_t booked = 0;

  whorl::LossyConsumer<Tick> screen(/*capacity=*/16);  // before the Disruptor: it outlives what feeds it
  whorl::Disruptor<Tick> d({.capacity = 1024});
  // One thread for both: what must not miss anything, and the copying.
  d.handle(whorl::aggregate([&](const Tick&) { ++booked; }, screen.feed()), {.name = "book"});
  d.start();

  std::uint64_t shown = 0;
  std::uint64_t missed = 0;  // as the screen was told
  std::uint64_t wrong = 0;
  std::thread painter([&] {
    std::uint64_t next = 0;
    const auto show = [&](const Tick& tick, const whorl::LossyContext& at) {
      wrong += tick.number != next + at.lost || tick.price != tick.number * 3;
      next = tick.number + 1;
      missed += at.lost;
      if (++shown <= 500) std::this_thread::sleep_for(std::chrono::microseconds(100));  // painting
    };
    wrong += screen.run(show) != whorl::ReadResult::closed;  // when everything that was copied has been shown
  });

  auto producer = d.producer();
  for (std::uint64_t i = 0; i < kTicks; ++i) {
    if (producer.publish([&](Tick& tick) { tick = {i, i * 3}; }) != whorl::PublishResult::ok) return 1;
  }
  d.close();
  d.join();
  painter.join();

  std::printf("%llu ticks booked, %llu shown, %llu lost\n", static_cast<unsigned long long>(booked),
              static_cast<unsigned long long>(shown), static_cast<unsigned long long>(screen.lost()));
  const bool adds_up = booked == kTicks && shown + screen.lost() == kTicks;
  return adds_up && missed <= screen.lost() && wrong == 0 ? 0 : 1;
}
