// A ring that is closed at any moment, by anybody, however often, whoever writes, waits or holds something meanwhile.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "traffic.hpp"

using namespace whorl_test;
using whorl::ReadResult;
using whorl::WriteResult;

namespace {

constexpr std::size_t kProducers = 2;

// Who closes, and when.
struct Plan {
  std::size_t closers = 1;         // threads that close at a random moment
  bool before_start = false;       // it is closed before anybody comes
  std::uint64_t from_handler = 0;  // the handler of so manieth item closes it
  bool from_producer = false;      // producer 0 closes it behind its 4th item
  bool drains = true;              // the consumer reads to the end; otherwise the ring is destroyed with what is in it
};

// One of the ways to write one item; ok, full or closed.
template <class Mouth>
WriteResult write_one(Mouth& mouth, std::size_t producer, std::uint64_t number, Random& dice) {
  switch (between(dice, 0, 3)) {
    case 0:
      return mouth.write(Living::make(producer, number), kAsleepAtOnce);
    case 1:
      return mouth.write(Living::make(producer, number), whorl::YieldingWait{});
    case 2: {
      // What is built when the ring closes may still be published.
      auto cells = mouth.try_claim(2);
      if (!cells) break;
      cells.emplace(Item::make(producer, number));
      dawdle(between(dice, 0, 50));
      cells.publish();
      return WriteResult::ok;
    }
    default:
      if (mouth.try_write(Living::make(producer, number))) return WriteResult::ok;
      break;
  }
  whorl::sync::yield();
  return mouth.is_closed() ? WriteResult::closed : WriteResult::full;
}

template <class Ring>
void read_to_the_end(Ring& ring, Ledger& ledger, const Plan& plan, Random& random) {
  const bool parks = between(random, 0, 1) == 0;
  const auto wait = [&] {
    return parks ? ring.wait_readable(kAsleepAtOnce) : ring.wait_readable(whorl::YieldingWait{});
  };
  while (wait() == ReadResult::ready) {
    if (!plan.drains && ledger.seen() > 3 && ring.is_closed()) return;
    ring.try_consume(
        [&](const Living& item) {
          ledger(item);
          if (ledger.seen() == plan.from_handler) ring.close();
        },
        between(random, 1, 4));
  }
}

// One ring from its beginning to its end.
template <class S>
void shut_down(const Plan& plan, std::uint64_t round, Random& random) {
  typename S::template Ring<Living> ring((std::size_t{1} << between(random, 0, 3)) * kProducers, kProducers);
  Ledger ledger(kProducers);
  std::vector<std::uint64_t> accepted(kProducers, 0);
  const std::uint64_t close_after = between(random, 0, between(random, 1, 3'000));
  if (plan.before_start) ring.close();
  {
    const Crew crew(kProducers, [&](std::size_t producer, std::stop_token, Random& dice) {
      dice.seed(seed() + round * kProducers + producer);
      Mouth mouth(ring, producer);
      for (WriteResult end = WriteResult::full; end != WriteResult::closed;) {
        end = write_one(mouth, producer, accepted[producer], dice);
        if (end == WriteResult::ok && ++accepted[producer] == 4 && producer == 0 && plan.from_producer) ring.close();
      }
    });
    std::vector<std::jthread> closers;
    for (std::size_t closer = 0; closer < plan.closers; ++closer) {
      closers.emplace_back([&] {
        dawdle(close_after);
        ring.close();
      });
    }
    read_to_the_end(ring, ledger, plan, random);
  }
  REQUIRE(ledger.complaint() == "");
  REQUIRE(ring.stats().accepted == accepted[0] + accepted[1]);
  if (plan.drains) {
    require_all_delivered(ring, ledger, accepted);
    REQUIRE(ring.is_drained());
  }
}

template <class S>
void shut_down_often(const Plan& plan, std::uint64_t quick) {
  Watchdog watchdog("fault 20");
  Random random(seed());
  for (std::uint64_t round = 0; round < figure(quick, 100'000); ++round) {
    CAPTURE(round);
    shut_down<S>(plan, round, random);
    REQUIRE(Living::alive == 0);
    watchdog.progress();
  }
}

}  // namespace

TEST_CASE_TEMPLATE("fault 20: closed by a stranger at any moment, it delivers what it has accepted", S,
                   WHORL_TEST_SHAPES) {
  shut_down_often<S>({}, 300);
}

TEST_CASE_TEMPLATE("fault 20: so it does when two close it at once", S, WHORL_TEST_SHAPES) {
  shut_down_often<S>({.closers = 2}, 200);
}

TEST_CASE_TEMPLATE("fault 20: so it does when a handler closes it", S, WHORL_TEST_SHAPES) {
  shut_down_often<S>({.closers = 0, .from_handler = 5}, 200);
}

TEST_CASE_TEMPLATE("fault 20: so it does when a producer closes it, and a stranger besides", S, WHORL_TEST_SHAPES) {
  shut_down_often<S>({.from_producer = true}, 200);
}

TEST_CASE_TEMPLATE("fault 20: closed before anybody comes, it is over at once", S, WHORL_TEST_SHAPES) {
  shut_down_often<S>({.closers = 0, .before_start = true}, 200);
}

TEST_CASE_TEMPLATE("fault 20: destroyed behind its closing, it destroys what was not read", S, WHORL_TEST_SHAPES) {
  shut_down_often<S>({.drains = false}, 200);
}

TEST_CASE_TEMPLATE("fault 20: closed while its shards change hands, each shard ends where its last owner stopped", S,
                   WHORL_TEST_SHAPES_BY_LEASE) {
  Watchdog watchdog("fault 20: leases");
  Random random(seed());
  for (std::uint64_t round = 0; round < figure(200, 100'000); ++round) {
    CAPTURE(round);
    typename S::template Ring<Living> ring(2, 2);
    Ledger ledger(2);                           // the shard takes the producer's place
    std::vector<std::uint64_t> accepted(2, 0);  // plain words of whoever has the lease
    const std::uint64_t close_after = between(random, 0, 2'000);
    {
      const Crew crew(3, [&](std::size_t, std::stop_token, Random& dice) {
        while (!ring.is_closed()) {
          auto lease = ring.lease();
          for (std::uint64_t n = between(dice, 0, 3); lease && n != 0; --n) {
            std::uint64_t& next = accepted[lease->shard_index()];
            if (lease->write(Living::make(lease->shard_index(), next), kAsleepAtOnce) == WriteResult::ok) ++next;
          }
        }
      });
      const std::jthread closer([&] {
        dawdle(close_after);
        ring.close();
      });
      read_to_the_end(ring, ledger, {}, random);
    }
    require_all_delivered(ring, ledger, accepted);
    REQUIRE(ring.is_drained());
    REQUIRE(!ring.lease());
    REQUIRE(Living::alive == 0);
    watchdog.progress();
  }
}
