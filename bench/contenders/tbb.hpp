#pragma once
// oneTBB's concurrent_bounded_queue: eight queues inside, served in turn, which allocate pages as they go.

#include "contender.hpp"

#if BENCH_HAS_TBB

#include <oneapi/tbb/concurrent_queue.h>

namespace bench {

template <class ItemType>
class TbbBounded {
  using Queue = tbb::concurrent_bounded_queue<ItemType>;

 public:
  using Item = ItemType;
  static constexpr const char* kName = "tbb/bounded";
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr bool kBulk = false;  // it has no pop of several items

  struct Producer {
    Queue& queue;
    bool try_push(const Item& item) { return queue.try_push(item); }
  };

  explicit TbbBounded(Shape shape) { queue_.set_capacity(static_cast<typename Queue::size_type>(shape.capacity)); }
  Producer producer(std::size_t /*id*/) { return {queue_}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    std::size_t used = 0;
    Item item;
    asm("" : "=m"(item));  // or g++ 12 warns that it may never be written; to fill it with zeros would cost
    for (; used < most && queue_.try_pop(item); ++used) take(item);
    return used;
  }
  std::size_t capacity() const { return static_cast<std::size_t>(queue_.capacity()); }

 private:
  Queue queue_;
};

}  // namespace bench

#else

namespace bench {

template <class>
struct TbbBounded : Absent {
  static constexpr const char* kName = "tbb/bounded";
};

}  // namespace bench

#endif
