#pragma once
// absl::Mutex and a std::deque with a bound: what many programs have. Nothing is used while the lock is held.

#include "contender.hpp"

#if BENCH_HAS_ABSL

#include <absl/synchronization/mutex.h>

#include <array>
#include <deque>

namespace bench {

template <class ItemType>
class AbslMutexDeque {
 public:
  using Item = ItemType;
  static constexpr const char* kName = "absl/mutex_deque";
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr bool kBulk = true;

  struct Producer {
    AbslMutexDeque& queue;
    bool try_push(const Item& item) { return queue.push({&item, 1}) == 1; }
    std::size_t push_some(std::span<const Item> items) { return queue.push(items); }
  };

  explicit AbslMutexDeque(Shape shape) : capacity_(shape.capacity) {}
  Producer producer(std::size_t /*id*/) { return {*this}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    std::array<Item, kMostPerCopy<Item>> items;
    const std::size_t got = pop({items.data(), std::min(most, items.size())});
    for (std::size_t i = 0; i < got; ++i) take(items[i]);
    return got;
  }
  std::size_t capacity() const { return capacity_; }

 private:
  using Difference = typename std::deque<Item>::difference_type;

  std::size_t push(std::span<const Item> items) {
    const absl::MutexLock lock(&mutex_);
    const std::size_t count = std::min(items.size(), capacity_ - items_.size());
    items_.insert(items_.end(), items.begin(), items.begin() + static_cast<Difference>(count));
    return count;
  }
  std::size_t pop(std::span<Item> items) {
    const absl::MutexLock lock(&mutex_);
    const std::size_t count = std::min(items.size(), items_.size());
    const auto end = items_.begin() + static_cast<Difference>(count);
    std::copy(items_.begin(), end, items.begin());
    items_.erase(items_.begin(), end);
    return count;
  }

  const std::size_t capacity_;
  absl::Mutex mutex_;
  std::deque<Item> items_;
};

}  // namespace bench

#else

namespace bench {

template <class>
struct AbslMutexDeque : Absent {
  static constexpr const char* kName = "absl/mutex_deque";
};

}  // namespace bench

#endif
