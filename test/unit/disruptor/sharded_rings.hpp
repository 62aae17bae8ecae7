#pragma once
// Sharded ring buffers of every kind and layout, as types for TEST_CASE_TEMPLATE.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>
#include <whorl/disruptor/sharded_sequencer.hpp>

#include "../../support/sequencers.hpp"

namespace whorl_test {

template <class Kind, class Layout>
struct ShardedBuffer {
  static constexpr bool kShared = Kind::Claim::kShared;
  static constexpr bool kDense = std::is_same_v<Layout, whorl::Dense>;
  template <class E>
  using Of = whorl::ShardedRingBuffer<E, Kind, Layout, SleepAtOnce>;
};

using ExclusiveInline = ShardedBuffer<whorl::Exclusive, whorl::Inline>;
using ExclusiveDense = ShardedBuffer<whorl::Exclusive, whorl::Dense>;
using SharedInline = ShardedBuffer<whorl::Shared, whorl::Inline>;
using SharedDense = ShardedBuffer<whorl::Shared, whorl::Dense>;

#define WHORL_TEST_SHARDED_BUFFERS \
  whorl_test::ExclusiveInline, whorl_test::ExclusiveDense, whorl_test::SharedInline, whorl_test::SharedDense

/// What producers of an exclusive ring hold, and those of a shared one do not need.
struct NoLease {};
template <class Ring>
using LeaseOf = std::conditional_t<Ring::kShared, NoLease, typename Ring::Lease>;

/// A producer for each shard, whatever the kind: publish(shard, n) has it publish so many numbers, which it counts from
/// 100 * shard on.
template <class Ring>
class Producers {
 public:
  explicit Producers(Ring& ring) : ring_(ring), next_(ring.shard_count()) {
    for (std::size_t i = 0; i < ring.shard_count(); ++i) next_[i] = 100 * i;
    if constexpr (!Ring::kShared) {
      while (auto lease = ring.lease()) leases_.push_back(std::move(*lease));
    }
  }

  /// False: no room for so many, or closed.
  [[nodiscard]] bool publish(std::size_t shard, std::size_t n = 1) {
    const auto number = [&](std::uint64_t& e) { e = next_[shard]++; };
    if constexpr (Ring::kShared) {
      return ring_.shard_for(shard).try_publish_events(n, number);
    } else {
      return leases_[shard].try_publish_events(n, number);
    }
  }
  /// Nothing is published any more, and everybody knows where each shard ends.
  void end() {
    ring_.close();
    if constexpr (!Ring::kShared) leases_.clear();
  }

 private:
  Ring& ring_;
  std::vector<std::uint64_t> next_;
  std::vector<LeaseOf<Ring>> leases_;
};

/// A thread for each shard, whatever the kind, that publishes `each` numbers one by one, waiting for room, from
/// stride * shard on.
template <class Ring>
class Flood {
 public:
  Flood(Ring& ring, std::uint64_t each, std::uint64_t stride = 0) {
    if constexpr (!Ring::kShared) {  // all of them now: one that is given back could be had again
      while (auto lease = ring.lease()) leases_.push_back(std::move(*lease));
    }
    for (std::size_t i = 0; i < ring.shard_count(); ++i) {
      if constexpr (Ring::kShared) {
        begin(ring.shard_for(i), each, stride * i);
      } else {
        begin(leases_[i], each, stride * i);
      }
    }
  }

  /// Returns when all is published. The leases are still there.
  void join() { threads_.clear(); }
  void give_leases_back() { leases_.clear(); }

 private:
  template <class Shard>
  void begin(Shard& shard, std::uint64_t each, std::uint64_t first) {
    threads_.emplace_back([&shard, each, first] {
      for (std::uint64_t n = 0; n < each; ++n) (void)shard.publish_event([&](std::uint64_t& e) { e = first + n; });
    });
  }

  std::vector<LeaseOf<Ring>> leases_;
  std::vector<std::jthread> threads_;  // they end first
};

}  // namespace whorl_test
