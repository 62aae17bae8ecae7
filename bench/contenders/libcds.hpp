#pragma once
// libcds: D. Vyukov's bounded queue, an array with a sequence number in each cell. Header only, and without the library's
// garbage collectors. The consumer uses the items in place.

#include "contender.hpp"

#if BENCH_HAS_LIBCDS

#include <cds/container/vyukov_mpmc_cycle_queue.h>

namespace bench {

template <class ItemType>
class LibcdsVyukov {
  using Queue = cds::container::VyukovMPSCCycleQueue<ItemType>;

 public:
  using Item = ItemType;
  static constexpr const char* kName = "libcds/vyukov";
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr bool kBulk = false;  // it has no dequeue of several items

  struct Producer {
    Queue& queue;
    bool try_push(const Item& item) { return queue.enqueue(item); }
  };

  explicit LibcdsVyukov(Shape shape) : queue_(shape.capacity) {}
  Producer producer(std::size_t /*id*/) { return {queue_}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    std::size_t used = 0;
    while (used < most && queue_.dequeue_with([&](Item& item) { take(item); })) ++used;
    return used;
  }
  std::size_t capacity() const { return queue_.capacity(); }

 private:
  Queue queue_;
};

}  // namespace bench

#else

namespace bench {

template <class>
struct LibcdsVyukov : Absent {
  static constexpr const char* kName = "libcds/vyukov";
};

}  // namespace bench

#endif
