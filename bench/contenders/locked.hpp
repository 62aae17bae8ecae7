#pragma once
// Locked: what the contenders that put a lock around a container have in common.

#include <span>

#include "contender.hpp"

namespace bench {

/// Self has push(items) and pop(items): how many were put in from the front, or taken out to it, all under one lock. So
/// nothing is used while it is held.
template <class Self, class ItemType>
class Locked {
 public:
  using Item = ItemType;
  static constexpr Producers kProducers = Producers::kAny;
  static constexpr bool kBulk = true;

  struct Producer {
    Self& queue;
    bool try_push(const Item& item) { return queue.push({&item, 1}) == 1; }
    std::size_t push_some(std::span<const Item> items) { return queue.push(items); }
  };

  Producer producer(std::size_t /*id*/) { return {self()}; }
  template <class Take>
  std::size_t consume(Take&& take, std::size_t most) {
    return take_copies<Item>(most, [this](std::span<Item> items) { return self().pop(items); }, take);
  }
  std::size_t capacity() const { return capacity_; }

 protected:
  explicit Locked(Shape shape) : capacity_(shape.capacity) {}
  const std::size_t capacity_;

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace bench
