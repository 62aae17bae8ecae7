// The graph that the Disruptor was invented for. Journal and replication do their work on an event at the same time;
// business logic handles it when both have. None of them copies it.

#include <cstdint>
#include <cstdio>
#include <vector>
#include <whorl/whorl.hpp>

struct Order {
  std::uint64_t amount = 0;
  // Who works on an event at the same time as others writes to members of its own.
  bool is_journaled = false;
  bool is_replicated = false;
};

// A handler may be an object with a state; it is used by one thread.
class Journal {
 public:
  explicit Journal(std::vector<std::uint64_t>& file) : file_(file) {}

  void operator()(Order& order, const whorl::EventContext& at) {
    buffer_.push_back(order.amount);
    order.is_journaled = true;
    if (at.end_of_batch) flush();  // the more has come in meanwhile, the more is written at once
  }
  void on_stop() { flush(); }

 private:
  void flush() {
    file_.insert(file_.end(), buffer_.begin(), buffer_.end());
    buffer_.clear();
  }

  std::vector<std::uint64_t>& file_;
  std::vector<std::uint64_t> buffer_;
};

int main() {
  constexpr std::uint64_t kOrders = 50'000;
  std::vector<std::uint64_t> file;
  std::uint64_t balance = 0;
  std::uint64_t too_early = 0;

  whorl::Disruptor<Order> d({.capacity = 1024});
  const auto journal = d.handle(Journal(file), {.name = "journal"});
  const auto replicate = d.handle([](Order& order) { order.is_replicated = true; }, {.name = "replicate"});
  d.handle(
      [&](Order& order) {
        too_early += !order.is_journaled || !order.is_replicated;
        balance += order.amount;
      },
      {.name = "logic", .after = {journal, replicate}});
  d.start();

  auto producer = d.producer();
  for (std::uint64_t i = 1; i <= kOrders; ++i) {
    const auto fill = [&](Order& order) { order = {.amount = i}; };  // all of it: the last lap's marks are still there
    if (producer.publish(fill) != whorl::PublishResult::ok) return 1;
  }
  d.close();
  d.join();

  constexpr std::uint64_t kExpected = kOrders * (kOrders + 1) / 2;
  std::printf("journal %zu orders, balance %llu, expected %llu, handled too early %llu\n", file.size(),
              static_cast<unsigned long long>(balance), static_cast<unsigned long long>(kExpected),
              static_cast<unsigned long long>(too_early));
  return file.size() == kOrders && balance == kExpected && too_early == 0 ? 0 : 1;
}
