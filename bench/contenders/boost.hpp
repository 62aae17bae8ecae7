#pragma once
// Boost.Lockfree. queue links nodes by 16-bit indices and so holds at most 65,534 items; spsc_queue is a ring, from which the
// consumer takes either copies of many by one call or one after the other in place.

#include "contender.hpp"

#if BENCH_HAS_BOOST

#include <algorithm>
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>

namespace bench {

template <class ItemType>
class BoostQueue {
  using Queue = boost::lockfree::queue<ItemType, boost::lockfree::fixed_sized<true>>;

 public:
  using Item = ItemType;
  static constexpr const char* kName = "boost/queue";
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr bool kBulk = false;  // it has no pop of several items

  struct Producer {
    Queue& queue;
    bool try_push(const Item& item) { return queue.push(item); }
  };

  explicit BoostQueue(Shape shape) : capacity_(std::min(shape.capacity, kMostItems)), queue_(capacity_) {}
  Producer producer(std::size_t /*id*/) { return {queue_}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    std::size_t used = 0;
    for (Item item; used < most && queue_.pop(item); ++used) take(item);
    return used;
  }
  std::size_t capacity() const { return capacity_; }

 private:
  static constexpr std::size_t kMostItems = 65534;

  std::size_t capacity_;
  Queue queue_;
};

template <class ItemType>
class BoostSpsc {
  using Queue = boost::lockfree::spsc_queue<ItemType>;

 public:
  using Item = ItemType;
  static constexpr const char* kName = "boost/spsc";
  static constexpr Producers kProducers = Producers::kOne;
  static constexpr bool kBulk = true;

  struct Producer {
    Queue& queue;
    bool try_push(const Item& item) { return queue.push(item); }
    std::size_t push_some(std::span<const Item> items) { return queue.push(items.data(), items.size()); }
  };

  explicit BoostSpsc(Shape shape) : capacity_(shape.capacity), queue_(shape.capacity) {}
  Producer producer(std::size_t /*id*/) { return {queue_}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    return take_copies<Item>(
        most, [this](std::span<Item> items) { return queue_.pop(items.data(), items.size()); }, take);
  }
  std::size_t capacity() const { return capacity_; }

 protected:
  std::size_t capacity_;
  Queue queue_;
};

template <class Item>
struct BoostSpscInPlace : BoostSpsc<Item> {
  static constexpr const char* kName = "boost/spsc_in_place";
  static constexpr bool kBulk = false;  // consume_all has no bound: the producer would get its room back all at once
  using BoostSpsc<Item>::BoostSpsc;
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    std::size_t used = 0;
    while (used < most && this->queue_.consume_one(take)) ++used;
    return used;
  }
};

}  // namespace bench

#else

namespace bench {

template <class>
struct BoostQueue : Absent {
  static constexpr const char* kName = "boost/queue";
};
template <class>
struct BoostSpsc : Absent {
  static constexpr const char* kName = "boost/spsc";
};
template <class>
struct BoostSpscInPlace : Absent {
  static constexpr const char* kName = "boost/spsc_in_place";
};

}  // namespace bench

#endif
