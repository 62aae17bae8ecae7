#pragma once
// whorl's Disruptor as a queue: a ring buffer, whose producer publishes single events or batches, and a poller.

#include <algorithm>
#include <cstdint>
#include <whorl/disruptor/event_poller.hpp>
#include <whorl/disruptor/ring_buffer.hpp>

#include "contender.hpp"

namespace bench {

template <class T, class Kind>
class DisruptorQueue {
  using Ring = whorl::RingBuffer<T, Kind>;

 public:
  using Item = T;
  static constexpr Producers kProducers = Ring::kShared ? Producers::kAny : Producers::kOne;
  static constexpr bool kBulk = true;

  struct Producer {
    Ring& ring;
    bool try_push(const Item& item) {
      return ring.try_publish_event([&item](Item& event) noexcept { event = item; });
    }
    // All that is offered or none of it, as far as it fits into the ring at all.
    std::size_t push_some(std::span<const Item> items) {
      const std::size_t count = std::min(items.size(), ring.capacity());
      const Item* item = items.data();
      return ring.try_publish_events(count, [&item](Item& event) noexcept { event = *item++; }) ? count : 0;
    }
  };

  explicit DisruptorQueue(Shape shape) : ring_(shape.capacity), poller_(ring_) {
    (void)ring_.add_gating(poller_.sequence());  // the only member
  }
  Producer producer(std::size_t /*id*/) { return {ring_}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    std::size_t got = 0;
    (void)poller_.poll(
        [&](Item& event) {
          take(event);
          ++got;
        },
        most);
    return got;
  }
  std::size_t capacity() const { return ring_.capacity(); }

 private:
  Ring ring_;
  whorl::EventPoller<Ring> poller_;
};

template <class Item>
struct WhorlDisruptorSingle : DisruptorQueue<Item, whorl::Single> {
  static constexpr const char* kName = "whorl/disruptor_single";
  using WhorlDisruptorSingle::DisruptorQueue::DisruptorQueue;
};
template <class Item>
struct WhorlDisruptorMulti : DisruptorQueue<Item, whorl::Multi> {
  static constexpr const char* kName = "whorl/disruptor_multi";
  using WhorlDisruptorMulti::DisruptorQueue::DisruptorQueue;
};

}  // namespace bench
