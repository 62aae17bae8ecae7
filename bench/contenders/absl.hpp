#pragma once
// absl::Mutex and a std::deque with a bound: what many programs have. Nothing is used while the lock is held.

#include "locked.hpp"

#if BENCH_HAS_ABSL

#include <absl/synchronization/mutex.h>

#include <algorithm>
#include <deque>

namespace bench {

template <class ItemType>
class AbslMutexDeque : public Locked<AbslMutexDeque<ItemType>, ItemType> {
 public:
  using Item = ItemType;
  static constexpr const char* kName = "absl/mutex_deque";

  explicit AbslMutexDeque(Shape shape) : AbslMutexDeque::Locked(shape) {}

  std::size_t push(std::span<const Item> items) {
    const absl::MutexLock lock(&mutex_);
    const std::size_t count = std::min(items.size(), this->capacity_ - items_.size());
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

 private:
  using Difference = typename std::deque<Item>::difference_type;

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
