#pragma once
// What one writes without a library: an array, two counters and a lock. Nothing is used while the lock is held.

#include <array>
#include <memory>
#include <mutex>

#include "contender.hpp"

namespace bench {

template <class ItemType>
class MutexRing {
 public:
  using Item = ItemType;
  static constexpr const char* kName = "mutex/ring";
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr bool kBulk = true;

  struct Producer {
    MutexRing& ring;
    bool try_push(const Item& item) { return ring.push({&item, 1}) == 1; }
    std::size_t push_some(std::span<const Item> items) { return ring.push(items); }
  };

  explicit MutexRing(Shape shape) : capacity_(shape.capacity), items_(std::make_unique<Item[]>(shape.capacity)) {}
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

  const std::size_t capacity_;  // a power of two
  std::unique_ptr<Item[]> items_;
  std::mutex mutex_;
  std::size_t written_ = 0;
  std::size_t read_ = 0;
};

}  // namespace bench
