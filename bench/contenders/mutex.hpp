#pragma once
// What one writes without a library: an array, two counters and a lock. Nothing is used while the lock is held.

#include <algorithm>
#include <memory>
#include <mutex>

#include "locked.hpp"

namespace bench {

template <class ItemType>
class MutexRing : public Locked<MutexRing<ItemType>, ItemType> {
 public:
  using Item = ItemType;
  static constexpr const char* kName = "mutex/ring";

  // A power of two, as the masks want it.
  explicit MutexRing(Shape shape) : MutexRing::Locked(shape), items_(std::make_unique<Item[]>(shape.capacity)) {}

  std::size_t push(std::span<const Item> items) {
    const std::lock_guard lock(mutex_);
    const std::size_t count = std::min(items.size(), capacity_ - (written_ - read_));
    const std::size_t at = written_ & (capacity_ - 1);
    const std::size_t to_the_end = std::min(count, capacity_ - at);
    std::copy_n(items.data(), to_the_end, &items_[at]);
    std::copy_n(items.data() + to_the_end, count - to_the_end, &items_[0]);
    written_ += count;
    return count;
  }
  std::size_t pop(std::span<Item> items) {
    const std::lock_guard lock(mutex_);
    const std::size_t count = std::min(items.size(), written_ - read_);
    const std::size_t at = read_ & (capacity_ - 1);
    const std::size_t to_the_end = std::min(count, capacity_ - at);
    std::copy_n(&items_[at], to_the_end, items.data());
    std::copy_n(&items_[0], count - to_the_end, items.data() + to_the_end);
    read_ += count;
    return count;
  }

 private:
  using MutexRing::Locked::capacity_;

  std::unique_ptr<Item[]> items_;
  std::mutex mutex_;
  std::size_t written_ = 0;
  std::size_t read_ = 0;
};

}  // namespace bench
