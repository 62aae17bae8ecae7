#pragma once
// whorl's own kinds. The producers of an exclusive ring lease a shard each; the items are read in place.

#include <bit>
#include <cstdint>
#include <whorl/ring/sharded_ring.hpp>

#include "contender.hpp"

namespace bench {

// Exclusive shards, as many as there are producers; together they hold `capacity` items.
template <class ItemType, class Layout>
class WhorlExclusive {
  using Ring = whorl::ShardedRing<ItemType, whorl::Exclusive, Layout>;

 public:
  using Item = ItemType;
  static constexpr Producers kProducers = Producers::kOneEach;
  static constexpr bool kBulk = true;

  struct Producer {
    typename Ring::Lease lease;
    bool try_push(const Item& item) { return lease.try_write(item); }
  };

  explicit WhorlExclusive(Shape shape, whorl::RingOptions options = {})
      : ring_(shape.capacity, std::bit_ceil(shape.producers), options) {}
  Producer producer(std::size_t /*id*/) { return {ring_.lease().value()}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    return ring_.try_consume(take, most);
  }
  std::size_t capacity() const { return ring_.capacity(); }

 private:
  Ring ring_;
};

// Shards that any producer may write to, chosen by the producer's number.
template <class ItemType, std::size_t kShards>
class WhorlShared {
  using Ring = whorl::ShardedRing<ItemType, whorl::Shared>;

 public:
  using Item = ItemType;
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr bool kBulk = true;

  struct Producer {
    Ring& ring;
    std::uint64_t id;
    bool try_push(const Item& item) { return ring.try_write(id, item); }
  };

  explicit WhorlShared(Shape shape) : ring_(shape.capacity, kShards) {}
  Producer producer(std::size_t id) { return {ring_, id}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    return ring_.try_consume(take, most);
  }
  std::size_t capacity() const { return ring_.capacity(); }

 private:
  Ring ring_;
};

// The layout that whorl chooses: Inline for small items (then it is the same code as whorl/inline), Dense for others.
template <class Item>
struct WhorlLeased : WhorlExclusive<Item, whorl::DefaultLayout<Item, whorl::Exclusive>> {
  static constexpr const char* kName = "whorl/leased";
  using WhorlLeased::WhorlExclusive::WhorlExclusive;
};
template <class Item>
struct WhorlDense : WhorlExclusive<Item, whorl::Dense> {
  static constexpr const char* kName = "whorl/dense";
  using WhorlDense::WhorlExclusive::WhorlExclusive;
};
template <class Item>
struct WhorlInline : WhorlExclusive<Item, whorl::Inline> {
  static constexpr const char* kName = "whorl/inline";
  using WhorlInline::WhorlExclusive::WhorlExclusive;
};
template <class Item>
struct WhorlShared1 : WhorlShared<Item, 1> {
  static constexpr const char* kName = "whorl/shared1";
  using WhorlShared1::WhorlShared::WhorlShared;
};
template <class Item>
struct WhorlShared4 : WhorlShared<Item, 4> {
  static constexpr const char* kName = "whorl/shared4";
  using WhorlShared4::WhorlShared::WhorlShared;
};

}  // namespace bench
