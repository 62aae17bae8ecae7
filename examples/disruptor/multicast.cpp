// Two producers, three handlers: every handler sees every event, and all see the same order. There is one between events of
// different producers, too: the order in which they claimed their sequences.

#include <cstdint>
#include <cstdio>
#include <functional>
#include <thread>
#include <whorl/whorl.hpp>

struct Quote {
  std::uint32_t producer = 0;
  std::uint32_t number = 0;
};

struct Reader {
  std::uint64_t quotes = 0;
  std::uint64_t order = 0;  // a number that depends on what was seen, and when
  std::uint64_t wrong = 0;
  std::uint32_t next[2] = {0, 0};

  void operator()(const Quote& quote) {
    ++quotes;
    order = order * 0x9E3779B97F4A7C15U + quote.producer + 1;
    wrong += quote.number != next[quote.producer]++;  // what one producer publishes stays in its order
  }
};

int main() {
  constexpr std::uint32_t kQuotes = 50'000;
  Reader risk;
  Reader book;
  Reader archive;

  whorl::Disruptor<Quote> d({.capacity = 512});
  d.handle_each({}, std::ref(risk), std::ref(book), std::ref(archive));  // std::ref: they stay where they are
  d.start();

  const auto produce = [&](std::uint32_t self) {
    auto producer = d.producer();  // each thread takes its own, or a copy
    for (std::uint32_t i = 0; i < kQuotes; ++i) {
      (void)producer.publish([&](Quote& quote) { quote = {self, i}; });  // the count below would show it
    }
  };
  std::thread other(produce, 1);
  produce(0);
  other.join();
  d.close();
  d.join();

  const bool same = risk.order == book.order && book.order == archive.order;
  std::printf("%llu quotes each, %s\n", static_cast<unsigned long long>(risk.quotes),
              same ? "all in the same order" : "NOT IN THE SAME ORDER");
  const auto is_complete = [](const Reader& reader) { return reader.quotes == 2 * kQuotes && reader.wrong == 0; };
  return same && is_complete(risk) && is_complete(book) && is_complete(archive) ? 0 : 1;
}
