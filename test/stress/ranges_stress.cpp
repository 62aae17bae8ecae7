// Claimed ranges of random size that are filled, published in parts, and dropped at random.
// Forbidden: an item that was published lost, delivered twice or out of order; one that was not published delivered, or not
// destroyed; a dropped range that stops a shard; accounts that do not agree.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <optional>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "crew.hpp"
#include "recorder.hpp"

using namespace whorl_test;

namespace {

// An item that is counted as long as it lives.
struct Living : Item {
  static inline std::atomic<std::int64_t> alive{0};

  explicit Living(const Item& item) noexcept : Item(item) { ++alive; }
  Living(Living&& other) noexcept : Item(other) { ++alive; }
  Living(const Living&) = delete;
  Living& operator=(const Living&) = delete;
  ~Living() { --alive; }
};

struct Account {
  std::uint64_t published = 0;
  std::uint64_t dropped = 0;  // positions, whether an item was built in them or not
  std::uint64_t refused = 0;  // items of try_write
};

// Builds and publishes some of the `cells` that were claimed in `call`, the next item being number account.published. Returns
// how many were dropped.
template <class Range>
std::size_t use(Recorder& recorder, const Recorder::Call& call, Range cells, std::uint64_t most, Account& account,
                Random& random) {
  const auto publish = [&](std::size_t n) {
    cells.publish(n);
    account.published += n;
    recorder.end(call, {.accepted = n});
  };
  const std::size_t size = cells.size();
  const std::size_t build = std::min<std::uint64_t>(between(random, 0, size), most);
  while (cells.built() < build) {
    // Wrong at first, and put right where it lies.
    const std::size_t k = cells.built();
    cells.emplace(Item::make(call.row, 0)).number = account.published + (k - cells.published());
    cells[k].seal = Item::seal_of(call.row, cells[k].number);
    if (between(random, 0, 3) != 0) continue;
    publish(between(random, 0, cells.built() - cells.published()));
  }
  if (between(random, 0, 2) == 0) publish(cells.built() - cells.published());
  const std::size_t dropped = size - cells.published();
  account.dropped += dropped;
  if (between(random, 0, 3) == 0) Range(std::move(cells));  // dropped here, and not at the end
  return dropped;
}

template <bool kBuries, class Claim, class Write>
Account produce(Recorder& recorder, std::size_t producer, std::uint64_t items, std::stop_token stop, Random& random,
                Claim&& try_claim, Write&& try_write) {
  Account account;
  whorl::Backoff wait;
  while (account.published < items && !stop.stop_requested()) {
    if (between(random, 0, 3) == 0) {
      const auto write = [&] { return try_write(Living(Item::make(producer, account.published))); };
      const bool written = recorder.write(producer, write);
      ++(written ? account.published : account.refused);
      continue;
    }
    const Recorder::Call call = recorder.begin(producer);
    auto cells = try_claim(between(random, 1, 12));
    if (!cells) {
      recorder.end(call, {.found_no_room = 1});
      wait.snooze();
      continue;
    }
    wait.reset();
    const std::size_t dropped = use(recorder, call, std::move(cells), items - account.published, account, random);
    if (kBuries) recorder.end(call, {.buried = dropped});  // takes room until it is passed
  }
  return account;
}

template <class KindOfRing, class LayoutOfRing>
struct Shape {
  static constexpr bool kShared = KindOfRing::Claim::kShared;
  using Ring = whorl::ShardedRing<Living, KindOfRing, LayoutOfRing>;
};

template <class Ring>
Account produce_in(Recorder& recorder, Ring& ring, std::latch& begin, std::size_t producer, std::uint64_t items,
                   std::stop_token stop, Random& random) {
  if constexpr (requires { ring.lease(); }) {
    auto lease = ring.lease();
    begin.arrive_and_wait();  // all have one: or a shard may have two rows, one after the other
    return produce<false>(
        recorder, producer, items, stop, random, [&](std::size_t n) { return lease->try_claim(n); },
        [&](Living&& item) { return lease->try_write(std::move(item)); });
  } else {
    begin.arrive_and_wait();
    return produce<true>(
        recorder, producer, items, stop, random, [&](std::size_t n) { return ring.try_claim(producer, n); },
        [&](Living&& item) { return ring.try_write(producer, std::move(item)); });
  }
}

}  // namespace

TEST_CASE_TEMPLATE("ranges: what was published is delivered, what was dropped is counted, and nothing else", S,
                   Shape<whorl::Shared, whorl::Inline>, Shape<whorl::Biased, whorl::Inline>,
                   Shape<whorl::Exclusive, whorl::Inline>, Shape<whorl::Exclusive, whorl::Dense>) {
  constexpr std::size_t kShards = 2;
  constexpr std::size_t kProducers = S::kShared ? 4 : 2;
  const std::uint64_t each = scaled(100'000);
  Random random(seed());
  for (const std::size_t capacity : {1u, 2u, 8u, 64u}) {
    CAPTURE(capacity);
    {
      typename S::Ring ring(capacity * kShards, kShards, {.first_position = random()});
      Recorder recorder(kProducers, kShards, capacity);
      std::vector<Account> accounts(kProducers);
      std::latch begin(kProducers);
      {
        const Crew crew(kProducers, [&](std::size_t producer, std::stop_token stop, Random& dice) {
          accounts[producer] = produce_in(recorder, ring, begin, producer, each, stop, dice);
        });
        consume_all(ring, crew, recorder, random);
      }
      Account total;
      for (const Account& account : accounts) {
        total.published += account.published;
        total.dropped += account.dropped;
        total.refused += account.refused;
      }
      REQUIRE(recorder.complaint() == "");
      REQUIRE(recorder.seen() == kProducers * each);
      const whorl::RingStats stats = ring.stats();
      CHECK(stats.accepted == total.published);
      CHECK(stats.delivered == total.published);
      CHECK(stats.tombstones == (S::kShared ? total.dropped : 0));
      CHECK(stats.refused == total.refused);
      CHECK(stats.offered() == total.published + total.refused);
      CHECK(ring.size_approx() == 0);
    }
    CHECK(Living::alive == 0);
  }
}
