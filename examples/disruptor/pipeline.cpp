// Three handlers one after the other: each finds in the event what the ones before it have left there. Each has its thread,
// so that while the last one sends an order, the first one decodes another.

#include <cstdint>
#include <cstdio>
#include <whorl/whorl.hpp>

struct Order {
  std::uint64_t raw = 0;     // the producer
  std::uint64_t amount = 0;  // decode
  std::uint64_t fee = 0;     // price
};

int main() {
  constexpr std::uint64_t kOrders = 50'000;
  std::uint64_t sent = 0;
  std::uint64_t wrong = 0;

  whorl::Disruptor<Order> d({.capacity = 256});
  const auto decode = d.handle([](Order& order) { order.amount = order.raw ^ 0xFF; }, {.name = "decode"});
  const auto price =
      d.handle([](Order& order) { order.fee = order.amount / 100; }, {.name = "price", .after = {decode}});
  d.handle(
      [&](const Order& order) {
        wrong += order.amount != sent || order.fee != sent / 100;
        ++sent;
      },
      {.name = "send", .after = {price}});
  d.start();

  auto producer = d.producer();
  for (std::uint64_t i = 0; i < kOrders; ++i) {
    if (producer.publish([&](Order& order) { order.raw = i ^ 0xFF; }) != whorl::PublishResult::ok) return 1;
  }
  d.close();
  d.join();

  std::printf("%llu orders sent, %llu of them wrong\n", static_cast<unsigned long long>(sent),
              static_cast<unsigned long long>(wrong));
  return sent == kOrders && wrong == 0 ? 0 : 1;
}
