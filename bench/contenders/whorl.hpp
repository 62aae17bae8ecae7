#pragma once
// whorl's own kinds. The producers of an exclusive ring lease a shard each; the items are read in place.

#include <bit>
#include <cstdint>
#include <whorl/ring/sharded_ring.hpp>

#include "contender.hpp"
#include "numbered.hpp"

namespace bench {

// Exclusive shards, as many as there are producers; together they hold `capacity` items.
template <class Ring>
class LeasedRing {
 public:
  using Item = typename Ring::Value;
  static constexpr Producers kProducers = Producers::kOneEach;
  static constexpr bool kBulk = true;

  struct Producer {
    typename Ring::Lease lease;
    bool try_push(const Item& item) { return lease.try_write(item); }
    std::size_t push_some(std::span<const Item> items) { return lease.try_write_some(items); }
  };

  template <class... Options>
  explicit LeasedRing(Shape shape, Options... options)
      : ring_(shape.capacity, std::bit_ceil(shape.producers), options...) {}
  Producer producer(std::size_t /*id*/) { return {ring_.lease().value()}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    return ring_.try_consume(take, most);
  }
  std::size_t capacity() const { return ring_.capacity(); }

 private:
  Ring ring_;
};

// How a ring is written by id.
struct ById {
  std::size_t shards = 0;  // 0: one for each producer
  bool wandering = false;  // each producer goes on to the next id after each item: all threads write to all shards
  bool revoked = false;    // a Biased shard 0 belongs to a thread that never writes again: a producer makes it shared
};

// Shards that any producer may write to, chosen by the producer's number.
template <class Ring, ById kHow>
class RingById {
  static_assert(!kHow.wandering || kHow.shards != 0, "the ledger must know how many shards there are");

 public:
  using Item = typename Ring::Value;
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr bool kBulk = true;
  static constexpr std::size_t kLanes = kHow.wandering ? kHow.shards : 1;

  struct Producer {
    Ring& ring;
    std::uint64_t id;
    bool try_push(const Item& item) {
      const bool accepted = ring.try_write(id, item);
      if constexpr (kHow.wandering) id += accepted ? 1 : 0;
      return accepted;
    }
    std::size_t push_some(std::span<const Item> items)
      requires(!kHow.wandering)  // who wanders goes on after each item
    {
      return ring.try_write_some(id, items);
    }
  };

  explicit RingById(Shape shape)
      : ring_(shape.capacity, kHow.shards != 0 ? kHow.shards : std::bit_ceil(shape.producers)) {
    if constexpr (kHow.revoked) {
      (void)ring_.try_write(0, Item{});
      ring_.try_consume([](const Item&) {}, 1);
    }
  }
  Producer producer(std::size_t id) { return {ring_, id}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    return ring_.try_consume(take, most);
  }
  std::size_t capacity() const { return ring_.capacity(); }

 private:
  Ring ring_;
};

template <class Item, class Layout>
using WhorlExclusive = LeasedRing<whorl::ShardedRing<Item, whorl::Exclusive, Layout>>;
template <class Item, class Kind, ById kHow>
using WhorlById = RingById<whorl::ShardedRing<Item, Kind>, kHow>;

// The layout that whorl chooses: Inline for small items (then it is the same code as whorl/inline), Dense for others.
template <class Item>
struct WhorlLeased : WhorlExclusive<Item, whorl::DefaultLayout<Item, whorl::Exclusive>> {
  static constexpr const char* kName = "whorl/leased";
  using WhorlLeased::LeasedRing::LeasedRing;
};
template <class Item>
struct WhorlDense : WhorlExclusive<Item, whorl::Dense> {
  static constexpr const char* kName = "whorl/dense";
  using WhorlDense::LeasedRing::LeasedRing;
};
template <class Item>
struct WhorlInline : WhorlExclusive<Item, whorl::Inline> {
  static constexpr const char* kName = "whorl/inline";
  using WhorlInline::LeasedRing::LeasedRing;
};
// whorl/shared1, whorl/shared4, ...: so many shards.
template <class Item, std::size_t kShards>
struct WhorlShared : WhorlById<Item, whorl::Shared, ById{.shards = kShards}> {
  static constexpr const char* kName = kNumbered<"whorl/shared", kShards>;
  using WhorlShared::RingById::RingById;
};
template <class Item>
using WhorlShared1 = WhorlShared<Item, 1>;
template <class Item>
using WhorlShared4 = WhorlShared<Item, 4>;
template <class Item>
struct WhorlSharedWandering : WhorlById<Item, whorl::Shared, ById{.shards = 4, .wandering = true}> {
  static constexpr const char* kName = "whorl/shared_wandering";
  using WhorlSharedWandering::RingById::RingById;
};
template <class Item>
struct WhorlBiased : WhorlById<Item, whorl::Biased, ById{}> {
  static constexpr const char* kName = "whorl/biased";
  using WhorlBiased::RingById::RingById;
};
template <class Item>
struct WhorlBiased1 : WhorlById<Item, whorl::Biased, ById{.shards = 1, .revoked = true}> {
  static constexpr const char* kName = "whorl/biased1";
  using WhorlBiased1::RingById::RingById;
};
template <class Item>
struct WhorlBiasedWandering : WhorlById<Item, whorl::Biased, ById{.shards = 4, .wandering = true}> {
  static constexpr const char* kName = "whorl/biased_wandering";
  using WhorlBiasedWandering::RingById::RingById;
};

}  // namespace bench
