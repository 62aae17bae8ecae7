#pragma once
// The shapes a ring can have, as types for TEST_CASE_TEMPLATE, and one way to write that suits all of them.

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>
#include <whorl/ring/sharded_ring.hpp>

namespace whorl_test {

template <class KindOfShape, class LayoutOfShape>
struct Shape {
  using Kind = KindOfShape;
  using Layout = LayoutOfShape;
  static constexpr bool kShared = Kind::Claim::kShared;
  template <class T>
  using Shard = whorl::RingShard<T, Kind, Layout>;
  template <class T>
  using Ring = whorl::ShardedRing<T, Kind, Layout>;
};

using BiasedInline = Shape<whorl::Biased, whorl::Inline>;
using SharedInline = Shape<whorl::Shared, whorl::Inline>;
using ExclusiveInline = Shape<whorl::Exclusive, whorl::Inline>;
using ExclusiveDense = Shape<whorl::Exclusive, whorl::Dense>;

#define WHORL_TEST_SHAPES_BY_ID whorl_test::BiasedInline, whorl_test::SharedInline
#define WHORL_TEST_SHAPES_BY_LEASE whorl_test::ExclusiveInline, whorl_test::ExclusiveDense
#define WHORL_TEST_SHAPES WHORL_TEST_SHAPES_BY_ID, WHORL_TEST_SHAPES_BY_LEASE

/// Writes to shard s of a ring of any shape: by the id s, or with the lease of s, which it holds.
template <class Ring>
class Writers;
template <class Ring>
Writers(Ring&) -> Writers<Ring>;

template <class T, class Kind, class Layout>
class Writers<whorl::ShardedRing<T, Kind, Layout>> {
 public:
  using Ring = whorl::ShardedRing<T, Kind, Layout>;

  explicit Writers(Ring& ring) : ring_(ring) {}

  template <class U>
  bool try_write(std::size_t shard, U&& value) {
    return ring_.try_write(shard, std::forward<U>(value));
  }
  template <class U>
  std::size_t try_write_some(std::size_t shard, std::span<U> values) {
    return ring_.try_write_some(shard, values);
  }
  template <class U, class... Rest>
  whorl::WriteResult write(std::size_t shard, U&& value, const Rest&... rest) {
    return ring_.write(shard, std::forward<U>(value), rest...);
  }
  template <class U>
  bool try_write_all(std::size_t shard, std::span<U> values) {
    return ring_.try_write_all(shard, values);
  }
  auto try_claim(std::size_t shard, std::size_t most, std::size_t least = 1) {
    return ring_.try_claim(shard, most, least);
  }
  void give_back() {}

 private:
  Ring& ring_;
};

template <class T, class Layout>
class Writers<whorl::ShardedRing<T, whorl::Exclusive, Layout>> {
 public:
  using Ring = whorl::ShardedRing<T, whorl::Exclusive, Layout>;

  explicit Writers(Ring& ring) {
    leases_.reserve(ring.shard_count());
    while (auto lease = ring.lease()) leases_.push_back(std::move(*lease));
  }

  template <class U>
  bool try_write(std::size_t shard, U&& value) {
    return leases_[shard].try_write(std::forward<U>(value));
  }
  template <class U>
  std::size_t try_write_some(std::size_t shard, std::span<U> values) {
    return leases_[shard].try_write_some(values);
  }
  template <class U, class... Rest>
  whorl::WriteResult write(std::size_t shard, U&& value, const Rest&... rest) {
    return leases_[shard].write(std::forward<U>(value), rest...);
  }
  template <class U>
  bool try_write_all(std::size_t shard, std::span<U> values) {
    return leases_[shard].try_write_all(values);
  }
  auto try_claim(std::size_t shard, std::size_t most, std::size_t least = 1) {
    return leases_[shard].try_claim(most, least);
  }
  void give_back() { leases_.clear(); }

 private:
  std::vector<typename Ring::Lease> leases_;
};

}  // namespace whorl_test
