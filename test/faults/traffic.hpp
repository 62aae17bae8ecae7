#pragma once
// What most rows share: items that are counted while they live, and one run of producers and a consumer.

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

#include "../stress/crew.hpp"
#include "../stress/ledger.hpp"
#include "../stress/watchdog.hpp"
#include "../support/shapes.hpp"
#include "figure.hpp"

namespace whorl_test {

inline constexpr whorl::BlockingWait kAsleepAtOnce{.spins = 0, .yields = 0};

/// An item that is counted as long as it lives.
struct Living : Item {
  static inline std::atomic<std::int64_t> alive{0};

  explicit Living(const Item& item) noexcept : Item(item) { ++alive; }
  Living(const Living& other) noexcept : Item(other) { ++alive; }
  Living& operator=(const Living&) noexcept = default;
  ~Living() { --alive; }

  static Living make(std::uint64_t producer, std::uint64_t number) { return Living(Item::make(producer, number)); }
};

/// Writes to the shard of one producer of any shape: by id, or with a lease that is taken here.
template <class Ring>
class Mouth {
 public:
  Mouth(Ring& ring, std::uint64_t producer) : ring_(ring), producer_(producer) {}

  template <class U, class... Rest>
  whorl::WriteResult write(U&& value, const Rest&... rest) {
    return ring_.write(producer_, std::forward<U>(value), rest...);
  }
  template <class U>
  bool try_write(U&& value) {
    return ring_.try_write(producer_, std::forward<U>(value));
  }
  auto try_claim(std::size_t most, std::size_t least = 1) { return ring_.try_claim(producer_, most, least); }
  bool is_closed() const { return ring_.is_closed(); }

 private:
  Ring& ring_;
  std::uint64_t producer_;
};

template <class T, class Layout>
class Mouth<whorl::ShardedRing<T, whorl::Exclusive, Layout>> {
  using Ring = whorl::ShardedRing<T, whorl::Exclusive, Layout>;

 public:
  // Not inline: g++ 12 then takes the lease for something uninitialised.
  [[gnu::noinline]] Mouth(Ring& ring, std::uint64_t) : lease_(ring.lease()) {}
  [[gnu::noinline]] ~Mouth() { lease_.reset(); }
  Mouth(Mouth&&) = default;

  template <class U, class... Rest>
  whorl::WriteResult write(U&& value, const Rest&... rest) {
    if (!lease_) return whorl::WriteResult::closed;
    return lease_->write(std::forward<U>(value), rest...);
  }
  template <class U>
  bool try_write(U&& value) {
    return lease_ && lease_->try_write(std::forward<U>(value));
  }
  auto try_claim(std::size_t most, std::size_t least = 1) {
    return lease_ ? lease_->try_claim(most, least) : typename Ring::Shard::Range{};
  }
  bool is_closed() const { return !lease_ || lease_->is_closed(); }

 private:
  std::optional<typename Ring::Lease> lease_;
};

/// That `ring` was emptied and every item accounted for.
template <class Ring>
void require_all_delivered(const Ring& ring, const Ledger& ledger, const std::vector<std::uint64_t>& written) {
  REQUIRE(ledger.complaint() == "");
  REQUIRE(ledger.seen_of_each() == written);
  REQUIRE(ring.stats().accepted == ledger.seen());
  REQUIRE(ring.stats().delivered == ledger.seen());
  REQUIRE(ring.size_approx() == 0);
}

/// Each producer writes `each` items, all wait as `wait` says; the last one to finish closes the ring. present(seat)
/// returns what a thread holds as long as it takes part; the consumer has the seat behind the producers'.
template <class Ring, class Wait, class Present>
void deliver_all(Ring& ring, std::size_t producers, std::uint64_t each, const Wait& wait, Watchdog& watchdog,
                 Present&& present) {
  Ledger ledger(producers);
  Random random(seed());
  std::atomic<std::size_t> writing{producers};
  {
    const Crew crew(producers, [&](std::size_t producer, std::stop_token stop, Random&) {
      {
        [[maybe_unused]] const auto here = present(producer);
        Mouth mouth(ring, producer);
        for (std::uint64_t n = 0; n < each; ++n) {
          if (mouth.write(Living::make(producer, n), wait, stop) != whorl::WriteResult::ok) break;
        }
      }
      if (writing.fetch_sub(1) == 1) ring.close();
    });
    [[maybe_unused]] const auto here = present(producers);
    while (ring.wait_readable(wait) == whorl::ReadResult::ready) {
      ring.try_consume(ledger, between(random, 1, 100));
      watchdog.progress();
    }
  }
  require_all_delivered(ring, ledger, std::vector(producers, each));
  REQUIRE(Living::alive == 0);
}
template <class Ring, class Wait>
void deliver_all(Ring& ring, std::size_t producers, std::uint64_t each, const Wait& wait, Watchdog& watchdog) {
  deliver_all(ring, producers, each, wait, watchdog, [](std::size_t) { return 0; });
}

}  // namespace whorl_test
