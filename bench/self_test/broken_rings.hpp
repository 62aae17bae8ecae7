#pragma once
// Ring buffers and leases that are wrong on purpose, now and then: of what one producer publishes singly, and in batches.

#include <concepts>
#include <optional>
#include <utility>

#include "../driver/graph_rings.hpp"
#include "broken.hpp"

namespace bench {

enum class Fault { kNone, kLosing, kDoubling, kReordering, kDamaging };

constexpr const char* name_of(Fault fault) noexcept {
  constexpr const char* kNames[] = {"sound ring", "losing ring", "doubling ring", "reordering ring", "damaging ring"};
  return kNames[static_cast<std::size_t>(fault)];
}

/// Ring is a whorl::RingBuffer of events made of words, or the lease of one of its shards.
template <class Ring, Fault kFault, class EventOf = typename Ring::Event>
struct BrokenRing : Ring {
  using Event = EventOf;
  using Ring::Ring;
  explicit BrokenRing(Ring&& lease)
    requires std::move_constructible<Ring>
      : Ring(std::move(lease)) {}

  template <class Fill>
  bool try_publish_event(Fill&& fill) {
    if (kept) {  // the one that was kept back comes after the next one
      (void)Ring::publish_event(fill);
      (void)Ring::publish_event([this](Event& event) { event = *kept; });
      kept.reset();
      return true;
    }
    if (++calls % kNowAndThen != 0 || kFault == Fault::kNone) return Ring::try_publish_event(fill);
    if constexpr (kFault == Fault::kLosing) return true;
    if constexpr (kFault == Fault::kReordering) fill(kept.emplace());
    if constexpr (kFault == Fault::kDoubling) (void)Ring::publish_event(fill);
    if constexpr (kFault == Fault::kDamaging) {
      (void)Ring::publish_event([&fill](Event& event) { fill(event), event.words.back() ^= 1; });
    }
    return kFault == Fault::kDoubling ? Ring::try_publish_event(fill) : true;
  }

  // What a producer has filled where it lies.
  void publish(whorl::SequenceNumber low, whorl::SequenceNumber high) {
    if (++calls % kNowAndThenInBatches == 0) harm(this->get(low), this->get(low + 1));
    Ring::publish(low, high);
  }

 private:
  static void harm([[maybe_unused]] Event& one, [[maybe_unused]] Event& next) {
    if constexpr (kFault == Fault::kLosing) one = next;
    if constexpr (kFault == Fault::kDoubling) next = one;
    if constexpr (kFault == Fault::kReordering) std::swap(one, next);
    if constexpr (kFault == Fault::kDamaging) one.words.back() ^= 1;
  }

  unsigned calls = 0;
  std::optional<Event> kept;
};

/// Shards whose leases are wrong.
template <class Sharded, Fault kFault>
struct BrokenShards : Sharded {
  using Sharded::Sharded;
};

template <class Sharded, Fault kFault>
struct RingOfGraph<BrokenShards<Sharded, kFault>> : RingOfGraph<Sharded> {
  using Ring = BrokenShards<Sharded, kFault>;
  static Ring make(std::size_t capacity, std::size_t producers) { return Ring(capacity, std::bit_ceil(producers)); }
  static auto producer(Ring& ring) {
    return BrokenRing<typename Sharded::Lease, kFault, typename Sharded::Event>(ring.lease().value());
  }
};

}  // namespace bench
