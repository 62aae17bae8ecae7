// Handlers that come and go while events flow. A new one begins with what is claimed from then on; one that is removed handles
// what is claimed by then, and producers go on without it. Only where DisruptorOptions::dynamic says so.

#include <cstdint>
#include <cstdio>
#include <functional>
#include <whorl/whorl.hpp>

struct Event {
  std::uint64_t number = 0;
};

struct Viewer {
  std::uint64_t first = 0;
  std::uint64_t seen = 0;
  std::uint64_t wrong = 0;

  void operator()(const Event& event) {
    if (seen == 0) first = event.number;
    wrong += event.number != first + seen++;
  }
};

int main() {
  constexpr std::uint64_t kEvents = 10'000;  // at a time
  Viewer journal;
  Viewer guest;

  whorl::Disruptor<Event> d({.capacity = 256, .dynamic = true});
  d.handle(std::ref(journal), {.name = "journal"});
  d.start();
  auto producer = d.producer();
  std::uint64_t next = 0;
  const auto publish_some = [&] {
    for (std::uint64_t i = 0; i < kEvents; ++i) {
      const auto fill = [&](Event& event) { event.number = next; };
      if (producer.publish(fill) == whorl::PublishResult::ok) ++next;
    }
  };

  publish_some();
  const auto id = d.handle(std::ref(guest), {.name = "guest"});  // runs when this returns
  publish_some();
  const bool is_gone = d.remove(id);  // when it has handled what is claimed; with a deadline it may be false
  publish_some();
  d.close();
  d.join();

  std::printf("journal %llu events; guest %llu, from number %llu on\n", static_cast<unsigned long long>(journal.seen),
              static_cast<unsigned long long>(guest.seen), static_cast<unsigned long long>(guest.first));
  const bool in_order = journal.wrong == 0 && guest.wrong == 0;
  return is_gone && in_order && journal.seen == 3 * kEvents && guest.first == kEvents && guest.seen == kEvents ? 0 : 1;
}
