// A handler in a thread of one's own: the main thread, as here, or one from a pool, or with a stack, a name and a CPU that are
// somebody else's choice. A handler that keeps its thread may also wait with a strategy of its own, and hear of silence.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <whorl/whorl.hpp>

struct Reading {
  std::uint64_t value = 0;
};

struct Sum {
  std::uint64_t& sum;
  std::uint64_t& silences;
  std::thread::id& where;

  void on_start() { where = std::this_thread::get_id(); }
  void operator()(const Reading& reading) { sum += reading.value; }
  void on_timeout(whorl::SequenceNumber) { ++silences; }  // nothing has come for HandlerOptions::timeout
};

int main() {
  constexpr std::uint64_t kReadings = 10'000;
  std::uint64_t sum = 0;
  std::uint64_t silences = 0;
  std::thread::id where;

  whorl::Disruptor<Reading> d({.capacity = 128});
  const auto node =
      d.handle(Sum{sum, silences, where}, {.name = "sum", .timeout = std::chrono::milliseconds(1), .own_thread = true},
               whorl::PhasedBackoffWait<>{});  // the other nodes, and producers, wait as the Disruptor does
  d.start();

  std::thread sensor([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // not a reading yet
    auto producer = d.producer();
    for (std::uint64_t i = 0; i < kReadings; ++i) {
      (void)producer.publish([&](Reading& reading) { reading.value = i; });  // the sum below would show it
    }
    d.close();
  });
  const whorl::RunEnd end = d.run(node);  // here, until everything has been handled
  sensor.join();
  d.join();

  std::printf("sum %llu, silences %llu, in the main thread: %s\n", static_cast<unsigned long long>(sum),
              static_cast<unsigned long long>(silences), where == std::this_thread::get_id() ? "yes" : "NO");
  const bool here = where == std::this_thread::get_id();
  return end == whorl::RunEnd::closed && here && sum == kReadings * (kReadings - 1) / 2 ? 0 : 1;
}
