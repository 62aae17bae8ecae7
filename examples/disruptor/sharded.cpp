// Producers that never meet. Each feed has a shard of its own, by a lease, and publishes there with plain stores; journal and
// book handle the quotes of all feeds, report after both. The order is that of each feed, for every handler the same. Across
// feeds there is none: what must not be is that one handler's order over all feeds is taken for another's.

#include <cstdint>
#include <cstdio>
#include <optional>
#include <thread>
#include <utility>
#include <vector>
#include <whorl/whorl.hpp>

constexpr std::size_t kFeeds = 4;

struct Quote {
  std::size_t feed = 0;
  std::uint64_t number = 0;  // counted by feed
  std::uint64_t price = 0;
  bool is_journaled = false;  // two handlers that run beside each other write to members of their own
  bool is_booked = false;
};

struct Report {
  std::vector<std::uint64_t> next = std::vector<std::uint64_t>(kFeeds);
  std::uint64_t out_of_order = 0;
  std::uint64_t too_early = 0;
  std::uint64_t sum = 0;
  std::uint64_t flushes = 0;
};

int main() {
  constexpr std::uint64_t kQuotes = 25'000;  // of each feed
  using Market = whorl::Disruptor<Quote, whorl::Sharded<whorl::Exclusive>>;

  Report report;
  Market d({.capacity = 4096, .shards = kFeeds});
  const auto journal = d.handle([](Quote& quote) { quote.is_journaled = true; }, {.name = "journal"});
  // Two threads share the book: each has the quotes of every second feed, and so needs no lock for them.
  std::vector<std::uint64_t> last(kFeeds);
  const auto book = d.handle_divided(2,
                                     [&](std::size_t) {
                                       return [&](Quote& quote) {
                                         last[quote.feed] = quote.price;
                                         quote.is_booked = true;
                                       };
                                     },
                                     {.name = "book"});
  d.handle(
      [&](Quote& quote, const auto& at) {
        report.out_of_order += quote.number != report.next[at.shard]++;
        report.too_early += !quote.is_journaled || !quote.is_booked;
        report.sum += quote.price;
        report.flushes += at.end_of_batch;  // at most once a sweep over all feeds
      },
      {.name = "report", .after = journal | book});
  d.start();

  {
    std::vector<std::jthread> feeds;
    for (std::size_t feed = 0; feed < kFeeds; ++feed) {
      std::optional<Market::Producer> lease = d.producer();
      if (!lease) return 1;  // all shards are taken
      feeds.emplace_back([mine = std::move(*lease)]() mutable {
        for (std::uint64_t i = 0; i < kQuotes; ++i) {
          const auto fill = [&](Quote& quote) { quote = {.feed = mine.shard(), .number = i, .price = i + 1}; };
          if (mine.publish(fill) != whorl::PublishResult::ok) return;
        }
      });
    }
  }  // the feeds end, and give their shards back
  d.close();
  d.join();

  const whorl::DisruptorStats stats = d.stats();
  const std::uint64_t expected = kFeeds * kQuotes * (kQuotes + 1) / 2;
  std::printf("%llu quotes, sum %llu, out of order %llu, too early %llu, largest share of a feed %.2f\n",
              static_cast<unsigned long long>(stats.claimed), static_cast<unsigned long long>(report.sum),
              static_cast<unsigned long long>(report.out_of_order), static_cast<unsigned long long>(report.too_early),
              stats.largest_share());
  const bool is_complete = stats.claimed == kFeeds * kQuotes && report.sum == expected && report.flushes != 0;
  const bool is_booked = last == std::vector<std::uint64_t>(kFeeds, kQuotes);
  return is_complete && is_booked && report.out_of_order == 0 && report.too_early == 0 ? 0 : 1;
}
